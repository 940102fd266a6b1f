"""The loop that carries: read the journal and the store, ask a room, write the answer. It never decides."""
