"""Starts retrainings in a process of their own, and goes on with one that was killed. It trains nothing itself."""

from collections.abc import Callable

from slipway.control.alerting import Source
from slipway.monitoring.retrain import due, retraining_troubles
from slipway.ports import ControlStore
from slipway.records.alert import Finding
from slipway.records.retraining import Retrain, Retraining, RetrainingState
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.records.trouble import AlertKind

AGAIN_US = 60_000_000
"""Pause before a process that ended and left its work undone is started again."""


class Retrainer:
    """Looks at each step whether a retraining is due.

    Args:
        store: Control store.
        when: What follows when a finding asks for one.
        pause_s: Shortest time between two.
        spawn: Starts the process that retrains for a finding.
        busy: Tells whether such a process runs, or another process is to start it.
        machine_us: Tells the machine's time.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        when: Retrain,
        pause_s: float,
        spawn: Callable[[str], object],
        busy: Callable[[], bool],
        machine_us: Callable[[], int],
    ) -> None:
        self._store, self._when, self._pause_s = store, when, pause_s
        self._spawn, self._busy, self._machine_us = spawn, busy, machine_us
        self._spawned_us: int | None = None

    def step(self, now_us: int) -> str | None:
        """Start what is due, and return the finding for which, or None.

        One that was killed is gone on with, whatever the scope says: somebody had started it.
        """
        if self._busy() or self._just_spawned():
            return None
        before = retrainings(self._store)
        killed = next((r.finding for r in before if r.state is RetrainingState.RUNNING), None)
        found = killed
        if found is None and self._when is Retrain.RUN:
            asked = due(
                [f for _, f, _ in self._store.all(Finding)],
                answering=answering(self._store),
                before=before,
                rollout_runs=any(r.status is RolloutStatus.RUNNING for _, r, _ in self._store.all(Rollout)),
                pause_s=self._pause_s,
                now_us=now_us,
            )
            found = asked.id if asked else None
        if found is not None:
            self._spawned_us = self._machine_us()
            self._spawn(found)
        return found

    def source(self) -> Source:
        """Return who knows what people are to be told."""
        return Source(
            frozenset({AlertKind.RETRAINING}),
            lambda _: retraining_troubles(
                [f for _, f, _ in self._store.all(Finding)],
                answering=answering(self._store),
                before=retrainings(self._store),
                when=self._when,
            ),
        )

    def _just_spawned(self) -> bool:
        return self._spawned_us is not None and self._machine_us() - self._spawned_us < AGAIN_US


def retrainings(store: ControlStore) -> tuple[Retraining, ...]:
    """Return all retrainings, oldest first."""
    return tuple(r for _, r, _ in store.all(Retraining))


def answering(store: ControlStore) -> set[str]:
    """Return the arms that answer a share of the requests on some route."""
    return {s.arm for _, route, _ in store.all(Route) for s in route.shares if s.share > 0}
