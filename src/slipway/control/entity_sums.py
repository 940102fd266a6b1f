"""Values of a metric by entity: an entity stays with its arm and comes again, so its rows are one toss.

A day is grouped once; groups of days add up, entity by entity under each version of the route.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.exact import exact_sum
from slipway.records.facts import MetricArm, MetricStratum
from slipway.stats.clustered_difference import ClusteredDifference, clustered_difference

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class EntitySums(NamedTuple):
    """Rows of one metric that were waited for, by entity, version of the route and side; all of shape (groups,).

    Attributes:
        entity: Hash of the entity.
        version: Version of the route.
        candidate: Whether the rows were dealt to the candidate.
        mature: How many rows.
        n: How many of them have a value.
        total: Sum of the values.
    """

    entity: npt.NDArray[np.uint64]
    version: npt.NDArray[np.int32]
    candidate: Bools
    mature: npt.NDArray[np.int64]
    n: npt.NDArray[np.int64]
    total: Floats

    @classmethod
    def nothing(cls) -> "EntitySums":
        """Return no groups."""
        kinds = ("u8", "i4", "?", "i8", "i8", "f8")
        return cls(*(np.empty(0, dtype=kind) for kind in kinds))

    @classmethod
    def grouped(cls, parts: Iterable["EntitySums"]) -> "EntitySums":
        """Add up parts, each entity of one version and side once, in order; rows are parts of one row each."""
        whole = cls(*map(np.concatenate, zip(cls.nothing(), *parts, strict=True)))
        if not len(whole.entity):
            return whole
        order = np.lexsort((whole.total, whole.candidate, whole.version, whole.entity))  # sums do not depend on order
        entity, version, candidate = whole.entity[order], whole.version[order], whole.candidate[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (entity[1:] != entity[:-1]) | (version[1:] != version[:-1]) | (candidate[1:] != candidate[:-1])
        first = np.flatnonzero(new)
        mature, n, total = (np.add.reduceat(of[order], first) for of in (whole.mature, whole.n, whole.total))
        return cls(entity[first], version[first], candidate[first], mature, n, total)

    def of(self, groups: Array) -> "EntitySums":
        """Return some of the groups."""
        return EntitySums._make(column[groups] for column in self)

    def strata(self, shares: dict[int, float]) -> Iterator[MetricStratum]:
        """Yield the sums of each version of the route that dealt.

        Args:
            shares: Version to the candidate's share.
        """
        for version in np.unique(self.version).tolist():
            here = self.of(self.version == version)
            yield MetricStratum(
                route_version=version,
                share=shares[version],
                candidate=_arm(here.of(here.candidate)),
                live=_arm(here.of(~here.candidate)),
            )

    def difference(self) -> ClusteredDifference | None:
        """Return how far apart the arms are; see :mod:`slipway.stats.clustered_difference`."""
        told = self.of(self.n > 0)
        return clustered_difference(
            told.entity,
            stratum=told.version,
            treated=told.candidate,
            n=told.n.astype(np.float64),
            total=told.total,
        )


def _arm(side: EntitySums) -> MetricArm:
    return MetricArm(
        mature=int(side.mature.sum()),
        n=int(side.n.sum()),
        entities=int((side.n > 0).sum()),
        total=exact_sum(side.total),
    )
