"""The answer in a few words, and the remarks on the data that nobody who reads one sentence may miss."""

from collections.abc import Sequence

from slipway.records.quality import Fault, Quality
from slipway.records.two_tables import Standing, TwoTables
from slipway.words import count, odds

TOLD = 3
"""Serious remarks, and columns, that a sentence names."""


def headline(found: TwoTables) -> str:
    """Say what follows in a few words; no calm word stands alone where the data themselves ask to be looked at.

    Returns:
        The standing; with the number of serious remarks where there are any, which are what ``--check`` refuses too.
    """
    serious = sum(q.serious for q in found.quality)
    if not serious:
        return str(found.standing)
    said = count(serious, "serious remark")
    if found.standing in (Standing.NOTHING, Standing.HARMLESS):
        drift = "no drift found" if found.standing is Standing.NOTHING else "drift harmless"
        return f"look at the data ({said}; {drift} beside that)"
    return f"{found.standing}, and look at the data ({said})"


def remarked(sentence: str, *, quality: Sequence[Quality]) -> str:
    """Put the serious remarks before a sentence, and that there are no truths behind it."""
    serious = [q.detail.rstrip(".") for q in quality if q.serious]
    if serious:
        more = f"; and {len(serious) - TOLD} more" if len(serious) > TOLD else ""
        said = f"{'; '.join(serious[:TOLD])}{more}"
        sentence = f"Look at the data first: {said}{'' if said.endswith('?') else '.'} {sentence}"
    return " ".join([sentence, *(q.detail for q in quality if _no_truths(q))])


def beside(found: TwoTables) -> tuple[Quality, ...]:
    """Return the serious remarks that the sentence has no room for."""
    return tuple(q for q in found.quality if q.serious)[TOLD:]


def largest(found: TwoTables) -> str:
    """Say which columns a finding names though none is proven apart from the others by itself; empty where none is."""
    columns = [c for f in found.findings[-1:] for c in f.columns[:TOLD]]
    if not columns:
        return ""
    said = "; ".join(f"{c.name} (evidence {odds(c.evidence.log_e)})" for c in columns)
    return f"No column is proven to have moved by itself yet; the finding rests most on {said}."


def _no_truths(remark: Quality) -> bool:
    return remark.fault is Fault.LABELS and not remark.serious
