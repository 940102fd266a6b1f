"""The ways to ask an arm: one file is one way. All of them obey :class:`slipway.ports.Runtime`."""
