"""The tables of the file that people name themselves, or that have a short form: fields and arms."""

import re
from typing import Any

from slipway.errors import nearest
from slipway.records.arm import SOURCES, Arm
from slipway.records.base import NAME
from slipway.records.field import Field, FieldKind
from slipway.scoping.keys import ARM, FIELD
from slipway.scoping.lines import Place
from slipway.scoping.problems import Problems, shown
from slipway.scoping.table import build, read_table
from slipway.scoping.values import WORD, word_like

_RULE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*(<=|>=|==|!=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
_SOURCES = {source: kind for kind, source in SOURCES.items()}


def read_fields(raw: Any, *, problems: Problems) -> tuple[Field, ...]:
    """Return the fields that could be read, in the order of the file."""
    place: Place = ("fields",)
    if not isinstance(raw, dict) or not raw:
        got = "none" if raw == {} else shown(raw)
        problems.add(place, want="a table with at least one field", got=got, way_out='For example: age = "number".')
        return ()
    fields = [_field(name, value, problems=problems) for name, value in raw.items()]
    return tuple(f for f in fields if f)


def _field(name: str, raw: Any, *, problems: Problems) -> Field | None:
    place = ("fields", name)
    if not _named(name, place=place, problems=problems):
        return None
    values = read_table({"kind": raw} if isinstance(raw, str) else raw, place=place, keys=FIELD, problems=problems)
    return build(Field, {"name": name, **values} if values else None, place=place, problems=problems)


def read_arms(raw: Any, *, problems: Problems) -> tuple[Arm, ...]:
    """Return the arms that could be read, in the order of the file."""
    if not isinstance(raw, dict):
        problems.add(("arms",), want="a table for each arm, such as [arms.rule]", got=shown(raw))
        return ()
    arms = [_arm(name, value, problems=problems) for name, value in raw.items()]
    return tuple(a for a in arms if a)


def _arm(name: str, raw: Any, *, problems: Problems) -> Arm | None:
    place = ("arms", name)
    if not _named(name, place=place, problems=problems):
        return None
    if not isinstance(raw, dict):
        want = f"a table, [arms.{name}], with one of {', '.join(_SOURCES)}"
        problems.add(
            place, want=want, got=shown(raw), way_out=f'For example: [arms.{name}] and below it rule = "x > 1".'
        )
        return None
    values = read_table(raw, place=place, keys=ARM, problems=problems)
    if values is None:
        return None
    given = [s for s in _SOURCES if values[s]]
    if len(given) != 1:
        problems.add(
            place,
            want=f"exactly one of {', '.join(_SOURCES)}",
            got=" and ".join(given) or "none of them",
            way_out="It says how the arm is asked.",
        )
        return None
    kind = values["kind"] or _SOURCES[given[0]]
    if kind is not _SOURCES[given[0]]:
        problems.add(
            (*place, "kind"),
            want=f"'{_SOURCES[given[0]]}' beside '{given[0]}'",
            got=f"'{kind}'",
            way_out="Leave 'kind' out: it follows.",
        )
        return None
    return build(Arm, {**values, "name": name, "kind": kind}, place=place, problems=problems)


def check_rule(arm: Arm, *, fields: tuple[Field, ...], names: set[str], problems: Problems) -> None:
    """Note a rule that no worker could follow: another form, or a field that is none or no number."""
    place: Place = ("arms", arm.name, "rule")
    found = _RULE.fullmatch(arm.rule)
    if not found:
        problems.add(
            place,
            want="a field, one of < <= > >= == != and a number",
            got=shown(arm.rule),
            way_out="For example: dep_delay > 15. Anything longer is a function: function = 'rule.py:answer'.",
        )
        return
    kinds = {f.name: f.kind for f in fields}
    name = found[1]
    if name not in names:
        problems.add(place, want="a field of [fields]", got=f"'{name}'", way_out=nearest(name, names).strip())
    elif kinds.get(name) is FieldKind.CATEGORY:
        problems.add(place, want="a number or boolean field", got=f"'{name}', a category")


def _named(name: str, *, place: Place, problems: Problems) -> bool:
    if NAME.fullmatch(name):
        return True
    problems.add(
        place,
        want=f"a name: {WORD}",
        got=shown(name),
        way_out=f"Write '{word_like(name) or 'x'}'"
        + (", and rename the column where the data is loaded." if place[0] == "fields" else "."),
    )
    return False
