"""Slipway: take a machine-learning model from proof of concept to production, and back when the evidence says so.

``from slipway import Project`` is all that a user of the Python API needs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.project import Project

__all__ = ["Project"]


def __getattr__(name: str) -> Any:
    """Import the engine where it is first used, so that ``import slipway`` costs nothing."""
    if name == "Project":
        from slipway.project import Project  # noqa: PLC0415 - lazily, as the docstring says

        return Project
    raise AttributeError(f"module 'slipway' has no attribute {name!r}")
