"""The whole card of a model: what was packaged with it, and what the project's records say of it now."""

from slipway.errors import SlipwayError
from slipway.modeling.card import cell
from slipway.modeling.fairness import Groups, by_group
from slipway.modeling.looks import say_look
from slipway.project import datasets
from slipway.project.runs import answers_of, clusters_of
from slipway.project.tables import target
from slipway.project.trusting import signer_of
from slipway.records.dataset import DatasetVersion
from slipway.records.field import Field
from slipway.records.look import Look
from slipway.records.model import Manifest
from slipway.records.run import Run
from slipway.records.scope import Budgets
from slipway.records.scoring import Scoring
from slipway.runtime.package import load_package
from slipway.stats.evidence import FixedInterval
from slipway.wiring import Parts
from slipway.words import moment

_CARD = "card.md"


def card(parts: Parts, package: str) -> str:
    """Return the card of a package as Markdown.

    What was packaged is sealed by the package's id. What follows it (owner, data, groups, budgets, signature) is read
    from the scope and the store now, since it belongs to the project and may change.

    Raises:
        NotFound: No such package.
        Corrupt: Its bytes are not what was stored.
    """
    manifest, files = load_package(parts.blobs, package)
    version = next((v for _, v, _ in parts.store.all(DatasetVersion) if v.id == manifest.provenance.data), None)
    sections = [
        files[_CARD].decode().rstrip() if _CARD in files else f"# {manifest.name}\n\nNo card was packaged with it.",
        "## Which run trained it",
        _runs(parts, package),
        "## Who wants it",
        _scope(parts),
        "## The data it was measured on",
        _data(version) + _look(parts, package, version),
        "## Groups of people",
        _groups(parts, package, version),
        "## What it may cost",
        _budgets(parts.scope.budgets),
        "## Where it must not be relied on",
        _limits(parts, manifest),
        "## Who signed it",
        _signed(parts, package),
    ]
    return "\n\n".join(sections) + "\n"


def _runs(parts: Parts, package: str) -> str:
    runs = [run for _, run, _ in parts.store.all(Run) if run.package == package]
    lines = [f"- run `{run.id[:12]}`, seed {run.seed}, begun {moment(run.started_us)}" for run in runs]
    return "\n".join(lines) or "None of this project: it was imported."


def _scope(parts: Parts) -> str:
    project, task, metric = parts.scope.project, parts.scope.task, parts.scope.metric
    return "\n".join(
        [
            f"- owner: {cell(project.owner)}",
            f"- need: {cell(project.need)}",
            f"- X: {cell(task.x)}",
            f"- Y: {cell(task.y)}",
            f"- metric: {metric.name}, to reach {metric.target:g}, since {cell(metric.why)}",
            f"- stops when: {cell(project.kill)}",
        ]
    )


def _data(version: DatasetVersion | None) -> str:
    if version is None:
        return "Not known: no dataset version of this project."
    lines = [
        f"Version {version.name} `{version.id[:12]}`, {version.rows:,} rows from {cell(version.source)}; "
        f"{version.splits.get('test', 0):,} of them held out ({version.split_kind}).",
        "",
        "| check | held | found |",
        "|---|---|---|",
        *(f"| {cell(c.name)} | {'yes' if c.passed else 'no'} | {cell(c.detail)} |" for c in version.checks),
    ]
    return "\n".join(lines)


def _look(parts: Parts, package: str, version: DatasetVersion | None) -> str:
    """Say at which look at its test rows the model was measured; nothing where nobody counted."""
    runs = {run.id for _, run, _ in parts.store.all(Run) if run.package == package}
    looks = [look for _, look, _ in parts.store.all(Look) if look.run in runs | {package}]
    if version is None or not looks:
        return ""
    said = say_look(looks[0].number, rows=version.splits.get("test", 0))
    more = f" What was asked of it since: {'; '.join(look.what for look in looks[1:])}." if looks[1:] else ""
    return (
        f"\n\nIt was measured at the {said}.{more}" if looks[0].number == 1 else f"\n\nIt was measured at {said}.{more}"
    )


def _groups(parts: Parts, package: str, version: DatasetVersion | None) -> str:
    columns = parts.scope.modeling.protected
    if not columns:
        return "Not measured: the scope names no protected column (`model.protected`)."
    if version is None:
        return "Not measured: the rows that it was measured on are not of this project."
    try:
        ready = datasets.kept(parts, version)
        rows = ready.labelled[ready.split.test]
        if absent := [name for name in columns if name not in rows.columns]:
            return f"Not measured: the rows have no columns {cell(', '.join(absent))}."
        y, answers = target(rows, name=parts.scope.task.target), answers_of(parts, package, rows)
        scoring = Scoring.of(parts.scope.task, metric=parts.scope.metric)
        counted = clusters_of(parts, rows, deal=ready.deal)
        groups = [by_group(rows[name], y=y, answers=answers, scoring=scoring, clusters=counted) for name in columns]
    except SlipwayError as error:
        return f"Not measured: {cell(str(error))}"
    return "\n\n".join(_table(found) for found in groups)


def _table(found: Groups) -> str:
    lines = [
        f"| {cell(found.column)} | rows | loss | said yes | wrongly yes | wrongly no |",
        "|---|---|---|---|---|---|",
        *(
            f"| {cell(g.group)} | {g.n:,} | {_say(g.loss)} | {_say(g.selected)} | {_say(g.false_positive)} "
            f"| {_say(g.false_negative)} |"
            for g in found.measured
        ),
    ]
    return "\n".join(lines) + (f"\n\n{found.gap}" if found.gap else "")


def _say(interval: FixedInterval | None) -> str:
    return "-" if interval is None else f"{interval.estimate:.3g} ({interval.low:.3g} to {interval.high:.3g})"


def _budgets(budgets: Budgets) -> str:
    limits = {
        "99 % of answers within": (budgets.latency_p99_ms, "ms"),
        "requests a second": (budgets.qps, ""),
        "memory of a worker": (budgets.memory_mb, "MB"),
        "cores": (budgets.cpu_cores, ""),
    }
    return "\n".join(
        f"- {what}: {'not limited' if value is None else f'{value:g} {unit}'.rstrip()}"
        for what, (value, unit) in limits.items()
    )


def _limits(parts: Parts, manifest: Manifest) -> str:
    beyond = [f"- {f.name} {' or '.join(ends)}" for f in manifest.signature.fields if (ends := _ends(f))]
    unknown = [f"- not known: {cell(sentence)}" for sentence in manifest.provenance.unknown]
    rule = f"- as soon as: {cell(parts.scope.project.kill)}"
    measured = "- on rows unlike those it was measured on: nothing here speaks for them"
    return "\n".join([measured, *beyond, *unknown, rule])


def _ends(field: Field) -> list[str]:
    low = [] if field.low is None else [f"below {field.low:g}"]
    return low if field.high is None else [*low, f"above {field.high:g}"]


def _signed(parts: Parts, package: str) -> str:
    try:
        return f"Key `{signer_of(parts, package)}`, which is trusted here; the signature covers every file."
    except SlipwayError as error:
        return f"By nobody who is trusted here: {cell(str(error))}"
