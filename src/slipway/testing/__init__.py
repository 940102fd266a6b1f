"""Exams that ship: a stranger's test, detector, runtime or store takes the same ones as ours."""
