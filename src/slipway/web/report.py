"""The report: one page that holds everything it shows, for a browser without a network."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from slipway.web.glossary import TERMS
from slipway.web.report_data import ReportData
from slipway.web.sections.datasets import versions
from slipway.web.sections.models import models
from slipway.web.sections.monitoring import monitored
from slipway.web.sections.readiness import ready
from slipway.web.sections.rollouts import rollouts
from slipway.web.sections.service import served
from slipway.web.sections.summary import summary
from slipway.words import moment, short


def render(data: ReportData) -> str:
    """Return the report as one HTML document: styles and charts inline, no script, no address outside itself.

    The same data gives the same bytes. Every text from the project is escaped.
    """
    pages = Environment(
        loader=PackageLoader("slipway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"moment": moment, "short": short}
    return pages.get_template("report.html").render(
        name=data.scope.project.name,
        made=moment(data.made_us),
        version=data.version,
        summary=summary(data),
        versions=versions(data.datasets),
        models=models(data),
        changes=data.changes,
        rollouts=rollouts(data),
        monitored=monitored(data),
        served=served(data.service, book=data.book, budgets=data.scope.budgets) if data.service else None,
        ready=ready(data.readiness),
        audit=data.audit,
        terms=TERMS,
    )
