"""Bodies of ``POST /outcomes`` that tell what people decided: by prediction id, and by who decided."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from slipway.records.task import TaskKind
from slipway.records.worker_config import Deciders, WorkerConfig
from slipway.serving.naming import LONGEST_ID
from slipway.serving.privacy import PrivacyFilter
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values
from slipway.serving.telling import Form, check_ids, check_of_y, numbers_of, refuse_contradictions, texts_of

COLUMNS = ("id", "decision", "by", "decided_us", "saw")
"""Names of the columns of a table of decisions; the last two may be left out."""
LATEST_US = (1 << 53) - 1
"""Latest moment that a decision may bear: the largest whole number that is the same in every JSON and Arrow reader."""
_NEEDED = COLUMNS[:3]


class Decisions(NamedTuple):
    """Decisions, one entry each.

    Attributes:
        ids: Prediction ids.
        values: What was decided.
        by: Who decided.
        decided_us: When, microseconds since the epoch; None where nobody said.
        saw: Whether the model's answer was seen before; None where nobody said.
    """

    ids: list[str]
    values: list[float]
    by: list[str]
    decided_us: list[int | None]
    saw: list[bool | None]


class _One(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    decision: float
    by: str
    decided_us: float | None = None  # JSON does not tell 5 from 5.0
    saw: bool | None = None


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    decisions: list[_One]


_SINGLE = re.compile(rb'"decision"\s*:')


def tells_decisions(body: bytes) -> bool:
    """Tell whether a body is meant to tell decisions, and not outcomes.

    >>> (
    ...     tells_decisions(b'{"id": "w-1", "decision": 1, "by": "ana"}'),
    ...     tells_decisions(b'{"id": "decision", "value": 1}'),
    ... )
    (True, False)
    """
    return _FORM.is_list(body) or _SINGLE.search(body) is not None


def decode_decisions(body: bytes, *, kind: TaskKind) -> Decisions:
    """Return what ``{"id", "decision", "by"}`` or ``{"decisions": [...]}`` tells.

    Raises:
        Refusal: 400; not of that form, or not what Y can be. 409; two decisions of one person on one id.

    >>> decode_decisions(b'{"id": "w-1", "decision": 1, "by": "ana"}', kind=TaskKind.BINARY)
    Decisions(ids=['w-1'], values=[1.0], by=['ana'], decided_us=[None], saw=[None])
    """
    told = _FORM.decode(body)
    decisions = Decisions(
        ids=[d.id for d in told],
        values=[d.decision for d in told],
        by=[d.by for d in told],
        decided_us=_moments([d.decided_us for d in told], rows=len(told)),
        saw=[d.saw for d in told],
    )
    return checked(decisions, kind=kind)


def decisions_of(columns: Mapping[str, Values], *, kind: TaskKind) -> Decisions:
    """Return what the columns :data:`COLUMNS` tell.

    Raises:
        Refusal: 400 or 409; as :func:`decode_decisions`.

    >>> decisions_of({"id": ["w-1"], "decision": np.array([1]), "by": ["ana"]}, kind=TaskKind.BINARY).by
    ['ana']
    """
    if missing := [name for name in _NEEDED if name not in columns]:
        raise _no_decision(f"no column {missing[0]}")
    if more := sorted(columns.keys() - set(COLUMNS)):
        raise _no_decision(f"a column {more[0]} too")
    ids, by = (texts_of(columns, name, wrong=_no_decision) for name in ("id", "by"))
    values = numbers_of(columns["decision"], flags=False, wrong=lambda: _no_decision("a decision that is no number"))
    told = Decisions(
        ids=ids,
        values=values,
        by=by,
        decided_us=_moments(columns.get("decided_us"), rows=len(ids)),
        saw=_truths(columns.get("saw"), rows=len(ids)),
    )
    return checked(told, kind=kind)


def checked(told: Decisions, *, kind: TaskKind) -> Decisions:
    """Return decisions that fit: ids and names that are some, values that Y can have, nobody of two minds.

    Raises:
        Refusal: 400 or 409; as :func:`decode_decisions`.
    """
    check_ids(told.ids, noun="decision")
    for who in set(told.by):
        check_decider(who, name="by")
    check_of_y(told.ids, told.values, kind=kind, named="decision on")
    refuse_contradictions(
        zip(told.ids, told.by, strict=True),
        told.values,
        error=lambda key: f"decision on '{key[0]}': two of '{key[1]}' contradict each other.",
        wanted="one decision of each person",
    )
    return told


def names_kept(by: list[str], *, config: WorkerConfig) -> list[str]:
    """Return who decided as the journal may hold it: by name, or by a pseudonym that is the same for the same name."""
    if config.deciders is Deciders.CLEAR:
        return by
    hidden = PrivacyFilter(config)
    return [hidden.pseudonym(who) for who in by]


def check_decider(who: str, *, name: str) -> None:
    """Return if this can name who decided; ids of load tests have no say here, for a name is no id.

    Raises:
        Refusal: 400; empty, too long or not printable.
    """
    if 0 < len(who) <= LONGEST_ID and who.isprintable():
        return
    raise Refusal(
        400,
        f"{name}: this names nobody.",
        wanted=f"1 to {LONGEST_ID} printable characters",
        got=repr(who)[:80],
        hint="Name the person, or the system, that decided: of each one the first decision counts.",
    )


def _moments(column: Values | None, *, rows: int) -> list[int | None]:
    if column is None:
        return [None] * rows
    try:
        numbers = np.array(column, dtype=np.float64)  # None is NaN
    except (TypeError, ValueError):
        raise _no_decision("a moment that is no number") from None
    missing = np.isnan(numbers)
    whole = np.where(missing, 0.0, numbers)
    if not ((whole == np.floor(whole)) & (whole >= 0) & (whole <= LATEST_US)).all():
        raise _no_decision("a moment that is no whole number of microseconds since the epoch")
    return [None if absent else int(us) for us, absent in zip(whole, missing, strict=True)]


def _truths(column: Values | None, *, rows: int) -> list[bool | None]:
    if column is None:
        return [None] * rows
    listed: list[Any] = column.tolist() if isinstance(column, np.ndarray) else list(column)
    if not {bool, type(None)}.issuperset(map(type, listed)):
        raise _no_decision("'saw' that is neither true nor false")
    return listed


def _no_decision(got: str) -> Refusal:
    return Refusal(
        400,
        "This is no decision.",
        wanted='{"id": "...", "decision": 1, "by": "ana"}, {"decisions": [...]} of such, or columns of these names',
        got=got,
        hint="'decided_us' (microseconds since the epoch) and 'saw' (was the model's answer seen?) may be added.",
    )


_FORM = Form("decisions", msgspec.json.Decoder(_One).decode, msgspec.json.Decoder(_Many).decode, 3, _no_decision)
