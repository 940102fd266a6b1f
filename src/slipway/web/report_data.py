"""Everything the report shows, as one frozen record: what is not in it cannot be on the page."""

from slipway.project.watching import Watched
from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.dataset import DatasetVersion
from slipway.records.readiness import Readiness
from slipway.records.route import Route
from slipway.records.run import Run, RunKind
from slipway.records.scope import Scope
from slipway.records.service_book import ServiceBook
from slipway.records.service_report import ServiceReport
from slipway.web.story import Packaged, RolloutStory


class RunChange(Record, frozen=True, kw_only=True):
    """What one run changed against the one before it, and what that brought.

    Attributes:
        before: Id of the earlier run.
        after: Id of the later run.
        kind: What was changed, told from content hashes.
        sentences: What changed and what it brought, in words.
    """

    before: str
    after: str
    kind: RunKind
    sentences: tuple[str, ...]


class AuditLine(Record, frozen=True, kw_only=True):
    """One entry of the audit trail: when, by whom, on what, why."""

    at_us: int
    by: str
    what: str
    why: str


class ReportData(Record, frozen=True, kw_only=True):
    """A project at one moment.

    Attributes:
        made_us: When this was put together.
        version: Version of Slipway that did.
        scope: What the project is for.
        route: The route in force, or None if nothing serves yet.
        datasets: Dataset versions, oldest first.
        runs: Runs, oldest first.
        changes: What changed between one run and the next.
        packages: Packaged models, oldest first.
        rollouts: Rollouts with their verdicts, oldest first.
        watched: Models under watch.
        findings: What the monitors found, oldest first.
        audit: Newest entries of the audit trail, newest first.
        readiness: ML Test Score, or None where it was not reckoned.
        service: How the service does, or None where nobody ever looked.
        book: What is kept of that, minute by minute and hour by hour.
        card: Card of the newest run's package as Markdown; empty where there is none.
    """

    made_us: int
    version: str
    scope: Scope
    route: Route | None
    datasets: tuple[DatasetVersion, ...]
    runs: tuple[Run, ...]
    changes: tuple[RunChange, ...]
    packages: tuple[Packaged, ...]
    rollouts: tuple[RolloutStory, ...]
    watched: tuple[Watched, ...]
    findings: tuple[Finding, ...]
    audit: tuple[AuditLine, ...]
    readiness: Readiness | None = None
    card: str = ""
    service: ServiceReport | None = None
    book: ServiceBook = ServiceBook()
