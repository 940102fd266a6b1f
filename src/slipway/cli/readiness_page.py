"""``slipway scope readiness`` for people: four sums, the score, every item, and what to do next."""

from slipway.cli.screen import Screen
from slipway.records.readiness import Mark, Readiness, Section
from slipway.scoping.readiness.score import weakest
from slipway.words import short

_NEXT = 5


def page(screen: Screen, found: Readiness) -> None:
    """Print it."""
    sums = found.sums()
    screen.title(f"Readiness {found.score:g} of 7: {found.meaning}")
    screen.line(f"  About {f'package {short(found.package)}' if found.package else 'no model yet'}.")
    screen.facts([(s.value, f"{points:g} of 7") for s, points in sums.items()])
    for section in Section:
        screen.line()
        screen.title(f"{section.value.capitalize()}: {sums[section]:g}")
        rows = [(m.item, f"{m.points:g}", _said(m)) for m in found.marks if m.item.section is section]
        screen.table(("item", ">points", "what the evidence says"), rows)
    if todo := weakest(found)[:_NEXT]:
        screen.line()
        screen.title("What to do next, where it is weakest")
        screen.table(("item", "way out"), [(m.item, m.way_out) for m in todo])


def _said(mark: Mark) -> str:
    ids = ", ".join(f"{kind} {short(id_)}" for kind, _, id_ in (e.partition(" ") for e in mark.evidence))
    against = "NO: " if mark.against else ""
    return f"{mark.item.asks}: {against}{mark.sentence}{f' [{ids}]' if ids else ''}"
