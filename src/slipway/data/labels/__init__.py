"""Labels: which to look at, what people said of them, how far they agree, and how many errors are left."""
