"""Slipway: take a machine-learning model from proof of concept to production, and back when the evidence says so.

``from slipway import Project`` is all that a user of the Python API needs; ``slipway.monitor`` holds any two tables
against each other, without a project.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.project import Project
    from slipway.web.two_tables import Answer, monitor

__all__ = ["Answer", "Project", "monitor"]


def __getattr__(name: str) -> Any:
    """Import the engine where it is first used, so that ``import slipway`` costs nothing."""
    if name == "Project":
        from slipway.project import Project  # noqa: PLC0415 - lazily, as the docstring says

        return Project
    if name in ("Answer", "monitor"):
        from slipway.web import two_tables  # noqa: PLC0415 - as above

        return getattr(two_tables, name)
    raise AttributeError(f"module 'slipway' has no attribute {name!r}")
