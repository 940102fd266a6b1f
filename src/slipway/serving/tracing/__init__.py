"""Traces of requests, from the caller's own to the arm: what is noted, of which requests, and where it goes."""
