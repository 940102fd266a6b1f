"""What the project is for, what is missing, and how ready it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from slipway.records.readiness import Attestation, Readiness
    from slipway.scoping.missing import Missing


class Scoping(Face):
    """What the project is for, what is missing, and how ready it is."""

    def missing(self) -> tuple[Missing, ...]:
        """Return what is missing for which step of the life."""
        from slipway.project import status

        return status.missing_now(self._parts)

    def outside_trouble(self) -> tuple[str, ...]:
        """Return what the scope names and is not there or does not fit: functions, files, columns. Nothing is run."""
        from slipway.project import checking

        return checking.outside_trouble(self._parts)

    def readiness(self) -> Readiness:
        """Return the ML Test Score of the model in question, item by item, from what the store holds."""
        from slipway.project import readying

        return readying.readiness_now(self._parts, now_us=self.now_us())

    def attest(self, item: str, *, by: str, why: str, withdrawn: bool = False) -> Attestation:
        """Keep somebody's word that an item of readiness is met, or take it back; worth half a point at most.

        Args:
            item: Such as ``data-7``.
            by: Whose word it is.
            why: What was done and where the result can be read, or why the word is taken back.
            withdrawn: Whether it is taken back.

        Raises:
            BadInput: No such item, or nothing was said.
            NotFound: There is no word to take back.
        """
        from slipway.project import readying

        keep = readying.withdraw if withdrawn else readying.attest
        return keep(self._parts, item, by=by, why=why, now_us=self._parts.clock.now_us(), account=self._by)
