"""Chance by a keyed hash: what is drawn for an id is drawn for it for ever, and nobody who lacks the key can tell."""

from enum import StrEnum

from slipway.records.route import position


class Draw(StrEnum):
    """What is drawn for; each is drawn independently of the others."""

    AUDIT = "audit"
    HIDDEN = "hidden"
    SECOND = "second"
    SETTLE = "settle"


def is_drawn(id_: str, *, for_: Draw, share: float, salt: str) -> bool:
    """Tell whether an id is among the share of all that is drawn.

    Args:
        id_: Prediction id.
        for_: What for.
        share: Part of the ids, in [0, 1]; who is in a share is in every larger one.
        salt: Key of the route's deal.

    >>> is_drawn("w-1", for_=Draw.AUDIT, share=1.0, salt="s"), is_drawn("w-1", for_=Draw.AUDIT, share=0.0, salt="s")
    (True, False)
    """
    return share > 0 and position(f"{for_}/{salt}", id_) < share
