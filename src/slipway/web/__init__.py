"""The web face: one self-contained page that tells a project's life. It computes nothing that the engine did not."""
