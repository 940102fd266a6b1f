"""Which rate to try next: double until one is not held, then close in. Pure."""

from collections.abc import Sequence

from slipway.records.load_test import Hold, Rung

LOWEST_QPS = 10.0


def held_qps(rungs: Sequence[Rung]) -> float:
    """Return the highest rate that held below every one that did not, or 0.

    A rate that held above one that broke was luck, and does not count; a rate that held once and broke once, broke.
    """
    broken = min((r.qps for r in rungs if r.hold is not Hold.HOLDS), default=float("inf"))
    return max((r.qps for r in rungs if r.hold is Hold.HOLDS and r.qps < broken), default=0.0)


def next_qps(rungs: Sequence[Rung], *, start_qps: float, precision: float, most_qps: float) -> float | None:
    """Return the rate to try next, or None when nothing more is to be learnt.

    Args:
        rungs: Rates tried so far.
        start_qps: The first to try, at least 1.
        precision: Relative distance between what held and what did not at which the search ends, above 0.
        most_qps: Never try more.

    >>> next_qps([], start_qps=100, precision=0.1, most_qps=1e6)
    100.0
    """
    if not rungs:
        return rounded(min(start_qps, most_qps))
    held = held_qps(rungs)
    broken = min((r.qps for r in rungs if r.hold is not Hold.HOLDS), default=None)
    if broken is None:
        return rounded(min(2 * held, most_qps)) if held < rounded(most_qps) else None
    if not held and [r.hold for r in rungs[-2:]] == [Hold.VOID, Hold.VOID]:
        return None  # the generator was late at a quarter of the rate too: this machine is too busy to tell
    if not held:
        return rounded(max(broken / 4, LOWEST_QPS)) if broken > LOWEST_QPS else None
    return rounded((held * broken) ** 0.5) if broken / held > 1 + precision else None


def rounded(qps: float) -> float:
    """Return a rate with three digits, which is all that anybody will say of it.

    >>> rounded(45254.8)
    45300.0
    """
    return float(f"{qps:.3g}")
