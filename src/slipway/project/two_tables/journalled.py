"""What a model was asked and answered, as the journal holds it, against the reference that was packaged with it."""

from typing import Any

import msgspec
import polars as pl

from slipway.control.arms import find_arm
from slipway.control.equip import equip
from slipway.errors import BadInput, NotFound
from slipway.modeling.frame import as_x
from slipway.project.querying import query
from slipway.project.two_tables.feed import Answers, slices
from slipway.project.two_tables.prepare import Prepared
from slipway.project.two_tables.told import told
from slipway.records.alert import Finding
from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind
from slipway.records.route import Route
from slipway.records.scoring import Scoring
from slipway.records.two_tables import Roles, TwoTables
from slipway.wiring import Parts
from slipway.words import day

_TIME, _ANSWER, _TRUTH = "received_at", "score", "outcome"


def watch_journal(
    parts: Parts, *, model: str | None = None, since_us: int | None = None, until_us: int | None = None
) -> TwoTables:
    """Return what moved in a model's traffic against its packaged reference, by period, with the monitors' findings.

    Rows count that the model answered, as the arm or as a shadow, and that the journal still has; of these an outcome
    counts whenever it came. Periods are held against the reference each by itself.

    Args:
        parts: The project.
        model: Name of the arm; None takes the one that answers most of the route in force.
        since_us: Only rows received from this moment on.
        until_us: Only rows received before this moment.

    Raises:
        NotFound: No such arm, or its package has no reference.
        BadInput: The arm is no model, or the journal has no row of it in this window.
        Corrupt: A segment or a file of the package is damaged.
    """
    arm = _arm(parts, model)
    equipped = equip(arm, blobs=parts.blobs, scope=parts.scope)
    if equipped is None:
        raise NotFound(f"monitor: want a reference in the package of {arm.name}, found none. Package it anew.")
    table = _rows(parts, arm.name, since_us=since_us, until_us=until_us)
    fields = tuple(_field(f, table) for f in parts.scope.fields)
    known = {f.name: f"x_{f.name}" for f in fields}
    given = table.with_columns(
        pl.col(known[f.name]).alias(f.name) if known[f.name] in table.columns else _nothing(f) for f in fields
    )
    current = Prepared(
        x=as_x(given, fields=fields),
        fields=fields,
        names=tuple(f.name for f in fields),
        times_us=table[_TIME].cast(pl.Int64).to_numpy(),
        scores=table[_ANSWER].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy(),
        y=table[_TRUTH].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy(),
    )
    answers = Answers(Scoring.of(parts.scope.task, metric=parts.scope.metric), equipped.model.calibration)
    instruments = equipped.monitor.instruments
    sums = slices(current, reference=equipped.model.reference, instruments=instruments, answers=answers)
    monitor = msgspec.structs.replace(equipped.monitor, instruments=instruments.within(len(sums)))
    begun, ended = sums[0].inputs.start_us, sums[-1].inputs.end_us
    findings = [f for _, f, _ in parts.store.all(Finding) if f.model == arm.name and f.opened_us >= begun]
    return told(
        sums,
        findings=tuple(findings),
        monitor=monitor,
        roles=Roles(time=_TIME, prediction=_ANSWER, label=_TRUTH, watched=current.names),
        quality=(),
        names=(f"{arm.name} as packaged", f"{day(begun)} to {day(ended - 1)}"),
        rows=(equipped.model.reference.rows, table.height),
        metric=answers.scoring.metric,
        means={},
    )


def _arm(parts: Parts, name: str | None) -> Arm:
    if name is not None:
        arm = find_arm(name, store=parts.store, stated=parts.scope.arms)
        if arm.kind is not ArmKind.MODEL:
            raise BadInput(f"monitor: want an arm that is a packaged model, got {name}, a {arm.kind} arm.")
        return arm
    routes = [route for _, route, _ in parts.store.all(Route)]
    most = max(routes[-1].shares, key=lambda s: s.share).arm if routes else ""
    there = {a.name: a for route in routes[-1:] for a in route.arms if a.kind is ArmKind.MODEL}
    if most not in there:
        raise NotFound(
            f"monitor: want a packaged model that answers most of the route, found {most or 'no route'}. "
            "Name one with --model."
        )
    return there[most]


def _rows(parts: Parts, arm: str, *, since_us: int | None, until_us: int | None) -> pl.DataFrame:
    quoted = arm.replace("'", "''")
    window: dict[str, Any] = {"since_us": since_us, "until_us": until_us}
    asked = query(parts, f"select * from answers where arm = '{quoted}' and score is not null", **window).collect()  # noqa: S608 - a checked word, in our own dialect that only reads
    shadowed = query(
        parts,
        "select a.*, s.score as said from answers a join shadows s on a.id = s.id "  # noqa: S608 - as above
        f"where s.arm = '{quoted}' and s.score is not null",
        **window,
    ).collect()
    beside = shadowed.with_columns(pl.col("said").alias(_ANSWER)).drop("said")
    table = pl.concat([asked, beside.select(asked.columns)], how="vertical_relaxed").sort(_TIME)
    if table.is_empty():
        raise BadInput(f"monitor: want rows that {arm} answered, found none in this window. See 'slipway status'.")
    return table


def _field(field: Field, table: pl.DataFrame) -> Field:
    """Return the field as the journal has it: what is kept under a pseudonym, or was text once, is text."""
    name = f"x_{field.name}"
    if name in table.columns and table[name].dtype == pl.String and field.kind is not FieldKind.CATEGORY:
        return Field(name=field.name, kind=FieldKind.CATEGORY)
    return field


def _nothing(field: Field) -> pl.Expr:
    kind = pl.String if field.kind is FieldKind.CATEGORY else pl.Float64
    return pl.lit(None, dtype=kind).alias(field.name)
