"""Is it better, and where is it wrong? Runs, comparisons, error analysis and packages. No I/O."""
