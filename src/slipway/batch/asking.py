"""Deal the rows of a part, ask the arms, then the fallback for what they left open.

The rules are those of a request: an answer counts if it is finite; what an arm leaves open the fallback is asked for;
where that fails too the row has no answer and the reason is kept. Only the deadline differs: nobody waits for a row, so
each arm has its own ``timeout_ms`` for a batch, and is asked again about fewer rows where it does not keep it.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import DeadlineExceeded, Refused, SlipwayError, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import ArmKind
from slipway.runtime.batch import Batch, Immediate, take
from slipway.serving.live_route import LiveRoute

MOST_ROWS, AWAITED_ROWS = 8192, 256
"""How many rows an arm is given at once: one that answers at once, and one that is awaited."""

Index = npt.NDArray[np.intp]
ScoreOf = Callable[..., Floats]
"""``score_of(runtime, columns, *, rows)``; see :meth:`slipway.batch.arms.Arms.score`."""


class Answers(NamedTuple):
    """What the rows of a part were told. One entry a row.

    Attributes:
        score: The answer; NaN where nothing could answer.
        arms: Who may have given it.
        arm: Which of them did, or should have.
        fallback: Whether in place of the arm that failed.
        trouble: Why rows have no answer, by arm.
        row_us: Microseconds of asking a row, at least 1.
    """

    score: Floats
    arms: tuple[str, ...]
    arm: Index
    fallback: npt.NDArray[np.bool_]
    trouble: dict[str, SlipwayError]
    row_us: int

    def why(self, i: int) -> SlipwayError:
        """Return why a row has no answer."""
        arm = self.arms[self.arm[i]]
        return self.trouble.get(arm) or Unavailable(f"arm {arm}: want a score, got none.")

    def by_arm(self) -> dict[str, int]:
        """Return how many rows each arm answered; those without an answer are in none."""
        given = np.bincount(self.arm[~np.isnan(self.score)], minlength=len(self.arms)).tolist()
        return {arm: rows for arm, rows in zip(self.arms, given, strict=True) if rows}


NOTHING = Answers(np.empty(0), (), np.empty(0, np.intp), np.empty(0, bool), {}, 1)
"""The answers to no row."""


class Pace:
    """How many rows an arm is given at once: as many as come, until it does not answer so many within its time.

    It does not depend on how long an answer took, only on whether it came: graphs round the last bit of a score by the
    size of the batch, and a job that was stopped and goes on must give the same bits.

    Args:
        rows: At first.

    >>> pace = Pace(rows=8)
    >>> pace.too_many(8), pace.too_many(4), pace.rows
    (True, True, 2)
    """

    def __init__(self, *, rows: int) -> None:
        self.rows = rows

    def too_many(self, rows: int) -> bool:
        """Learn that so many were too many; tell whether to try again with fewer."""
        self.rows = max(rows // 2, 1)
        return rows > 1


def ask(
    live: LiveRoute, batch: Batch, *, entities: Sequence[str], paces: dict[str, Pace], score_of: ScoreOf
) -> Answers:
    """Return the answers to the rows of a part.

    Args:
        live: Route in force, its arms loaded.
        batch: X.
        entities: What each row is dealt by.
        paces: By arm; what is learned stays here.
        score_of: Asks one arm.

    Raises:
        Refused: People have a part in the route.
    """
    start_ns = time.monotonic_ns()
    rows, route = len(entities), live.route
    if people := sorted(a.name for a in route.arms if a.kind is ArmKind.PERSON):
        raise Refused(
            f"route {route.name}: want arms that answer at once for a file, got people: {', '.join(people)}. "
            "Ask case by case (POST /predict), or score the file with a route of its own."
        )
    arms = tuple(dict.fromkeys([*(s.arm for s in route.shares if s.share > 0), *filter(None, [route.fallback])]))
    arm = places(live.deal(entities), among=arms)
    score, fallback = np.full(rows, np.nan), np.zeros(rows, bool)
    asker = _Asker(live, paces, score_of)
    for i, dealt in enumerate(np.bincount(arm, minlength=len(arms)).tolist()):
        if dealt == rows:
            score[:] = asker.ask(arms[i], batch)
        elif dealt:
            index = np.flatnonzero(arm == i)
            score[index] = asker.ask(arms[i], take(batch, index))
    score[~np.isfinite(score)] = np.nan
    if route.fallback is not None:
        other = arms.index(route.fallback)
        if len(open_ := np.flatnonzero(np.isnan(score) & (arm != other))):
            said = asker.ask(route.fallback, take(batch, open_))
            stepped_in = open_[np.isfinite(said)]
            score[stepped_in] = said[np.isfinite(said)]
            arm[stepped_in], fallback[stepped_in] = other, True
    row_us = max(1, round((time.monotonic_ns() - start_ns) / 1000 / rows))
    return Answers(score, arms, arm, fallback, asker.trouble, row_us)


def places(names: Sequence[str], *, among: tuple[str, ...]) -> Index:
    """Return the place of each name among some; most often they are all the same.

    >>> places(["new", "old", "new"], among=("old", "new")).tolist()
    [1, 0, 1]
    """
    if names.count(names[0]) == len(names):
        return np.full(len(names), among.index(names[0]))
    return np.fromiter(map({name: i for i, name in enumerate(among)}.__getitem__, names), np.intp, len(names))


class _Asker:
    def __init__(self, live: LiveRoute, paces: dict[str, Pace], score_of: ScoreOf) -> None:
        self._live, self._paces, self._score_of = live, paces, score_of
        self.trouble: dict[str, SlipwayError] = {}

    def ask(self, arm: str, columns: Columns) -> Floats:
        runtime = self._live.runtimes[arm]
        pace = self._paces.setdefault(arm, Pace(rows=MOST_ROWS if isinstance(runtime, Immediate) else AWAITED_ROWS))
        rows = len(next(iter(columns.values())))
        score, at = np.full(rows, np.nan), 0
        while at < rows:
            end = min(at + pace.rows, rows)
            try:
                score[at:end] = self._score_of(runtime, take(columns, slice(at, end)), rows=end - at)
            except DeadlineExceeded as error:
                if pace.too_many(end - at):
                    continue
                self.trouble[arm] = error
            except SlipwayError as error:
                self.trouble[arm] = error
            except Exception as error:  # noqa: BLE001 - an arm must not end the job, whatever it does
                self.trouble[arm] = Unavailable(
                    f"arm {arm}: want {end - at} scores, got {type(error).__name__}: {error}."
                )
            at = end
        if arm not in self.trouble and not np.isfinite(score).all():
            self.trouble[arm] = Unavailable(f"arm {arm}: want a finite score for each row, got none for some.")
        return score
