"""How things are kept: the journal, the control store, blobs and route files. One folder, no server."""
