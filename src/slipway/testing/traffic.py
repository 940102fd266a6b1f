"""A small world for exams of control: entities ask, two arms answer, outcomes come; all into one journal."""

from collections.abc import Callable

import numpy as np

from slipway.errors import NotFound
from slipway.ports import JournalWriter
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.held import Held
from slipway.records.route import Route, assign

DAY_US = 86_400_000_000


class MemoryRoutes:
    """Route files that are forgotten when the process ends."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}

    def read(self, name: str) -> Route:
        """Return the route in force.

        Raises:
            NotFound: None was published.
        """
        if name not in self.routes:
            raise NotFound(f"route '{name}': none was published; there are {sorted(self.routes) or 'none at all'}.")
        return self.routes[name]

    def publish(self, route: Route) -> None:
        """Put a route in force."""
        self.routes[route.name] = route


class World:
    """Makes a day of traffic at a time: predictions under the route in force, shadows, outcomes an hour later.

    Args:
        seed: Seed of all chance.
        journal: Opens a journal writer of a name.
        error: Error rate by arm.
        requests: Requests a day.
        entities: Different entities.
        fails: Part of the requests that an arm does not answer, by arm.
        unlabelled: Part of the requests whose outcome never comes.
        later_us: How long after its request an outcome comes.
    """

    def __init__(
        self,
        seed: int,
        *,
        journal: Callable[[str], JournalWriter],
        error: dict[str, float],
        requests: int = 300,
        entities: int = 5000,
        fails: dict[str, float] | None = None,
        unlabelled: float = 0.02,
        later_us: int = 3_600_000_000,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.error, self.fails = error, fails or {}
        self.requests, self.entities, self.unlabelled = requests, entities, unlabelled
        self.later_us = later_us
        self._worker, self._shadow = journal("worker"), journal("shadow")
        self._next = 0

    def day(self, number: int, *, route: Route, frames: int = 10, shift: float = 0.0, turned: float = 0.0) -> None:
        """Write one day of predictions, with what the shadows said, and the outcomes.

        Args:
            number: Days since the epoch.
            route: The route in force.
            frames: Ticks of the day.
            shift: By how much the one input lies higher than usual, in its standard deviations.
            turned: Part of the rows with an input above half of one whose outcome is another than it would have been.
        """
        n = self.requests
        at_us = np.sort(self.rng.integers(0, DAY_US - 3_600_000_000, size=n)) + number * DAY_US
        y = (self.rng.random(n) < 0.4).astype(float)
        names = {*(s.arm for s in route.shares), *route.shadows}
        answers = {name: self._answers(name, y=y) for name in sorted(names)}
        for rows in np.array_split(np.arange(n), frames):
            self._tick(rows, at_us=at_us, y=y, route=route, answers=answers, shift=shift, turned=turned)
        self._next += n

    def _answers(self, arm: str, *, y: np.ndarray) -> np.ndarray:
        wrong = self.rng.random(len(y)) < self.error[arm]
        score = np.where(wrong, 1 - y, y) * 0.8 + 0.1
        return np.where(self.rng.random(len(y)) < self.fails.get(arm, 0.0), np.nan, score)

    def _tick(
        self,
        rows: np.ndarray,
        *,
        at_us: np.ndarray,
        y: np.ndarray,
        route: Route,
        answers: dict[str, np.ndarray],
        shift: float,
        turned: float,
    ) -> None:
        entity = [f"e{e}" for e in self.rng.integers(0, self.entities, size=len(rows))]
        dealt = [assign(route, e) for e in entity]
        failed = [bool(np.isnan(answers[a][r])) for a, r in zip(dealt, rows, strict=True)]
        stepped = [f and route.fallback not in (None, a) for f, a in zip(failed, dealt, strict=True)]
        arm = [str(route.fallback) if s else a for s, a in zip(stepped, dealt, strict=True)]
        ids = [f"p{self._next + int(r)}" for r in rows]
        amount = self.rng.normal(shift, size=len(rows))
        if turned:
            other = (amount > 0.5) & (self.rng.random(len(rows)) < turned)
            y = y.copy()
            y[rows[other]] = 1 - y[rows[other]]
        frame = PredictionFrame(
            route=route.name,
            route_version=route.version,
            at_us=at_us[rows].tolist(),
            id=ids,
            entity=entity,
            arm=arm,
            fallback=stepped,
            score=[float(answers[a][r]) for a, r in zip(arm, rows, strict=True)],
            latency_us=[900] * len(rows),
            x=Held({"amount": amount.astype("<f8").tobytes()}),
            shadows=route.shadows,
        )
        place = self._worker.append([frame])
        for shadow in route.shadows:
            asked = [i for i, a in enumerate(arm) if a != shadow]
            self._shadow.append(
                [
                    ShadowFrame(
                        arm=shadow,
                        id=[ids[i] for i in asked],
                        score=[float(answers[shadow][rows[i]]) for i in asked],
                        segment=place.segment,
                        offset=place.offset,
                    )
                ]
            )
        known = [i for i in range(len(rows)) if self.rng.random() >= self.unlabelled]
        self._worker.append(
            [
                OutcomeFrame(
                    at_us=[int(at_us[rows[i]]) + self.later_us for i in known],
                    id=[ids[i] for i in known],
                    value=[float(y[rows[i]]) for i in known],
                )
            ]
        )
