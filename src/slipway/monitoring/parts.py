"""Where did X -> Y change? The parts of the rows that are named, how much, and in words which rows they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway.monitoring.instruments import Instruments
from slipway.monitoring.loss_change import change_of_mean, joined
from slipway.monitoring.track import Track, evidence, louder_in_parts
from slipway.records.alert import MovedPart
from slipway.records.field import FieldKind
from slipway.records.reference import ColumnReference, Reference
from slipway.stats.evidence import EValue
from slipway.stats.multiple import e_bh
from slipway.stats.part_sums import Part, PartSums, unit_of_loss
from slipway.stats.residuals import ONE
from slipway.words import number


def moved_parts(
    track: Track, *, since_us: int, instruments: Instruments, reference: Reference, alpha: float
) -> tuple[MovedPart, ...]:
    """Return the parts in which the gap moved, strongest first; none where all rows say it more clearly.

    Of the parts named, a share of alpha at most is named falsely, on average, at one look.

    Args:
        track: What the monitor remembers.
        since_us: When the change began.
        instruments: The tests.
        reference: As packaged.
        alpha: Share of false names.
    """
    known = evidence(track, instruments=instruments)
    told = [(sums.start_us, sums.parts) for sums in track.parts_since(since_us) if sums.parts is not None]
    if instruments.parts is None or track.parts is None or not told or not louder_in_parts(known):
        return ()
    test: Any = instruments.parts
    log_e = test.log_e(track.parts.state)
    rows = np.sum([sums.n for _, sums in told], axis=0)
    held = list(zip(reference.score_starts, reference.part_sums, strict=True))
    found = [
        MovedPart(
            name=say(reference.parts[i], columns=reference.columns),
            n=int(rows[i]),
            gap=change_of_mean(
                [(n, over) for _, n, over in _over(told, part=i, reference=reference)],
                before=joined(
                    [(at // instruments.slice_us, n, over) for at, n, over in _over(held, part=i, reference=reference)]
                ),
            ),
            evidence=EValue(log_e=float(log_e[i]), n=known.parts.n),
        )
        for i in np.flatnonzero(e_bh(log_e, alpha=alpha)).tolist()
        if rows[i]
    ]
    return tuple(sorted(found, key=lambda part: -part.evidence.log_e))


def say(part: Part, *, columns: Sequence[ColumnReference]) -> str:
    """Say which rows are in a part: ``carrier = UA``, ``delay from 12``."""
    column = columns[part.column]
    if column.category is not None:
        return f"{column.name} = {column.category.labels[part.first]}"
    if column.kind is FieldKind.BOOLEAN:
        return f"{column.name} = {'false' if part.first == 0 else 'true'}"
    cuts = [] if column.number is None else column.number.binning.cuts.tolist()
    low = number(cuts[part.first - 1]) if part.first else ""
    high = number(cuts[part.last]) if part.last < len(cuts) else ""
    if low and high:
        return f"{column.name} from {low} to {high}"
    return f"{column.name} from {low}" if low else f"{column.name} below {high}"


def _over(blocks: Sequence[tuple[int, PartSums]], *, part: int, reference: Reference) -> list[tuple[int, int, float]]:
    """Return when each block began, its rows of a part, and their realised less expected loss, summed."""
    scale = unit_of_loss(reference.measures) / ONE
    return [(at, int(sums.n[part]), float(sums.over[part]) * scale) for at, sums in blocks]
