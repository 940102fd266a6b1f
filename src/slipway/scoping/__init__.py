"""Is it worth doing, and is it ready? The scope as a checked file, and what a run is measured against."""
