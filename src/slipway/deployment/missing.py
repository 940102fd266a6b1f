"""Outcomes that never come: how many, how they differ by arm, and what they keep a gate from.

Whether an outcome comes may depend on the answer: who is wrongly refused does not come back to complain. Errors that
hide behind missing outcomes are not in any sum, so a pass wants few of them, and no more of them at the candidate.
"""

from typing import NamedTuple

from slipway.records.cohort import ArmSums

APART = 0.1
"""A pass needs the candidate's outcomes to be missing no more often than live's by this share."""


class Missing(NamedTuple):
    """What is missing of the outcomes of a stage.

    Attributes:
        words: How many are, for people; empty where none is.
        blocked: Why no gate on outcomes may pass, or empty.
    """

    words: str
    blocked: str


def missing(candidate: ArmSums, live: ArmSums, *, accepted: float) -> Missing:
    """Return what is missing among requests that are old enough to have an outcome.

    Args:
        candidate: The candidate's requests in a stage.
        live: Live's.
        accepted: Largest share of missing outcomes with which a gate may still pass.

    >>> missing(ArmSums(mature=50, labelled=20), ArmSums(mature=950, labelled=940), accepted=0.5).blocked
    "outcomes of the candidate are missing 59 points more often than live's"
    """
    both = candidate.merge(live)
    if not both.missing:
        return Missing("", "")
    words = (
        f"of {both.mature:,} requests old enough {both.missing:,} have no outcome ({both.missing / both.mature:.1%})"
    )
    if both.missing > accepted * both.mature:
        return Missing(
            words,
            f"outcomes are missing for {both.missing / both.mature:.0%} of the requests, at most {accepted:.0%} may be",
        )
    if candidate.mature and live.mature:
        excess = candidate.missing / candidate.mature - live.missing / live.mature
        if excess > APART:
            return Missing(
                words, f"outcomes of the candidate are missing {100 * excess:.0f} points more often than live's"
            )
    return Missing(words, "")
