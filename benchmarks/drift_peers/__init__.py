"""Who watches in benchmarks/drift.py, and the streams they watch; peers are imported in their own environments."""
