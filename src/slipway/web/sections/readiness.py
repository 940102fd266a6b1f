"""Is it ready for production? The ML Test Score with its evidence, each mark linked to the section that shows it."""

from typing import NamedTuple

from slipway.records.readiness import Mark, Readiness, Section
from slipway.scoping.readiness.score import weakest
from slipway.words import short

_PLACES = {
    "dataset": "data", "run": "models", "package": "models", "rollout": "rollouts", "verdict": "rollouts",
    "finding": "monitoring", "attestation": "audit", "scope": "audit", "load-test": "audit",
}  # fmt: skip
"""Section of the page that tells more of a kind of record."""
_NEXT = 5


class Row(NamedTuple):
    """One item, said; links are (text, id of a section)."""

    item: str
    asks: str
    points: str
    kind: str
    sentence: str
    links: tuple[tuple[str, str], ...]


class Ready(NamedTuple):
    """What the section shows."""

    score: str
    meaning: str
    sections: tuple[tuple[str, str, tuple[Row, ...]], ...]
    todo: tuple[tuple[str, str], ...]


def ready(found: Readiness | None) -> Ready | None:
    """Say the score, its four sections and what to do next; None where it was not reckoned."""
    if found is None:
        return None
    sums = found.sums()
    sections = tuple(
        (s.value, f"{sums[s]:g}", tuple(_row(m) for m in found.marks if m.item.section is s)) for s in Section
    )
    todo = tuple((m.item.value, m.way_out) for m in weakest(found)[:_NEXT])
    return Ready(f"{found.score:g}", found.meaning, sections, todo)


def _row(mark: Mark) -> Row:
    kind = "bad" if mark.against else "good" if mark.points == 1 else ""
    ids = [e.partition(" ") for e in mark.evidence]
    links = tuple((f"{name} {short(id_)}", _PLACES[name]) for name, _, id_ in ids)
    return Row(mark.item.value, mark.item.asks, f"{mark.points:g}", kind, mark.sentence, links)
