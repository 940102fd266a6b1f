"""May the candidate take more traffic? Rules only: evidence in, a verdict and the next route out. No I/O, no clock."""
