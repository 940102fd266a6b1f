"""What every face of a project stands on: its folder, its parts, who asks, and the time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from slipway.wiring import open_parts

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.control.step import Controller
    from slipway.records.scope import Scope

BY = "project"


class Face:
    """The parts of a project that all of its faces ask."""

    def __init__(self, folder: Path, *, by: str = BY) -> None:
        self.folder = folder.absolute()
        self._parts = open_parts(self.folder)
        self._by = by

    @property
    def scope(self) -> Scope:
        """What ``slipway.toml`` said when the project was opened."""
        return self._parts.scope

    def now_us(self) -> int:
        """Return the moment by the clock that counts: the machine's, or that of the last replay served here."""
        from slipway.project import serving

        return serving.now_us(self._parts, controller=self._controller)

    @cached_property
    def _controller(self) -> Controller:
        from slipway.wiring.control import controller

        return controller(self._parts)
