"""What moved, and what the engineer on call wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.project.status import Status
    from slipway.project.watching import Watched
    from slipway.records.alert import Finding


class Monitoring(Face):
    """What moved, and what the engineer on call wants to know."""

    def findings(self) -> list[Finding]:
        """Return what the monitors found, oldest first."""
        from slipway.records.alert import Finding

        return [finding for _, finding, _ in self._parts.store.all(Finding)]

    def watched(self) -> Sequence[Watched]:
        """Return realised and expected loss by day of every model that answers or shadows."""
        from slipway.project.watching import watched

        return watched(self._parts, controller=self._controller, now_us=self.now_us())

    def status(self) -> Status:
        """Return what the engineer on call wants to know."""
        from slipway.project import status

        return status.status_now(self._parts, controller=self._controller)
