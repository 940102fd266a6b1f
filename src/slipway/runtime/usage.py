"""The seam by which a runtime says what it takes; a runtime need not have it."""

from typing import Protocol, runtime_checkable

from slipway.records.usage import ArmUsage


@runtime_checkable
class Measured(Protocol):
    """A runtime that knows what it takes."""

    def usage(self) -> ArmUsage:
        """Return it, at once and at little cost: a worker asks every second."""
        ...
