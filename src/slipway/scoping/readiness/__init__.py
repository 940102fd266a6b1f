"""Is it ready for production? The ML Test Score, computed from what the store holds."""
