"""The text of ``slipway.toml`` to a checked :class:`~slipway.records.scope.Scope`, or all that is wrong with it."""

from collections.abc import Mapping
from typing import Any

from slipway.records.field import Field
from slipway.records.scope import Budgets, Data, Journal, Metric, Modeling, Monitoring, Project, Scope, Serving
from slipway.records.task import Task, TaskKind
from slipway.records.tracing import Tracing
from slipway.scoping.cross import (
    METRICS,
    check_columns,
    check_live,
    check_metric,
    check_people,
    check_reach,
    check_rules,
    check_split,
)
from slipway.scoping.keys import (
    BUDGETS,
    DATA,
    JOURNAL,
    METRIC,
    MODEL,
    MONITORING,
    PROJECT,
    SERVING,
    TABLES,
    TASK,
    TRACING,
    WHY,
    Key,
)
from slipway.scoping.parts import read_arms, read_fields
from slipway.scoping.problems import Fault, Problems
from slipway.scoping.receivers import read_alerts
from slipway.scoping.stages import read_rollout
from slipway.scoping.syntax import read_page
from slipway.scoping.table import R, build, read_table, unknown

_TOP = tuple(Key(name, lambda value: value) for name in dict.fromkeys(t.split(".")[0] for t in TABLES))


def parse(source: str | bytes, *, path: str = "slipway.toml") -> Scope:
    r"""Return the scope that the text describes.

    Pure: the same text gives the same scope. Keys that are left out take the defaults of
    ``docs/reference/slipway-toml.md``; gates and stages that are left out come from
    :mod:`slipway.records.plan_template`.

    Args:
        source: Content of the file; bytes must be UTF-8.
        path: The file, as messages shall name it.

    Raises:
        BadFile: The text is no TOML (then the first fault only, with line and column), or says what cannot be meant
            (then every fault found, each with its line, its key, what was wanted, what came and the way out).

    >>> parse("[project]\nname = Flights")
    Traceback (most recent call last):
    slipway.errors.BadFile: slipway.toml: 1 problem.
      line 2, column 8: want TOML, got 'name = Flights' (Invalid value). Text needs quotes: name = "flights".
    """
    page = read_page(source, path=path)
    problems = Problems(path, lines=page.lines, length=page.length)
    scope = _Reading(page.table, problems).scope()
    problems.settle()
    assert scope is not None, "a fault was found and not noted"  # noqa: S101 - a bug of ours, not of the file
    return scope


def faults(table: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return all that is wrong with a page that may be half written, by the same checks as :func:`parse`.

    Args:
        table: What the page says so far.

    >>> [f.said for f in faults({"project": {"case": "improve"}}) if not f.absent]
    ["want 'new', 'assist' or 'replace', got 'improve'."]
    """
    problems = Problems("slipway.toml", lines={}, length=1)
    _Reading(dict(table), problems).scope()
    return tuple(problems.faults)


class _Reading:
    """One pass over the tables; each is None as long as something in it is at fault."""

    def __init__(self, table: dict[str, Any], problems: Problems) -> None:
        self._table = table
        self._problems = problems
        self._misspelt: set[str] = set()

    def scope(self) -> Scope | None:
        self._check_tables()
        project = self._part(Project, "project", keys=PROJECT)
        task = self._part(Task, "task", keys=TASK)
        fields = self._fields(task)
        metric = self._metric(task)
        serving, live = self._serving(project, fields)
        parts = {
            "project": project,
            "task": task,
            "metric": metric,
            "budgets": self._part(Budgets, "budgets", keys=BUDGETS),
            "serving": serving,
            "data": self._data(task),
            "modeling": self._part(Modeling, "model", keys=MODEL) if "model" in self._table else Modeling(),
            "monitoring": self._part(Monitoring, "monitoring", keys=MONITORING),
            "journal": self._part(Journal, "journal", keys=JOURNAL),
            "tracing": self._part(Tracing, "tracing", keys=TRACING),
            "alerts": read_alerts(self._table.get("alerts", {}), problems=self._problems),
            "rollout": read_rollout(
                self._table.get("rollout", {}),
                case=project.case if project else None,
                metric=metric,
                problems=self._problems,
            ),
        }
        if len(self._problems) or any(part is None for part in parts.values()):
            return None
        return Scope(**parts, fields=fields, arms=self._arms, live=live)  # type: ignore[arg-type]  # none is None here

    def _check_tables(self) -> None:
        known = {k.name for k in _TOP}
        self._misspelt = {
            unknown((), name, keys=_TOP, problems=self._problems) for name in self._table if name not in known
        } - set(self._table)
        for name, why in WHY.items():
            if name not in self._table and name not in self._misspelt:
                self._problems.absent((name,), want="this table", way_out=why)

    def _values(self, name: str, *, keys: tuple[Key, ...]) -> dict[str, Any] | None:
        if name not in self._table and (name in WHY or name in self._misspelt):
            return None
        return read_table(self._table.get(name, {}), place=(name,), keys=keys, problems=self._problems)

    def _part(self, kind: type[R], name: str, *, keys: tuple[Key, ...]) -> R | None:
        return build(kind, self._values(name, keys=keys), place=(name,), problems=self._problems)

    def _fields(self, task: Task | None) -> tuple[Field, ...]:
        if "fields" not in self._table:
            return ()
        raw = self._table["fields"]
        fields = read_fields(raw, problems=self._problems)
        if task:
            names = set(raw) if isinstance(raw, dict) else set()
            check_columns(task, fields=fields, names=names, problems=self._problems)
        return fields

    def _data(self, task: Task | None) -> Data | None:
        data = self._part(Data, "data", keys=DATA) if "data" in self._table else Data()
        if data and task:
            check_split(data, task=task, problems=self._problems)
        return data

    def _metric(self, task: Task | None) -> Metric | None:
        values = self._values("metric", keys=METRIC)
        if values is None:
            return None
        kind = task.kind if task else TaskKind.BINARY
        values["name"] = values["name"] or METRICS[kind]
        if task:
            check_metric(values, kind=kind, problems=self._problems)
        return build(Metric, values, place=("metric",), problems=self._problems)

    def _serving(self, project: Project | None, fields: tuple[Field, ...]) -> tuple[Serving | None, str | None]:
        raw = self._table.get("arms", {})
        self._arms = read_arms(raw, problems=self._problems)
        if isinstance(named := self._table.get("fields"), dict):
            check_rules(self._arms, fields=fields, names=set(named), problems=self._problems)
        values = self._values("serving", keys=SERVING)
        if values is None:
            return None, None
        live = values.pop("live")
        check_reach(values, problems=self._problems)
        if project and "arms" not in self._misspelt:
            names = set(raw) if isinstance(raw, dict) else set()
            check_people(self._arms, names=names, problems=self._problems)
            check_live(live, case=project.case, arms=self._arms, names=names, problems=self._problems)
        return build(Serving, values, place=("serving",), problems=self._problems), live
