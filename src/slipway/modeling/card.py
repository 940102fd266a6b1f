"""The model card: what one must know before one trusts a model, on one page, made from records and nothing else."""

from collections.abc import Sequence

from slipway.modeling.parity import Parity
from slipway.records.dataset import Score
from slipway.records.field import Field
from slipway.records.model import Provenance, Signature
from slipway.records.reference import Reference
from slipway.records.reliability import Reliabilities, ReliabilityBin
from slipway.records.run import Slice
from slipway.records.task import TaskKind

WORSE = "Where it is worse"
"""Heading of the slices."""


def write_card(
    name: str,
    *,
    purpose: str,
    signature: Signature,
    scores: Sequence[Score],
    slices: Sequence[Slice],
    parity: Parity,
    reference: Reference,
    provenance: Provenance,
    reliabilities: Reliabilities | None = None,
) -> str:
    """Return the card as Markdown; the same text for the same records.

    Args:
        name: The model.
        purpose: What it is for, in words of its owner; empty if nobody wrote it down, which the card then says.
        signature: What it takes and gives.
        scores: Metrics, the model's and those it must beat.
        slices: Where it is worse than elsewhere.
        parity: How far the graph is from the model.
        reference: What the monitors will hold it against.
        provenance: Where it came from.
        reliabilities: Whether its scores may be read as probabilities; None for a regression.
    """
    sections = [
        f"# {name}",
        purpose.strip() or "What it is for was not written down.",
        "## What it answers",
        _answer(signature),
        "## What it takes",
        _fields(signature),
        "## How good it is",
        _scores(scores),
        f"## {WORSE}",
        _slices(slices),
        *(() if reliabilities is None else ("## What its scores mean", _meaning(reliabilities))),
        "## How it is watched",
        f"{reference.unit.reason} On {reference.held_out_rows:,} held-out rows it erred as its scores expected "
        f"to within {_gap(reference):.3g}.",
        "## Where it comes from",
        _provenance(provenance, parity),
    ]
    return "\n\n".join(sections) + "\n"


def _answer(signature: Signature) -> str:
    if signature.kind is TaskKind.REGRESSION:
        return "One number a row."
    return f"A score in [0, 1] a row; from {signature.threshold:g} on it counts as 1. A score is not a probability " + (
        "until it is calibrated: `calibration.msgpack` holds the map."
    )


def _fields(signature: Signature) -> str:
    lines = ["| field | kind | unit | range or values | if missing | privacy |", "|---|---|---|---|---|---|"]
    for f in signature.fields:
        allowed = ", ".join(map(cell, f.values)) or _range(f)
        missing = "refused" if f.required else "allowed"
        lines.append(f"| {f.name} | {f.kind} | {cell(f.unit)} | {allowed} | {missing} | {f.privacy} |")
    return "\n".join(lines)


def _range(field: Field) -> str:
    low, high = ("" if v is None else f"{v:g}" for v in (field.low, field.high))
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}" if high else "any"


def _scores(scores: Sequence[Score]) -> str:
    if not scores:
        return "Nobody measured it."
    lines = ["| predictor | metric | rows of | value | interval | rows |", "|---|---|---|---|---|---|"]
    rows = (
        f"| {cell(s.name)} | {s.metric} | {s.split} | {s.value:.4g} | {s.low:.4g} to {s.high:.4g} "
        f"({100 * (1 - s.alpha):g} %) | {s.n:,} |"
        for s in scores
    )
    told = [f"{cell(s.name)}: {cell(s.what)}." for s in scores if s.what]
    return "\n".join([*lines, *rows, *(["", *told] if told else [])])


def _slices(slices: Sequence[Slice]) -> str:
    if not slices:
        return "No slice was confirmed to be worse than the rest. That is no proof that there is none."
    lines = [
        "| where | rows | there | elsewhere | gap | level that could be reached | to gain |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = (
        f"| {cell(s.where)} | {100 * s.share:.1f} % | {s.value:.4g} | {s.rest:.4g} | {s.low:.4g} to {s.high:.4g} "
        f"| {s.level:.4g} ({s.level_of}) | {s.headroom:.3g} |"
        for s in slices
    )
    return "\n".join([*lines, *rows])


def _meaning(measured: Reliabilities) -> str:
    rows = [("as probabilities", measured.raw), (f"behind the packaged {measured.map} map", measured.mapped)]
    lines = [
        "| scores | Brier score | calibration error (ECE) | of which chance | rows |",
        "|---|---|---|---|---|",
        *(
            f"| {what} | {r.brier:.4g} ({r.brier_low:.4g} to {r.brier_high:.4g}) | {r.ece:.3g} ({r.ece_low:.3g} to "
            f"{r.ece_high:.3g}) | {r.ece_by_chance:.3g} | {r.rows:,} |"
            for what, r in rows
            if r is not None
        ),
    ]
    table = ["| said | came about | limits | rows |", "|---|---|---|---|"]
    table += [
        f"| {b.expected:.3f} | {b.realised:.3f} | {b.low:.3f} to {b.high:.3f} | {b.rows:,} |" for b in _bins(measured)
    ]
    return "\n".join(
        [
            *lines,
            "",
            "The estimate of the ECE is biased upwards: perfect probabilities would show what stands under 'of which "
            "chance'. Each row was judged with a map of the other half.",
            "",
            *table,
        ]
    )


def _bins(measured: Reliabilities) -> tuple[ReliabilityBin, ...]:
    return (measured.raw or measured.mapped).bins


def _provenance(provenance: Provenance, parity: Parity) -> str:
    known = {
        "code": provenance.code,
        "hyperparameters": provenance.params_hash,
        "data": provenance.data,
        "trained with": provenance.tool,
    }
    lines = [f"- {what}: `{cell(value)}`" if value else f"- {what}: not known" for what, value in known.items()]
    lines.append(f"- seed: {'not known' if provenance.source else provenance.seed}")
    if provenance.source:
        lines.append(f"- imported from: {cell(provenance.source)}")
    lines += [f"- not known: {cell(sentence)}" for sentence in provenance.unknown]
    if parity.rows:
        lines.append(
            f"- graph against original: largest difference {parity.largest:.2g} on {parity.rows:,} rows, "
            f"{parity.flips} other labels"
        )
    outcomes: dict[str, list[str]] = {}
    for corner in parity.corners:
        what, _, outcome = corner.partition(": ")
        outcomes.setdefault(outcome, []).append(what)
    lines += [f"- graph and original, {outcome}: {cell(', '.join(what))}" for outcome, what in outcomes.items()]
    return "\n".join(lines)


def _gap(reference: Reference) -> float:
    held = reference.held_out
    return abs(sum(b.loss for b in held) - sum(b.expected for b in held)) / max(1, reference.held_out_rows)


def cell(text: str) -> str:
    """Keep a value inside its cell, and harmless: whoever named a category may have meant harm."""
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'").replace("<", "&lt;")
