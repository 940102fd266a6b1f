"""Checks between the tables: what is well written by itself, and yet cannot be meant."""

from typing import Any

from slipway.errors import nearest
from slipway.records.arm import NOBODY, Arm, ArmKind
from slipway.records.dataset import SplitKind
from slipway.records.field import Field, FieldKind
from slipway.records.scope import Data
from slipway.records.task import Case, Task, TaskKind
from slipway.records.worker_config import is_loopback
from slipway.scoping.parts import check_rule
from slipway.scoping.problems import Problems, shown

METRICS = {TaskKind.BINARY: "error", TaskKind.REGRESSION: "absolute-error"}
"""The metric of each kind of task."""


_BY_COLUMN = (SplitKind.GROUP, SplitKind.STRATIFIED, SplitKind.COLUMN)

RESERVED = frozenset({"rows", "prediction_id"})
"""Words that a request has for itself."""


def check_columns(task: Task, *, fields: tuple[Field, ...], names: set[str], problems: Problems) -> None:
    """Note columns that play two parts, or inputs that hold the answer.

    Args:
        task: X -> Y.
        fields: The fields that could be read.
        names: All names under ``[fields]``, also of fields that are at fault.
        problems: Where faults go.
    """
    if task.target in names:
        way_out = "The answer must not be an input: take it out of [fields]."
        problems.add(("fields", task.target), want="inputs only", got=f"'{task.target}', the target", way_out=way_out)
    if task.time in names and {f.name: f.kind for f in fields}.get(task.time or "") is not FieldKind.CATEGORY:
        way_out = "A moment never comes again: make fields of it such as 'hour' or 'weekday'."
        problems.add(("fields", task.time or ""), want="inputs only", got=f"'{task.time}', the time", way_out=way_out)
    for key, value in (("entity", task.entity), ("time", task.time)):
        if value == task.target:
            problems.add(("task", key), want="another column than the target", got=f"'{value}'")
    for name in sorted(RESERVED & names):
        way_out = "A request uses that word itself: name the column in another way."
        problems.add(
            ("fields", name),
            want=f"a name other than {' and '.join(sorted(RESERVED))}",
            got=f"'{name}'",
            way_out=way_out,
        )
    if task.time == task.entity:
        problems.add(("task", "time"), want="another column than the entity", got=f"'{task.time}'")


def check_split(data: Data, *, task: Task, problems: Problems) -> None:
    """Note a way to divide the rows that lacks what it goes by, or has what it would not look at."""
    if data.split is SplitKind.TIME and not task.time:
        way_out = "Write task.time, or another split."
        problems.add(
            ("data", "split"), want="a task with a time, to hold out the latest rows", got="none", way_out=way_out
        )
    if data.split is SplitKind.COLUMN and not data.split_by:
        way_out = "Name the column that is true where a row is held out."
        problems.absent(("data", "split_by"), want="a column", way_out=way_out)
    if data.split_by and data.split not in _BY_COLUMN:
        got = f"'{data.split_by}' beside split = {shown(None if data.split is None else str(data.split))}"
        way_out = "Write the split that goes by it, or leave it out."
        problems.add(
            ("data", "split_by"), want="split = 'group', 'stratified' or 'column' beside it", got=got, way_out=way_out
        )


def check_metric(metric: dict[str, Any], *, kind: TaskKind, problems: Problems) -> None:
    """Note a metric that does not fit the task, or numbers that contradict each other."""
    if metric["name"] != METRICS[kind]:
        way_out = f"Write '{METRICS[kind]}', or leave the key out."
        problems.add(
            ("metric", "name"), want=f"'{METRICS[kind]}' for a {kind} task", got=f"'{metric['name']}'", way_out=way_out
        )
    worst = max(metric["false_positive_cost"], metric["false_negative_cost"])
    if kind is TaskKind.BINARY:
        for key in ("target", "margin", "kill_above", "human_level"):
            if (metric[key] or 0) > worst:
                way_out = "An error is the share of wrong answers, each times its cost: write 0.05 for 5 %."
                problems.add(("metric", key), want=f"a number <= {worst:g}", got=shown(metric[key]), way_out=way_out)
    if metric["kill_above"] is not None and metric["kill_above"] < metric["target"]:
        want = f"kill_above >= target = {metric['target']:g}"
        way_out = "Lower is better: a project that reached its target would be stopped."
        problems.add(("metric", "kill_above"), want=want, got=shown(metric["kill_above"]), way_out=way_out)


def check_live(live: str | None, *, case: Case, arms: tuple[Arm, ...], names: set[str], problems: Problems) -> None:
    """Note a live arm that does not exist, or one that must and does not.

    Args:
        live: Name of the arm that answers today.
        case: Deployment case.
        arms: The arms that could be read.
        names: All names under ``[arms]``, also of arms that are at fault.
        problems: Where faults go.
    """
    place = ("serving", "live")
    if live is not None and live not in names:
        way_out = nearest(live, names).strip() or f"Known: {', '.join(sorted(names)) or 'none'}."
        problems.add(place, want="the name of an arm, [arms.NAME]", got=f"'{live}'", way_out=way_out)
    if live is None and case is Case.REPLACE:
        known = f"; one of: {', '.join(a.name for a in arms)}" if arms else ""
        problems.absent(
            place,
            want=f"the arm that answers today{known}",
            way_out='Describe the system to be replaced as [arms.NAME], and write live = "NAME" in [serving].',
        )


def check_reach(serving: dict[str, Any], *, problems: Problems) -> None:
    """Note an address that strangers reach without TLS, and half of a certificate."""
    given = {key: serving[key] for key in ("tls_certificate", "tls_key")}
    missing = [key for key, value in given.items() if not value]
    if len(missing) == 1:
        problems.add(
            ("serving", missing[0]),
            want="certificate and key, or neither",
            got="nothing",
            way_out="Name the PEM file that belongs to the other one.",
        )
    elif missing and not is_loopback(serving["host"]):
        problems.add(
            ("serving", "host"),
            want="a loopback address where there is no TLS",
            got=f"'{serving['host']}'",
            way_out="Other addresses need TLS and keys: write tls_certificate and tls_key, and make a key.",
        )


def check_people(arms: tuple[Arm, ...], *, names: set[str], problems: Problems) -> None:
    """Note people whose time may run out on an arm that does not exist, or that is people again."""
    people = {arm.name for arm in arms if arm.kind is ArmKind.PERSON}
    for arm in arms:
        if arm.kind is not ArmKind.PERSON or arm.fallback == NOBODY:
            continue
        place = ("arms", arm.name, "fallback")
        if arm.fallback in people:
            way_out = "What counts once their time is over must answer at once; 'none' leaves the case open."
            problems.add(place, want="an arm that answers at once", got=f"'{arm.fallback}', people", way_out=way_out)
        elif arm.fallback not in names:
            way_out = nearest(arm.fallback, names).strip() or "Write 'none' to leave such cases open."
            problems.add(
                place, want="the name of an arm, [arms.NAME], or 'none'", got=f"'{arm.fallback}'", way_out=way_out
            )


def check_rules(arms: tuple[Arm, ...], *, fields: tuple[Field, ...], names: set[str], problems: Problems) -> None:
    """Note rules that name no field, or say more than a rule can."""
    for arm in arms:
        if arm.kind is ArmKind.RULE:
            check_rule(arm, fields=fields, names=names, problems=problems)
