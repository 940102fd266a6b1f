"""Is it still true? Rules only: sums of a model's traffic in, findings out. No I/O, no clock."""
