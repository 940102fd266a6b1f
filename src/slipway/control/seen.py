"""What earlier days of a rollout say of entities: whose toss was made where, and whose error was counted.

An entity is one toss of the coin that dealt it: in the stage of its first request while both arms answer, and in no
other. What live did to it in the shadow is no toss, and in a later stage its side is no chance any more: a candidate
that errs as often, but on other entities, would look guilty of each new error, for live has made its own before.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import Hashes
from slipway.stats.crossings import Levels

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Stages = npt.NDArray[np.int16]

_LEVEL_BITS = 16
_LEVEL_MASK = (1 << _LEVEL_BITS) - 1


class Tosses(NamedTuple):
    """A day's rows that belong to the rollout, as far as they matter here; all of shape (rows,).

    Attributes:
        entity: Hash of the entity.
        at_us: When the row was received.
        version: Version of the route.
        stage: Number of the stage, or -1 where it deals nothing.
        erred: Whether its error is known.
        failed: Whether its service failed.
        wait: Level of its waiting (:func:`slipway.stats.crossings.levels_of`), or 0 where nobody asks.
    """

    entity: Hashes
    at_us: Ints
    version: npt.NDArray[np.int32]
    stage: Stages
    erred: Bools
    failed: Bools
    wait: Levels

    @property
    def telling(self) -> Bools:
        """Which rows may be an entity's first of something."""
        return self.erred | self.failed | (self.wait > 0)

    @property
    def suspects(self) -> Hashes:
        """Entities that a stage dealt and whose rows may be a first of something, each once, in order."""
        return distinct(self.entity[(self.stage >= 0) & self.telling])


class Firsts(NamedTuple):
    """What a day's rows are the first of; all of shape (rows,).

    Attributes:
        error: Its entity's first error.
        failure: Its entity's first failure.
        waited: The level that its entity had waited before; where the row is no toss, its own level: it adds nothing.
    """

    error: Bools
    failure: Bools
    waited: Levels


class Seen:
    """Sorted arrays of entities; 12 bytes for each one that was dealt.

    Args:
        home: Entities that were dealt.
        stage: The number of the stage that first dealt each.
        erred: Those whose error was counted.
        failed: Those whose failure was counted.
        slowest: The level that each of ``home`` has waited, 0 where nobody asked.
    """

    def __init__(self, home: Hashes, stage: Stages, *, erred: Hashes, failed: Hashes, slowest: Levels) -> None:
        self.home, self.stage, self.erred, self.failed, self.slowest = home, stage, erred, failed, slowest

    @classmethod
    def nothing(cls) -> "Seen":
        """Return what is seen before the first day."""
        none = np.empty(0, dtype=np.uint64)
        return cls(none, np.empty(0, dtype=np.int16), erred=none, failed=none, slowest=np.empty(0, dtype=np.uint16))

    def copy(self) -> "Seen":
        """Return the same, to be added to by itself."""
        return Seen(self.home, self.stage, erred=self.erred, failed=self.failed, slowest=self.slowest)

    def only(self, entities: Hashes) -> "Seen":
        """Return what was seen of some entities, given in order and each once."""
        at = np.flatnonzero(is_among(self.home, entities))
        erred, failed = (known[is_among(known, entities)] for known in (self.erred, self.failed))
        return Seen(self.home[at], self.stage[at], erred=erred, failed=failed, slowest=self.slowest[at])

    def add(self, day: Tosses, *, only: Hashes | None = None) -> Firsts:
        """Take in a later day, and return what its rows are the first of.

        Args:
            day: Its rows.
            only: Look at these entities alone: enough to know what becomes of them.
        """
        dealt = day.stage >= 0
        if only is not None:
            dealt &= is_among(day.entity, only)
        rows = np.flatnonzero(dealt)
        rows = rows[np.lexsort((day.version[rows], day.at_us[rows]))]
        self._deal(day.entity[rows], stage=day.stage[rows])
        rows = rows[day.telling[rows]]
        home = self.stage[np.searchsorted(self.home, day.entity[rows])]
        tossed = rows[home == day.stage[rows]]
        first_error, self.erred = _first(day.entity, rows=tossed[day.erred[tossed]], known=self.erred)
        first_failure, self.failed = _first(day.entity, rows=tossed[day.failed[tossed]], known=self.failed)
        return Firsts(first_error, first_failure, self._wait(day, rows=tossed))

    def _wait(self, day: Tosses, *, rows: Ints) -> Levels:
        """Return how long each row's entity had waited before, and remember the longest; rows are in order of time."""
        before = day.wait.copy()
        rows = rows[day.wait[rows] > 0]
        if not len(rows):
            return before
        at = np.searchsorted(self.home, day.entity[rows])
        order = np.argsort(at, kind="stable")
        rows, at = rows[order], at[order]
        first = np.diff(at, prepend=-1) != 0
        known = self.slowest[at]
        of_entity = np.cumsum(first) << _LEVEL_BITS  # rises from entity to entity, so the running maximum is its own
        peak = (np.maximum.accumulate(of_entity | np.maximum(day.wait[rows], known)) & _LEVEL_MASK).astype(np.uint16)
        before[rows] = np.where(first, known, np.concatenate([known[:1], peak[:-1]]))
        last = np.append(first[1:], True)
        self.slowest = self.slowest.copy()
        self.slowest[at[last]] = peak[last]
        return before

    def _deal(self, entity: Hashes, *, stage: Stages) -> None:
        names, first = np.unique(entity, return_index=True)
        new = ~is_among(names, self.home)
        at = np.searchsorted(self.home, names[new])
        self.home = np.insert(self.home, at, names[new])
        self.stage = np.insert(self.stage, at, stage[first[new]])
        self.slowest = np.insert(self.slowest, at, 0)


def distinct(entity: Hashes) -> Hashes:
    """Return each entity once, in order: by sorting, which takes a tenth of what :func:`numpy.unique` takes."""
    ordered = np.sort(entity)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[first])


def is_among(entity: Hashes, known: Hashes) -> Bools:
    """Tell which entities are among some that are in order, shape (n,)."""
    if not len(known):
        return np.zeros(len(entity), dtype=bool)
    at = np.minimum(np.searchsorted(known, entity), len(known) - 1)
    return np.asarray(known[at] == entity)


def _first(entity: Hashes, *, rows: Ints, known: Hashes) -> tuple[Bools, Hashes]:
    """Mark the first of these ordered rows of each entity that was not known; return the marks and all known."""
    names, first = np.unique(entity[rows], return_index=True)
    out = np.zeros(len(entity), dtype=bool)
    out[rows[first[~is_among(names, known)]]] = True
    return out, distinct(np.concatenate([known, names]))
