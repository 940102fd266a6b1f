"""A scope back to the text of ``slipway.toml``: a page that parses to the same scope."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from slipway.records.arm import Arm, JsonShape, Reading
from slipway.records.field import Field
from slipway.records.gate import MARGINS, OWN, Gate
from slipway.records.rollout import Plan, Stage
from slipway.records.scope import Scope
from slipway.scoping.duration import duration
from slipway.scoping.keys import (
    ARM,
    BUDGETS,
    DATA,
    FIELD,
    JOURNAL,
    METRIC,
    MODEL,
    MONITORING,
    PROJECT,
    SERVING,
    TASK,
    TRACING,
    Key,
)
from slipway.scoping.space import as_written as written_space


def write(scope: Scope) -> str:
    """Return the page; every value that differs from its default is in it, and every gate with all its settings.

    For a scope that :func:`~slipway.scoping.parse.parse` returned, parsing the page gives an equal scope.
    """
    tables = [
        _table("project", scope.project, PROJECT),
        _table("task", scope.task, TASK),
        "\n".join(["[fields]", *map(_field, scope.fields)]),
        _table("metric", scope.metric, METRIC),
        _table("budgets", scope.budgets, BUDGETS),
        _table("serving", scope.serving, SERVING, live=scope.live),
        _table("data", scope.data, DATA) if scope.data.source else "",
        _table("model", scope.modeling, MODEL) if scope.modeling.train else "",
        *map(_arm, scope.arms),
        write_rollout(scope.rollout),
        _table("monitoring", scope.monitoring, MONITORING),
        _journal(scope),
        _table("tracing", scope.tracing, TRACING),
    ]
    return "\n\n".join(t for t in tables if "\n" in t) + "\n"


def _table(name: str, record: Any, keys: tuple[Key, ...], **more: Any) -> str:
    values = {k.name: more.get(k.name, getattr(record, k.field or k.name, None)) for k in keys}
    shown = {k.name: values[k.name] for k in keys if values[k.name] is not None and values[k.name] != k.default}
    lines = (f"{key} = {toml_value(_as_written(key, value))}" for key, value in shown.items())
    return "\n".join([f"[{name}]", *lines])


def _as_written(key: str, value: Any) -> Any:
    if key == "options":
        return dict(value)
    if key == "search":
        return written_space(value)
    return value if key == "params" else _short(value)


def _journal(scope: Scope) -> str:
    keep_s = scope.journal.keep_s
    return _table("journal", scope.journal, JOURNAL, keep=None if keep_s is None else duration(keep_s))


def _field(field: Field) -> str:
    shown = {k.name: _short(getattr(field, k.name)) for k in FIELD if getattr(field, k.name) != k.default}
    return f"{field.name} = {toml_value(field.kind if list(shown) == ['kind'] else shown)}"


def _arm(arm: Arm) -> str:
    answer = None if arm.answer_s is None else duration(arm.answer_s)
    keys = tuple(k for k in ARM if k.name != "kind")
    return _table(f"arms.{arm.name}", arm, keys, answer=answer, reading=arm.reading and _reading(arm.reading))


def _reading(reading: Reading) -> dict[str, Any]:
    times = {"lease": duration(reading.lease_s), "undo": duration(reading.undo_s)}
    return {**times, "second": reading.second, "settle": reading.settle, "first": reading.first}


def write_rollout(plan: Plan) -> str:
    """Return the table ``[rollout]``, with every setting of every stage and gate."""
    head = ["[rollout]", f"alpha = {toml_value(plan.alpha)}", f"maturity = {toml_value(duration(plan.maturity_s))}"]
    if plan.readiness is not None:
        head.append(f"readiness = {toml_value(_short(plan.readiness))}")
    stated = {"beta": plan.beta, "relevant": plan.relevant}
    head += [f"{key} = {toml_value(_short(value))}" for key, value in stated.items() if value is not None]
    head.append(f"missing = {toml_value(_short(plan.missing))}")
    if plan.automation is not None:
        head += [f"{name} = {toml_value(value)}" for name, value in msgspec.structs.asdict(plan.automation).items()]
    stages = [f"  {_stage(stage)}," for stage in plan.stages]
    return "\n".join([*head, f"pair = {toml_value(plan.pair)}", "stages = [", *stages, "]"])


def _stage(stage: Stage) -> str:
    parts = {
        "name": stage.name,
        "kind": stage.kind,
        "share": _short(stage.share),
        "min": duration(stage.min_s),
        "max": duration(stage.max_s),
        "gates": [_gate(gate) for gate in stage.gates],
    }
    return toml_value(parts)


def _gate(gate: Gate) -> dict[str, Any]:
    margin = {"margin": _short(gate.margin)} if gate.kind in MARGINS else {}
    own = {name: _short(getattr(gate, name)) for name, kinds in OWN.items() if gate.kind in kinds}
    said = {name: value for name, value in own.items() if value not in (None, "", 0, ())}
    beta = {} if gate.beta is None else {"beta": gate.beta}
    plain = {"alpha": gate.alpha, **beta, "unit": gate.unit, "min_units": gate.min_units}
    return {"kind": gate.kind, **margin, **said, **plain}


def _short(value: Any) -> Any:
    """Leave the ``.0`` out where the key takes any number; parameters keep it, for 1 and 1.0 may mean two things."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def toml_value(value: Any) -> str:
    """Write one value as TOML on one line.

    >>> toml_value({"kind": "number", "low": 0, "unit": "µm"})
    '{ kind = "number", low = 0, unit = "µm" }'
    """
    match value:
        case JsonShape():
            shown = {"score": value.score, "rows": value.rows, "names": dict(value.names)}
            return toml_value({key: item for key, item in shown.items() if item})
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{ " + ", ".join(f"{_key(k)} = {toml_value(v)}" for k, v in value.items()) + " }" if value else "{}"
        case list() | tuple():
            return "[" + ", ".join(map(toml_value, value)) + "]"
        case _:
            return repr(value)


def _key(key: str) -> str:
    return key if key.replace("_", "a").replace("-", "a").isalnum() and key.isascii() else toml_value(key)
