"""The live page and its forms as HTML: one document each, styles and charts inline, nothing loaded from elsewhere."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from slipway.web.live import told
from slipway.web.live.data import LiveData
from slipway.web.sections.rollouts import tell
from slipway.web.sections.service import budget_rows
from slipway.words import moment, percent, short, span


def render(data: LiveData) -> str:
    """Return the live page."""
    shown = tell(data.story, now_us=data.now_us, metric=data.metric) if data.story else None
    return (
        _pages()
        .get_template("live.html")
        .render(
            name=data.name,
            now=moment(data.now_us),
            headline=told.headline(data),
            parts=told.answering(data),
            rail=told.rail(data),
            gates=told.waited_for(data),
            newest=data.newest,
            back=told.way_back(data),
            asked=told.asks(data),
            moves=told.moves(data),
            rehearsal=data.rehearsal,
            told=shown,
            rollout=data.story.rollout if data.story else None,
            route=data.route,
            rollouts=data.rollouts,
            workers=data.workers,
            findings=data.findings,
            audit=data.audit,
            trouble=data.trouble,
            service=data.service,
            budgets=budget_rows(data.service) if data.service else (),
            script=script(),
        )
    )


def render_form(data: LiveData, *, name: str, token: str, who: str = "", why: str = "", refused: str = "") -> str:
    """Return a form.

    Args:
        data: The project, with the rollout in question shown.
        name: ``back`` rolls back, ``approve`` takes a person's word.
        token: Of this form.
        who: Typed so far.
        why: Typed so far.
        refused: Why it was not done, or empty.
    """
    return (
        _pages()
        .get_template(f"live_{name}.html")
        .render(
            name=data.name,
            now=moment(data.now_us),
            headline=told.headline(data),
            parts=told.answering(data),
            rollout=data.story.rollout if data.story else None,
            back=told.way_back(data),
            asked=told.asks(data),
            token=token,
            who_typed=who,
            why=why,
            refused=refused,
        )
    )


@cache
def script() -> str:
    """Return the page's one script, which brings the page up to date; without it the browser loads it anew."""
    return files("slipway.web").joinpath("templates/live.js").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """Return the page's content security policy: its own style and script, its own forms, in no frame."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=PackageLoader("slipway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"moment": moment, "short": short, "percent": percent, "span": span}
    return pages
