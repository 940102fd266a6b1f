"""What people decided, by prediction and decider: each once, and held against what the caller was answered.

A decision is not the truth, so nothing here reaches an outcome or a loss; of the gates those on people alone read it.
Of the decisions of one decider on one prediction the first counts, by the moment of its receipt; of two at one moment
the smaller. So the order in which segments were read is no matter, and the same decision sent again changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import NONE, Hashes
from slipway.control.index import ABSENT, HashIndex
from slipway.control.terms import Terms
from slipway.stats.moments import Moments

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COLUMNS: dict[str, str] = {"key": "u8", "by": "u8", "at_us": "i8", "value": "f8", "saw": "i1", "known": "?"}
"""Column to its type: hashes of prediction and decider, moment of receipt, what was decided, whether the answer was
seen before (1, 0, or -1 where nobody said), and whether it is of a row that is held."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Answers(NamedTuple):
    """What callers were answered, one entry a decision.

    Attributes:
        score: The answer; NaN where nothing could answer, shape (n,).
        arm: Code of the arm, shape (n,).
        names: Code to arm.
        terms: How an answer is read.
    """

    score: Floats
    arm: npt.NDArray[np.int16]
    names: Mapping[int, str]
    terms: Terms


class Reading(NamedTuple):
    """Decisions on the rows of one day, one entry a decision.

    Attributes:
        row: Number of the row, shape (n,).
        at_us: Moment of receipt.
        value: What was decided.
        saw: 1 where the answer was seen before, 0 where not, -1 where nobody said.
    """

    row: Ints
    at_us: Ints
    value: Floats
    saw: npt.NDArray[np.int8]


class Decided:
    """Decisions, some 70 bytes each. For one thread.

    Attributes:
        past: Distances of decisions on rows that were let go, by the arm that answered.
        revision: Grows with every change, so that a sum can tell whether it is still right.
        joined: Decisions on rows that are held.
        unknown: Decisions on rows that have not been read.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Array] = {name: np.empty(0, dtype=kind) for name, kind in COLUMNS.items()}
        self._index = HashIndex()
        self.past: dict[str, Moments] = {}
        self.revision = self.joined = self.unknown = 0

    def __len__(self) -> int:
        return len(self._columns["key"])

    @property
    def size_bytes(self) -> int:
        """Memory of what is held."""
        return sum(column.nbytes for column in self._columns.values()) + self._index.size_bytes

    @property
    def known_keys(self) -> Hashes:
        """Predictions of the decisions on rows that are held, one a decision."""
        return self._columns["key"][self._columns["known"]]

    def columns(self) -> dict[str, Array]:
        """Return all that is held, for :meth:`restore`."""
        return dict(self._columns)

    def restore(self, columns: Mapping[str, Array], *, past: Mapping[str, Moments]) -> None:
        """Hold what :meth:`columns` returned, and nothing else."""
        self._columns, self.past = {name: columns[name] for name in COLUMNS}, dict(past)
        self._index = HashIndex()
        self._index.put(_pair(self._columns["key"], by=self._columns["by"]), places=np.arange(len(self)))
        self._count()

    def put(self, key: Hashes, *, by: Hashes, at_us: Ints, value: Floats, saw: npt.NDArray[np.int8]) -> int:
        """Take decisions in, and return how many were on cases that their deciders had decided before.

        Args:
            key: Predictions, shape (n,).
            by: Deciders.
            at_us: Moments of receipt.
            value: What was decided, each finite.
            saw: Whether the answer was seen before: 1, 0, or -1 where nobody said.
        """
        pair = _pair(key, by=by)
        order = np.lexsort((saw, value, at_us, pair))
        pair, first = np.unique(pair[order], return_index=True)
        chosen = order[first]
        places = self._index.find(pair)
        held = places != ABSENT
        self._correct(places[held], at_us=at_us[chosen[held]], value=value[chosen[held]], saw=saw[chosen[held]])
        fresh = chosen[~held]
        self._index.put(pair[~held], places=len(self) + np.arange(len(fresh)))
        told = {"key": key[fresh], "by": by[fresh], "at_us": at_us[fresh], "value": value[fresh], "saw": saw[fresh]}
        told["known"] = np.zeros(len(fresh), dtype=bool)
        self._columns = {name: np.concatenate((column, told[name])) for name, column in self._columns.items()}
        self.unknown += len(fresh)
        self.revision += 1
        return len(key) - len(fresh)

    def meet(self, find: Callable[[Hashes], Ints]) -> None:
        """Look which rows have been read meanwhile.

        Args:
            find: Returns the place of each prediction, or ``ABSENT``.
        """
        if self.unknown:
            known = self._columns["known"]
            waiting = np.flatnonzero(~known)
            known[waiting] = find(self._columns["key"][waiting]) != ABSENT
            self._count()

    def reading(self, find: Callable[[Hashes], Ints]) -> Reading:
        """Return the decisions on some rows.

        Args:
            find: Returns the number of the row of each prediction, or ``ABSENT`` where it is none of them.
        """
        row = find(self._columns["key"])
        mine = np.flatnonzero(row != ABSENT)
        return Reading(row[mine], *(self._columns[name][mine] for name in ("at_us", "value", "saw")))

    def distances(self, answers: Answers) -> dict[str, Moments]:
        """Return how far what was decided lies from what was answered, by the arm that answered; past ones included.

        Of labels the distance is 1 where they differ, else 0. Where nothing could answer there is none.

        Args:
            answers: Those to :attr:`known_keys`.
        """
        return _merged(self.past, _sums(answers, decided=self._columns["value"][self._columns["known"]]))

    def let_go(self, going: Bools, *, answers: Answers) -> int:
        """Forget decisions on rows that are let go, keep their sums, and return how many there were.

        Args:
            going: Which of :attr:`known_keys`.
            answers: Those to the decisions that go.
        """
        rows = np.flatnonzero(self._columns["known"])[going]
        self.past = _merged(self.past, _sums(answers, decided=self._columns["value"][rows]))
        return self._drop(rows)

    def drop_before(self, moment_us: int) -> int:
        """Give up decisions that came before a moment on rows that were never read, and return how many those were."""
        return self._drop(np.flatnonzero(~self._columns["known"] & (self._columns["at_us"] < moment_us)))

    def _correct(self, rows: Ints, *, at_us: Ints, value: Floats, saw: npt.NDArray[np.int8]) -> None:
        had_at, had, had_saw = (self._columns[name] for name in ("at_us", "value", "saw"))
        same = (at_us == had_at[rows]) & (value == had[rows])
        better = (
            (at_us < had_at[rows]) | ((at_us == had_at[rows]) & (value < had[rows])) | (same & (saw < had_saw[rows]))
        )
        which = rows[better]
        had_at[which], had[which], had_saw[which] = at_us[better], value[better], saw[better]

    def _drop(self, rows: Ints) -> int:
        if len(rows):
            self.restore({name: np.delete(column, rows) for name, column in self._columns.items()}, past=self.past)
        return len(rows)

    def _count(self) -> None:
        self.revision += 1
        self.joined = int(self._columns["known"].sum())
        self.unknown = len(self) - self.joined


def _sums(answers: Answers, *, decided: Floats) -> dict[str, Moments]:
    distance = answers.terms.distance(answers.score, decided=decided)
    found: dict[str, Moments] = {}
    for code in np.unique(answers.arm).tolist():
        own = distance[(answers.arm == code) & np.isfinite(distance)]
        if len(own):
            found[answers.names[code]] = Moments(n=len(own), total=float(own.sum()), squares=float((own * own).sum()))
    return found


def _merged(one: Mapping[str, Moments], other: Mapping[str, Moments]) -> dict[str, Moments]:
    return {arm: one.get(arm, Moments()).merge(other.get(arm, Moments())) for arm in sorted({*one, *other})}


def _pair(key: Hashes, *, by: Hashes) -> Hashes:
    """Return one hash for a prediction and a decider, never 0."""
    found = key ^ (by * _GOLDEN)
    return np.where(found == NONE, np.uint64(1), found)
