"""The engine behind every face: what a user of the Python API, the CLI or the web asks for, in one place."""

from slipway.project.engine import Project

__all__ = ["Project"]
