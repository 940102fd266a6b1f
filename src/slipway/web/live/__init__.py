"""The live page on the control port: where a rollout stands, what is waited for, and the way back as a button."""
