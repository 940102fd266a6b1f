"""Which verdicts are worth keeping, and under which id."""

import math

from slipway.errors import NotFound
from slipway.ports import ControlStore
from slipway.records.rollout import Action, Verdict


class VerdictLog:
    """Counts the verdicts of rollouts: ids are ``<rollout>-<n>``, n from 1 on without a gap.

    Args:
        store: Where they are.
    """

    def __init__(self, store: ControlStore) -> None:
        self._store = store
        self._last: dict[str, tuple[int, Verdict | None]] = {}

    def last(self, rollout_id: str) -> tuple[int, Verdict | None]:
        """Return (number, verdict) of the newest one; (0, None) if there is none."""
        number, verdict = self._last.get(rollout_id, (0, None))
        while True:
            try:
                verdict, _ = self._store.get(Verdict, id=f"{rollout_id}-{number + 1}")
            except NotFound:
                break
            number += 1
        self._last[rollout_id] = (number, verdict)
        return number, verdict


def says_more(verdict: Verdict, *, than: Verdict | None) -> bool:
    """Tell whether a verdict is worth storing: it acts, or it differs from the last one in more than the time.

    New units (days, hours) are news; single rows are once they are a quarter more.
    """
    return than is None or verdict.action is not Action.STAY or _gist(verdict) != _gist(than)


def _gist(verdict: Verdict) -> tuple[object, ...]:
    gates = tuple((g.gate, g.decision, _coarse(g.counts.get("units", 0.0), unit=g.gate.unit)) for g in verdict.gates)
    return verdict.stage, verdict.decision, verdict.action, verdict.alert, verdict.readiness, gates


def _coarse(units: float, *, unit: str) -> int:
    return math.floor(math.log(units, 1.25)) if unit == "row" and units >= 1 else round(units)
