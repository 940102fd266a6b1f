"""What an arm that is asked elsewhere is told of the trace that it is asked in."""

from contextvars import ContextVar

traceparent: ContextVar[str] = ContextVar("traceparent", default="")
"""The header of that name (W3C Trace Context) for the call under way, or empty where nobody traces it.

Whoever asks an arm sets it around the call; a runtime that asks another system passes it on. It is no argument of
:class:`slipway.ports.Runtime`, for most runtimes ask nobody.
"""
