"""What the benchmark of serving is made of: peers and their environments, models, load, the report."""
