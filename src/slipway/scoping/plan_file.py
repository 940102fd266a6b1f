"""A plan in a file of its own: a page with one table, ``[rollout]``, read with the project's metric and case."""

from collections.abc import Collection

from slipway.records.arm import ArmKind
from slipway.records.gate import Baseline
from slipway.records.rollout import Plan
from slipway.records.scope import Scope
from slipway.records.task import Case
from slipway.scoping.problems import Problems
from slipway.scoping.stages import read_rollout
from slipway.scoping.syntax import read_page
from slipway.scoping.write import write_rollout


def read_plan(source: str | bytes, *, scope: Scope, path: str = "plan.toml") -> Plan:
    """Return the plan that the text describes; what it leaves out comes from the template and the scope's metric.

    Pure, and as :func:`~slipway.scoping.parse.parse` with the same table in ``slipway.toml``.

    Args:
        source: Content of the file; bytes must be UTF-8.
        scope: The project's scope: its case, metric and margin.
        path: The file, as messages shall name it.

    Raises:
        BadFile: The text is no TOML, or says what cannot be meant; each fault with its line and the way out.
    """
    page = read_page(source, path=path)
    problems = Problems(path, lines=page.lines, length=page.length)
    for name in page.table:
        if name != "rollout":
            way_out = "The rest of the project is in slipway.toml: take it out."
            problems.add((name,), want="only the table [rollout] in a plan's file", got=f"[{name}]", way_out=way_out)
    if "rollout" not in page.table:
        way_out = "'slipway rollout plan --toml' prints one to begin with."
        problems.absent(("rollout",), want="this table", way_out=way_out)
    plan = _read(page.table.get("rollout", {}), case=scope.project.case, scope=scope, problems=problems)
    problems.settle()
    assert plan is not None, "a fault was found and not noted"  # noqa: S101 - a bug of ours, not of the file
    return plan


def template(case: Case, *, scope: Scope, known: Collection[Baseline] = ()) -> Plan:
    """Return the plan that a project of this case gets if it says nothing of rollouts but who the people are.

    To assist people who are live is to work beside them. Something new has no live worth being no worse than, so once
    it carries traffic it is held against the simple baseline too, or else the trivial one, where either is known.

    Args:
        case: The case.
        scope: The project's scope.
        known: Baselines that were measured.

    Raises:
        BadFile: The scope's metric allows none.
    """
    problems = Problems("template", lines={}, length=1)
    people = [arm.name for arm in scope.arms if arm.kind is ArmKind.PERSON and arm.name == scope.live]
    raw = {"person": people[0]} if case is Case.ASSIST and people else {}
    held = [b for b in (Baseline.SIMPLE, Baseline.TRIVIAL) if b in known] if case is Case.NEW else []
    plan = _read(raw, case=case, scope=scope, problems=problems, baseline=held[0] if held else None)
    problems.settle()
    assert plan is not None, "a fault was found and not noted"  # noqa: S101 - a bug of ours
    return plan


def write_plan(plan: Plan) -> str:
    """Return the plan as a page that :func:`read_plan` turns into an equal plan, with every setting in it."""
    return write_rollout(plan) + "\n"


def _read(
    raw: object, *, case: Case, scope: Scope, problems: Problems, baseline: Baseline | None = None
) -> Plan | None:
    return read_rollout(raw, case=case, metric=scope.metric, problems=problems, baseline=baseline)
