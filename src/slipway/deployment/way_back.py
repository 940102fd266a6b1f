"""The way back: to live as the rollout found it, or, where that is no good itself, to what was live before it.

A model is no good to go back to where its own rollout has been rolled back since, or where its package is damaged, so
that the next worker that starts could not load it. Then the one that it had replaced is tried, and so on.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from slipway.records.rollout import Rollout, RolloutStatus


class WayBack(NamedTuple):
    """Where a rollback leads.

    Attributes:
        arm: Who answers everyone.
        fallback: Who steps in, or None.
        why: Why it is not the arm that was live before; empty where it is.
    """

    arm: str
    fallback: str | None
    why: str = ""


def way_back(rollout: Rollout, *, known: Sequence[Rollout], trouble: Callable[[str], str]) -> WayBack:
    """Return where a rollback of this rollout leads.

    Where nobody is left who is any good, it is live after all: workers may hold it still, and nothing is better.

    Args:
        rollout: What is rolled back.
        known: All rollouts.
        trouble: Arm to why a worker could not load it, or nothing.
    """
    at, passed = rollout, list[str]()
    while True:
        brought = _brought(at, known=known)
        gone = brought is not None and brought.status is RolloutStatus.ROLLED_BACK
        reason = f"{at.live} was rolled back itself" if gone else trouble(at.live)
        if not reason:
            fallback = at.fallback if at.fallback and not trouble(at.fallback) else None
            return WayBack(at.live, fallback, _why(passed, to=at.live))
        passed.append(reason.rstrip("."))
        if brought is None:
            break
        at = brought
    if at.fallback and not trouble(at.fallback):
        return WayBack(at.fallback, None, _why(passed, to=at.fallback))
    return WayBack(rollout.live, rollout.fallback, f"{'; '.join(passed)}; nobody is left who is better.")


def _brought(rollout: Rollout, *, known: Sequence[Rollout]) -> Rollout | None:
    """Return the rollout that made its live arm live, or None where that was live from the beginning."""
    before = [
        r
        for r in known
        if (r.route, r.candidate) == (rollout.route, rollout.live)
        and r.status is not RolloutStatus.RUNNING
        and r.id != rollout.id
        and r.started_us <= rollout.started_us
    ]
    return max(before, key=lambda r: r.started_us, default=None)


def _why(passed: Sequence[str], *, to: str) -> str:
    return f"{'; '.join(passed)}: back to {to} instead." if passed else ""
