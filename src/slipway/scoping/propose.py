"""What a data file suggests for a scope, each proposal with its reason. Proposals: a person takes them or does not."""

import math
import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from slipway.records.base import NAME
from slipway.records.dataset import ColumnProfile
from slipway.records.field import FieldKind
from slipway.scoping import values
from slipway.scoping.problems import Wrong
from slipway.words import number

_TARGETS = ("target", "label", "y", "outcome", "class")
_TIMES = ("time", "timestamp", "date", "datetime", "moment")
_FREE_TEXT = 0.5
"""A text that differs in more than this share of the rows names rows or is prose, and no category."""
_ROOM = 2.0
"""Limits are this many times as far from 0 as what was seen, so that tomorrow's rows fit."""


class Proposal(NamedTuple):
    """One proposal: what would stand in the file, and why."""

    value: Any
    reason: str


def propose(columns: Sequence[ColumnProfile], *, rows: int, moments: Collection[str] = ()) -> dict[str, Proposal]:
    """Return proposals by key: ``task.target``, ``task.kind``, ``task.entity``, ``task.time``, ``fields``.

    A key is left out where the data suggest nothing. No column is proposed whose name a scope cannot hold; that is said
    among the reasons of the fields.

    Args:
        columns: Profile of the data.
        rows: Its number of rows.
        moments: Names of columns that hold moments.
    """
    found: dict[str, Proposal] = {}
    named = [c for c in columns if _has_a_name(c)]
    _note(found, "task.time", _time(named, moments))
    _note(found, "task.entity", _entity(named, rows))
    taken = {p.value for p in found.values()}
    target = _target([c for c in named if c.name not in taken])
    if target is not None:
        profile, reason = target
        found["task.target"] = Proposal(profile.name, reason)
        two = profile.distinct == 2
        found["task.kind"] = Proposal(
            "binary" if two else "regression", f"'{profile.name}' takes {number(profile.distinct)} different values"
        )
        taken.add(profile.name)
    left = [c for c in columns if c.name not in taken and not (c.name in moments and _has_a_name(c))]
    fields, reasons = _fields(left, rows, y_is_open=target is None)
    if fields:
        found["fields"] = Proposal(fields, "; ".join(reasons))
    return found


def _has_a_name(profile: ColumnProfile) -> bool:
    try:
        values.column(profile.name)
    except Wrong:
        return False
    return True


def _note(found: dict[str, Proposal], key: str, proposal: Proposal | None) -> None:
    if proposal is not None:
        found[key] = proposal


def _time(columns: Sequence[ColumnProfile], moments: Collection[str]) -> Proposal | None:
    for column in columns:
        if column.name in moments:
            return Proposal(column.name, "it holds moments")
    named = [c.name for c in columns if c.name.lower() in _TIMES]
    return Proposal(named[0], "its name says so") if named else None


def _entity(columns: Sequence[ColumnProfile], rows: int) -> Proposal | None:
    named = [c for c in columns if re.fullmatch(r"(?:.*_)?(?:id|entity)", c.name.lower())]
    texts = [c for c in columns if c.kind is FieldKind.CATEGORY and c.distinct > _FREE_TEXT * rows]
    for found, why in ((named, "its name says so"), (texts, "it differs in most rows")):
        if found:
            return Proposal(found[0].name, f"{why}; {number(found[0].distinct)} different ones in {number(rows)} rows")
    return None


def _target(columns: Sequence[ColumnProfile]) -> tuple[ColumnProfile, str] | None:
    numeric = [c for c in columns if c.kind is not FieldKind.CATEGORY]
    for column in numeric:
        if column.name.lower() in _TARGETS:
            return column, "its name says so"
    two = [c for c in numeric if _is_binary(c)]
    return (two[-1], "it is 0 or 1, and the last column that is") if two else None


def _is_binary(column: ColumnProfile) -> bool:
    ends = column.quantiles[:1] + column.quantiles[-1:]
    return column.kind is FieldKind.BOOLEAN or (column.distinct == 2 and ends == (0.0, 1.0))


def _fields(columns: Sequence[ColumnProfile], rows: int, *, y_is_open: bool) -> tuple[dict[str, Any], list[str]]:
    fields: dict[str, Any] = {}
    reasons = []
    for column in columns:
        if not NAME.fullmatch(column.name):
            reasons.append(f"{column.name}: left out, for a field's name is lower case; rename the column")
        elif column.distinct <= 1:
            reasons.append(f"{column.name}: left out, it never changes")
        elif column.kind is FieldKind.CATEGORY and column.distinct > _FREE_TEXT * rows:
            reasons.append(f"{column.name}: left out, {number(column.distinct)} different texts are no category")
        elif column.kind is FieldKind.NUMBER and column.quantiles:
            low, high = _limits(column)
            fields[column.name] = {"kind": "number", "low": low, "high": high}
            seen = f"{number(column.quantiles[0])} to {number(column.quantiles[-1])}"
            reasons.append(f"{column.name}: seen {seen}, limits leave room")
        else:
            fields[column.name] = column.kind.value
            two = y_is_open and column.kind is FieldKind.CATEGORY and column.distinct == 2
            hint = " (if it is Y, leave it out here and write it as 0 and 1 where the data is loaded)" if two else ""
            reasons.append(f"{column.name}: {number(column.distinct)} different values{hint}")
    return fields, reasons


def _limits(column: ColumnProfile) -> tuple[float, float]:
    low, high = column.quantiles[0], column.quantiles[-1]
    return (0 if low >= 0 else -_round_up(-low * _ROOM)), (0 if high <= 0 else _round_up(high * _ROOM))


def _round_up(value: float) -> float:
    """Return the next larger 1, 2 or 5 times a power of ten.

    >>> _round_up(130.0), _round_up(0.3), _round_up(4.0)
    (200, 0.5, 5)
    """
    power = 10.0 ** math.floor(math.log10(value))
    rounded = next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-12))
    return int(rounded) if rounded >= 1 else float(f"{rounded:.12g}")
