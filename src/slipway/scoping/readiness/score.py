"""All 28 items by their rules, and the ML Test Score as the minimum of the four sections."""

from collections.abc import Callable, Mapping

from slipway.records.readiness import FULL, HALF, Attestation, Item, Mark, Readiness
from slipway.scoping.readiness import data_items, infra_items, model_items, monitor_items
from slipway.scoping.readiness.evidence import Evidence, Found
from slipway.words import day

Rule = Callable[[Evidence], Found]

RULES: Mapping[Item, Rule] = {
    **data_items.RULES,
    **model_items.RULES,
    **infra_items.RULES,
    **monitor_items.RULES,
}
"""What decides each item: one pure function of the evidence."""


def readiness(evidence: Evidence) -> Readiness:
    """Return every item's mark; pure, so that the same evidence gives the same score.

    A rule gives a full point for what Slipway does by itself each time, half for what was done once or in part, and
    nothing for silence and for a test that said no. Somebody's word lifts silence to half a point; it never adds to
    what was measured, and never outweighs a test that said no.
    """
    words = {a.item: a for a in evidence.attestations if not a.withdrawn}
    marks = tuple(_mark(item, RULES[item](evidence), words.get(item)) for item in Item)
    return Readiness(package=evidence.package, at_us=evidence.now_us, marks=marks)


def _mark(item: Item, found: Found, word: Attestation | None) -> Mark:
    if word is None or found.against or found.points >= HALF:
        return Mark(
            item=item,
            points=found.points,
            sentence=found.sentence,
            evidence=found.evidence,
            way_out=found.way_out if found.points < FULL else "",
            against=found.against,
        )
    return Mark(
        item=item,
        points=HALF,
        sentence=f"{word.by} attested it on {day(word.at_us)}: {word.why}",
        evidence=(f"attestation {item}",),
        way_out=found.way_out,
        attested=True,
    )


def weakest(found: Readiness) -> tuple[Mark, ...]:
    """Return what to work on: the items of the weakest sections that are not full, tests that said no first."""
    sums = found.sums()
    open_ = [m for m in found.marks if sums[m.item.section] == found.score and m.points < FULL]
    return tuple(sorted(open_, key=lambda m: (not m.against, m.points)))
