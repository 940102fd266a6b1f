"""Cohorts as exchangeable units: which are ripe at a moment, and what one hour or day says as a whole."""

from collections.abc import Iterable, Sequence

import msgspec

from slipway.records.cohort import Cohort, PairSums

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
LENGTH_US = {"row": DAY_US, "hour": HOUR_US, "day": DAY_US}
"""Length of the cohorts in which a unit is summed; rows are counted, so the length of theirs does not matter."""


def unit_length_us(units: Iterable[str]) -> int:
    """Return the length of cohort that serves all of these units.

    >>> unit_length_us(["day", "hour"]) // 1_000_000
    3600
    """
    return min((LENGTH_US[unit] for unit in units), default=DAY_US)


def ripe(cohorts: Iterable[Cohort], *, unit: str, wait_s: float, now_us: int) -> tuple[Cohort, ...]:
    """Return the cohorts whose whole unit is over, and the wait for its outcomes too.

    Rows ripen one by one (a cohort's outcome sums hold mature rows only), so for the unit ``row`` all are returned.
    """
    if unit == "row":
        return tuple(cohorts)
    length, wait_us = LENGTH_US[unit], round(wait_s * 1e6)
    return tuple(c for c in cohorts if (c.start_us // length + 1) * length + wait_us <= now_us)


class PairedUnit(msgspec.Struct, frozen=True):
    """One unit's pairs, over all versions of the route that it saw.

    Attributes:
        start_us: Beginning of the unit.
        pairs: Its pairs.
    """

    start_us: int
    pairs: PairSums

    @property
    def difference(self) -> float:
        """Mean over the unit's pairs of the candidate's loss minus live's."""
        return self.pairs.difference / self.pairs.n


def paired_units(cohorts: Iterable[Cohort], *, unit: str) -> list[PairedUnit]:
    """Merge cohorts into units, oldest first; units without a pair are left out."""
    length, found = LENGTH_US[unit], dict[int, PairSums]()
    for cohort in sorted(cohorts, key=lambda c: (c.start_us, c.route_version)):
        start = cohort.start_us // length * length
        found[start] = found.get(start, PairSums()).merge(cohort.pairs)
    return [PairedUnit(start, pairs) for start, pairs in found.items() if pairs.n]


def count_units(cohorts: Sequence[Cohort], *, unit: str) -> int:
    """Return how many different units the cohorts lie in."""
    return len({cohort.start_us // LENGTH_US[unit] for cohort in cohorts})
