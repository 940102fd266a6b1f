"""What of an error a log may say: what was wrong, and not with what. Pure but for the names that it is told.

A caller is told his own words back; a log keeps them, and they may be somebody's name. So a log has only words of ours:
sentences of this house, and names that the scope has.
"""

import re
import traceback
from collections.abc import Iterable

from slipway.errors import SlipwayError, Unavailable
from slipway.serving.refusal import Refusal

_OURS = frozenset(
    {
        *("body", "columns", "decision", "decisions", "inputs", "metric", "metrics", "outcome", "outcomes", "outputs"),
        *("by", "decided_us", "id", "prediction_id", "raw_input_contents", "rows", "saw", "value"),
        *("The", "the", "of", "on", "'?'"),
    }
)
_QUOTED = re.compile(r"'.*'", re.DOTALL)
_PLACES = re.compile(r"\[\d+\]|[.\s]+")


def reason_of(refusal: Refusal, *, known: Iterable[str]) -> str:
    """Return why a request was refused, in words of ours.

    Args:
        refusal: What its caller is told.
        known: Names of fields and the like, which are ours too.

    >>> [reason_of(Refusal(400, told), known={"age"}) for told in ("rows[3].age: no number.", "Ann: no such field.")]
    ['rows[3].age: no number.', '?: no such field.']
    >>> reason_of(Refusal(409, "outcome of 'Ann': two contradict each other."), known=())
    "outcome of '?': two contradict each other."
    """
    if refusal.cause is not None:
        return without_got(refusal.cause)
    head, colon, rest = _QUOTED.sub("'?'", refusal.body.error).rpartition(": ")
    words = {word for word in _PLACES.split(head) if word}
    return f"{head if words <= _OURS.union(known) else '?'}{colon}{rest}"[:200] if colon else rest[:200]


def without_got(error: Exception) -> str:
    """Return an error without what came, which may be what somebody sent or an arm answered, but for words of ours.

    >>> [without_got(e) for e in (SlipwayError("arm old: want a score, got 'Ann has none'."), KeyError("Ann"))]
    ['arm old: want a score', 'KeyError']
    >>> without_got(Unavailable("arm old: want a score, got ValueError: Ann has none.", came="ValueError"))
    'arm old: want a score, got ValueError'
    """
    if not isinstance(error, SlipwayError):
        return type(error).__name__
    head, got, _ = str(error).partition(", got ")
    came = error.came if isinstance(error, Unavailable) else ""
    return f"{head[:200]}{got}{came}" if came else head[:200]


def where(error: BaseException) -> str:
    """Return what kind of error it is and where it arose, without its words.

    >>> try:
    ...     {}["Ann"]
    ... except KeyError as error:
    ...     where(error).splitlines()[-1]
    'KeyError'
    """
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
