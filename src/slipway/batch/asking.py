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

from slipway.errors import DeadlineExceeded, SlipwayError, Unavailable
from slipway.ports import Columns, Floats
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
        arm: Who gave it, or should have.
        fallback: Whether in place of the arm that failed.
        trouble: Why rows have no answer, by arm.
        row_us: Microseconds of asking a row, at least 1.
    """

    score: Floats
    arm: npt.NDArray[np.object_]
    fallback: npt.NDArray[np.bool_]
    trouble: dict[str, SlipwayError]
    row_us: int

    def why(self, i: int) -> SlipwayError:
        """Return why a row has no answer."""
        arm = str(self.arm[i])
        return self.trouble.get(arm) or Unavailable(f"arm {arm}: want a score, got none.")


def end_to_end(parts: Sequence[Answers]) -> tuple[Floats, npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Return score, arm and fallback of the rows of some parts, at least one."""
    score, arm, fallback = zip(*((p.score, p.arm, p.fallback) for p in parts), strict=True)
    return np.concatenate(score), np.concatenate(arm), np.concatenate(fallback)


NOTHING = Answers(np.empty(0), np.empty(0, object), np.empty(0, bool), {}, 1)
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


def ask(live: LiveRoute, batch: Batch, *, entities: list[str], paces: dict[str, Pace], score_of: ScoreOf) -> Answers:
    """Return the answers to the rows of a part.

    Args:
        live: Route in force, its arms loaded.
        batch: X.
        entities: What each row is dealt by.
        paces: By arm; what is learned stays here.
        score_of: Asks one arm.
    """
    start_ns = time.monotonic_ns()
    rows, route = len(entities), live.route
    dealt = live.deal(entities)
    arms = np.empty(rows, object)
    arms[:] = dealt
    score, fallback = np.full(rows, np.nan), np.zeros(rows, bool)
    asker = _Asker(live, paces, score_of)
    for arm in dict.fromkeys(s.arm for s in route.shares if s.share > 0):
        if dealt.count(arm) == rows:
            score[:] = asker.ask(arm, batch)
        elif len(index := np.flatnonzero(arms == arm)):
            score[index] = asker.ask(arm, take(batch, index))
    score[~np.isfinite(score)] = np.nan
    open_ = np.flatnonzero(np.isnan(score) & (arms != route.fallback))
    if route.fallback is not None and len(open_):
        said = asker.ask(route.fallback, take(batch, open_))
        stepped_in = open_[np.isfinite(said)]
        score[stepped_in] = said[np.isfinite(said)]
        arms[stepped_in], fallback[stepped_in] = route.fallback, True
    row_us = max(1, round((time.monotonic_ns() - start_ns) / 1000 / rows))
    return Answers(score, arms, fallback, asker.trouble, row_us)


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
