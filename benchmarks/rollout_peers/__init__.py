"""Who decides in benchmarks/rollout.py, and the streams they decide on."""
