"""Gather what the report shows from a project; the only part of this face that asks the engine."""

from importlib.metadata import version
from itertools import pairwise
from textwrap import shorten
from typing import TYPE_CHECKING

from slipway.web.report_data import AuditLine, ReportData, RunChange
from slipway.web.story import Packaged, RolloutStory
from slipway.words import short

if TYPE_CHECKING:
    from slipway.project import Project

_NEWEST_ENTRIES = 40


def gather(project: "Project", *, now_us: int) -> ReportData:
    """Return everything that the report shows, as it is now.

    Args:
        project: An open project.
        now_us: The moment to date the report with.
    """
    service = project.service()
    return ReportData(
        made_us=now_us,
        version=version("slipway"),
        scope=project.scope,
        route=project.route(),
        datasets=tuple(project.datasets()),
        runs=tuple(project.runs()),
        changes=_changes(project),
        packages=tuple(Packaged(id=name, manifest=manifest) for name, manifest in project.packages()),
        rollouts=tuple(RolloutStory(rollout=r, verdicts=tuple(project.verdicts(r.id))) for r in project.rollouts()),
        watched=tuple(project.watched()),
        findings=tuple(project.findings()),
        audit=_audit(project),
        readiness=project.readiness(),
        card=_card(project),
        service=service if service.looked_us else None,
        book=project.service_book(),
    )


def _changes(project: "Project") -> tuple[RunChange, ...]:
    runs = project.runs()
    found = []
    for before, after in pairwise(runs):
        compared = project.compare_runs(before.id, after.id)
        found.append(RunChange(before=before.id, after=after.id, kind=compared.kind, sentences=compared.sentences))
    return tuple(found)


def _card(project: "Project") -> str:
    runs = project.runs()
    return project.shelf.card(runs[-1].package) if runs and runs[-1].package else ""


def _audit(project: "Project") -> tuple[AuditLine, ...]:
    newest = list(project.audit())[-_NEWEST_ENTRIES:]
    return tuple(
        AuditLine(
            at_us=e.at_us,
            by=e.by,
            what=f"{e.kind} {short(e.id)} v{e.version}",
            why=shorten(e.why, 200, placeholder=" ..."),
        )
        for e in reversed(newest)
    )
