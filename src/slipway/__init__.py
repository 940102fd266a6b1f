"""Slipway: take a machine-learning model from proof of concept to production, and back when the evidence says so."""
