"""What earlier days of a rollout say of entities: whose toss was made where, and whose error was counted.

An entity is one toss of the coin that dealt it: in the stage of its first request while both arms answer, and in no
other. What live did to it in the shadow is no toss, and in a later stage its side is no chance any more: a candidate
that errs as often, but on other entities, would look guilty of each new error, for live has made its own before.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import Hashes

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Stages = npt.NDArray[np.int16]


class Tosses(NamedTuple):
    """A day's rows that belong to the rollout, as far as they matter here; all of shape (rows,).

    Attributes:
        entity: Hash of the entity.
        at_us: When the row was received.
        version: Version of the route.
        stage: Number of the stage, or -1 where it deals nothing.
        erred: Whether its error is known.
        failed: Whether its service failed.
    """

    entity: Hashes
    at_us: Ints
    version: npt.NDArray[np.int32]
    stage: Stages
    erred: Bools
    failed: Bools

    @property
    def suspects(self) -> Hashes:
        """Entities that a stage dealt and that erred or failed, each once, in order."""
        return distinct(self.entity[(self.stage >= 0) & (self.erred | self.failed)])


class Seen:
    """Sorted arrays of entities; 10 bytes for each one that was dealt.

    Args:
        home: Entities that were dealt.
        stage: The number of the stage that first dealt each.
        erred: Those whose error was counted.
        failed: Those whose failure was counted.
    """

    def __init__(self, home: Hashes, stage: Stages, *, erred: Hashes, failed: Hashes) -> None:
        self.home, self.stage, self.erred, self.failed = home, stage, erred, failed

    @classmethod
    def nothing(cls) -> "Seen":
        """Return what is seen before the first day."""
        none = np.empty(0, dtype=np.uint64)
        return cls(none, np.empty(0, dtype=np.int16), erred=none, failed=none)

    def copy(self) -> "Seen":
        """Return the same, to be added to by itself."""
        return Seen(self.home, self.stage, erred=self.erred, failed=self.failed)

    def only(self, entities: Hashes) -> "Seen":
        """Return what was seen of some entities, given in order and each once."""
        at = np.flatnonzero(is_among(self.home, entities))
        erred, failed = (known[is_among(known, entities)] for known in (self.erred, self.failed))
        return Seen(self.home[at], self.stage[at], erred=erred, failed=failed)

    def add(self, day: Tosses, *, only: Hashes | None = None) -> tuple[Bools, Bools]:
        """Take in a later day, and return (first errors, first failures), each of shape (rows,).

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
        rows = rows[(day.erred | day.failed)[rows]]
        home = self.stage[np.searchsorted(self.home, day.entity[rows])]
        tossed = rows[home == day.stage[rows]]
        first_error, self.erred = _first(day.entity, rows=tossed[day.erred[tossed]], known=self.erred)
        first_failure, self.failed = _first(day.entity, rows=tossed[day.failed[tossed]], known=self.failed)
        return first_error, first_failure

    def _deal(self, entity: Hashes, *, stage: Stages) -> None:
        names, first = np.unique(entity, return_index=True)
        new = ~is_among(names, self.home)
        at = np.searchsorted(self.home, names[new])
        self.home = np.insert(self.home, at, names[new])
        self.stage = np.insert(self.stage, at, stage[first[new]])


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
