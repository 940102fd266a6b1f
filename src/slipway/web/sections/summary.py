"""The top of the page: what the project is, and where it stands, in one glance."""

from collections import Counter
from typing import NamedTuple

from slipway.records.alert import FindingKind
from slipway.records.rollout import RolloutStatus
from slipway.records.route import Route
from slipway.records.scope import Project
from slipway.records.task import Case
from slipway.web.report_data import ReportData
from slipway.words import amount, number, percent

_CASES = {
    Case.NEW: "It is a new capability: nothing answers this today.",
    Case.ASSIST: "It is to assist people who answer this by hand today.",
    Case.REPLACE: "It is to replace a system that answers this today.",
}


class Tile(NamedTuple):
    """One number of the summary.

    Attributes:
        name: What it is.
        value: The number, said.
        note: What to hold it against.
        kind: ``good``, ``bad`` or empty.
        link: Id of the section that tells more.
    """

    name: str
    value: str
    note: str
    kind: str
    link: str


class Summary(NamedTuple):
    """The paragraph, the state and the tiles."""

    paragraph: tuple[str, ...]
    state: str
    tiles: tuple[Tile, ...]


def summary(data: ReportData) -> Summary:
    """Say what the project is for, what serves now, and what happened."""
    return Summary(_paragraph(data), serving(data.route), (_model(data), *_rollouts(data), _findings(data)))


def serving(route: Route | None) -> str:
    """Say in one sentence who answers now.

    >>> serving(None)
    'Nothing serves yet.'
    """
    if route is None:
        return "Nothing serves yet."
    parts = [f"{s.arm} answers {percent(s.share, digits=0)}" for s in route.shares if s.share > 0]
    shadows = (
        f"; {', '.join(route.shadows)} {'runs' if len(route.shadows) == 1 else 'run'} in its shadow"
        if route.shadows
        else ""
    )
    return f"Now {' and '.join(parts)}{shadows}."


def _paragraph(data: ReportData) -> tuple[str, ...]:
    scope, metric = data.scope, data.scope.metric
    target = amount(metric.target, metric=metric.name)
    return (
        scope.project.need,
        *(f"{name}: {_lower(text)}." for name, text in _words(scope.project) if text),
        f"From what is known when the answer is needed ({_lower(scope.task.x)}) it predicts: {_lower(scope.task.y)}.",
        _CASES[scope.project.case],
        f"Success is {metric.name} of {target} or less: {_lower(metric.why)}.",
        f"It stops for good when: {_lower(scope.project.kill)}.",
        f"{scope.project.owner} answers for it.",
    )


def _words(project: Project) -> tuple[tuple[str, str], ...]:
    return (
        ("What it is worth", project.value),
        ("Today", project.today),
        ("Why it should be possible", project.feasibility),
        ("Data at hand", project.data),
    )


def _lower(text: str) -> str:
    text = text.strip().rstrip(".")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _model(data: ReportData) -> Tile:
    metric = data.scope.metric
    for run in reversed(data.runs):
        for score in run.scores:
            if (score.name, score.split, score.metric) == ("model", "test", metric.name):
                good = score.value <= metric.target
                note = f"on test rows; the target is {amount(metric.target, metric=metric.name)}"
                return Tile(
                    "Newest model", amount(score.value, metric=score.metric), note, "good" if good else "bad", "models"
                )
    return Tile("Newest model", "none yet", "'slipway run train' trains one", "", "models")


def _rollouts(data: ReportData) -> tuple[Tile, ...]:
    ends = Counter(story.rollout.status for story in data.rollouts)
    kinds = {RolloutStatus.COMPLETED: "good", RolloutStatus.ROLLED_BACK: "bad", RolloutStatus.RUNNING: ""}
    notes = {
        RolloutStatus.COMPLETED: "promoted on evidence",
        RolloutStatus.ROLLED_BACK: "returned to the live arm",
        RolloutStatus.RUNNING: "still gathering evidence",
    }
    found = [Tile(f"Rollouts {s}", number(ends[s]), notes[s], kinds[s], "rollouts") for s in RolloutStatus if ends[s]]
    return tuple(found) or (Tile("Rollouts", "0", "'slipway rollout start' starts one", "", "rollouts"),)


def _findings(data: ReportData) -> Tile:
    alarms = [f for f in data.findings if f.relevant]
    ends = Counter(f.kind for f in alarms)
    note = ", ".join(f"{ends[k]} {k}" for k in FindingKind if ends[k]) or "nothing that matters"
    return Tile(
        "Alarms", number(len(alarms)), note, "bad" if any(f.closed_us is None for f in alarms) else "", "monitoring"
    )
