"""Reads one table by its keys, noting every fault instead of stopping at the first."""

from collections.abc import Sequence
from typing import Any, TypeVar

from slipway.errors import BadInput, nearest
from slipway.records.base import Record
from slipway.scoping.keys import REQUIRED, TABLES, Key
from slipway.scoping.lines import Place
from slipway.scoping.problems import Problems, Wrong, shown

R = TypeVar("R", bound=Record)


def read_table(raw: Any, *, place: Place, keys: Sequence[Key], problems: Problems) -> dict[str, Any] | None:
    """Return the record's fields, defaults filled in, or None if any key of the table is at fault."""
    if not isinstance(raw, dict):
        problems.add(place, want="a table", got=shown(raw), way_out=f"It may hold {listed(keys)}.")
        return None
    before = len(problems)
    known = {k.name for k in keys}
    meant = {unknown(place, name, keys=keys, problems=problems) for name in raw if name not in known}
    fields = {
        key.field or key.name: _value(raw, key, place=place, problems=problems) for key in keys if key.name not in meant
    }
    return fields if len(problems) == before else None


def build(kind: type[R], fields: dict[str, Any] | None, *, place: Place, problems: Problems) -> R | None:
    """Make the record; what it refuses itself becomes one more fault."""
    if fields is None:
        return None
    try:
        return kind(**fields)
    except BadInput as error:
        problems.quote(place, error)
        return None


def unknown(place: Place, name: str, *, keys: Sequence[Key], problems: Problems) -> str:
    """Note a key that the table does not know, and return the one that was probably meant, or an empty string."""
    known = [k.name for k in keys]
    way_out = nearest(name.lower(), known).strip()
    meant = way_out.split("'")[1] if way_out else ""
    if not way_out:
        homes = [table for table, its in TABLES.items() if name in {k.name for k in its}]
        way_out = f"It belongs in [{homes[0]}]." if len(homes) == 1 and "[]" not in homes[0] else ""
    way_out = way_out or f"Known: {listed(keys)}."
    problems.add((*place, name), want="a key that is known here", got=shown(name), way_out=way_out)
    return meant


def listed(keys: Sequence[Key]) -> str:
    """Name the keys of a table."""
    return ", ".join(k.name for k in keys)


def _value(raw: dict[str, Any], key: Key, *, place: Place, problems: Problems) -> Any:
    if key.name not in raw:
        if key.default is REQUIRED:
            problems.absent((*place, key.name), want="this key", way_out=key.why)
        return key.default
    try:
        return key.read(raw[key.name])
    except Wrong as wrong:
        problems.add((*place, key.name), want=wrong.want, got=shown(raw[key.name]), way_out=wrong.way_out)
        return None
