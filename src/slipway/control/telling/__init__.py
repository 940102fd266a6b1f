"""Telling people of alerts: one file a kind of receiver, and what carries messages to them."""
