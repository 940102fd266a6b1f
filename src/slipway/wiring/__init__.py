"""The one floor that picks concrete parts. Everything above and below it speaks of ports.

What opens a project is here; what controls it is in :mod:`slipway.wiring.control`, which loads the table engine, and
is imported where something is to be judged.
"""

from slipway.wiring.parts import Parts, open_parts, read_scope

__all__ = ["Parts", "open_parts", "read_scope"]
