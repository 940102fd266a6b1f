"""What the benchmarks of rollouts are made of: callers of a server, and one rollout from start to end."""
