"""How late outcomes usually are, where ``maturity = "0s"`` does not say it: what has not come by then is missing."""

from collections.abc import Iterable

from slipway.records.cohort import DELAYS, Cohort

FEWEST = 20
"""Of fewer outcomes nobody can say what is usual."""

NEARLY_ALL = 0.99
"""Part of the outcomes that came within the usual time; a label that somebody mends months later is not usual."""

ROOM = 1.5
"""How much longer than that is waited, for jobs that run late."""


def usual_wait_us(cohorts: Iterable[Cohort]) -> int | None:
    """Return after how long an outcome may be called missing, from the delays of those that came; None of too few.

    While a rollout is younger than its outcomes are late, only early ones have come; nothing is that old then either.

    >>> usual_wait_us([]) is None
    True
    """
    delays = DELAYS
    for cohort in cohorts:
        delays = delays.merge(cohort.delays)
    return None if delays.n < FEWEST else round(ROOM * delays.quantile(NEARLY_ALL))
