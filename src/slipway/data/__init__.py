"""What did we learn from? Dataset versions, their checks, profiles, splits, baselines and differences. No I/O."""
