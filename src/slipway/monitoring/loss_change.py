"""How the loss changed since something moved: what today's inputs explain of it, and what they do not."""

import math
from collections.abc import Sequence

from slipway.records.alert import LossChange
from slipway.records.reference import Reference
from slipway.records.task import TaskKind
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.evidence import FixedInterval
from slipway.stats.moments import Moments
from slipway.stats.welch import Sampled, difference

N_STAR = {"row": 10_000, "hour": 240, "day": 30}
"""Units at which a confidence sequence is tightest."""

_MISS = 0.05

Sums = Sequence[tuple[int, float]]


def loss_change(
    inputs: Sequence[InputSums],
    *,
    outcomes: Sequence[OutcomeSums],
    reference: Reference,
    slice_us: int,
    unit: str,
    alpha: float,
) -> LossChange:
    """Return how the loss changed since something moved.

    Args:
        inputs: Slices of inputs since then.
        outcomes: Slices of outcomes since then.
        reference: The packaged reference.
        slice_us: Length of a slice; blocks of the reference are joined to it.
        unit: The exchangeable unit.
        alpha: Miss probability of the lower limit of the loss, over all looks.
    """
    n, labelled = reference.held_out_rows, sum(s.labelled for s in outcomes)
    loss = math.fsum(s.loss for s in outcomes)
    answered, told = bool(reference.held_out), bool(labelled)
    held = [(b.start_us // slice_us, b.n, b.expected, b.loss - b.expected) for b in reference.held_out]
    return LossChange(
        metric="error" if reference.kind is TaskKind.BINARY else "absolute-error",
        before=math.fsum(b.loss for b in reference.held_out) / n if answered else None,
        now=loss / labelled if told else None,
        at_least=_at_least(outcomes, kind=reference.kind, unit=unit, alpha=alpha),
        explained=change_of_mean(
            [(s.rows, s.expected) for s in inputs],
            before=joined([(key, rows, expected) for key, rows, expected, _ in held]),
        )
        if answered
        else None,
        unexplained=change_of_mean(
            [(s.labelled, s.loss - s.expected) for s in outcomes],
            before=joined([(key, rows, gap) for key, rows, _, gap in held]),
        )
        if answered and told
        else None,
        labelled=labelled,
        missing=sum(s.missing for s in outcomes),
        rise=_rise(outcomes, reference=reference, slice_us=slice_us, unit=unit) if answered and told else None,
    )


def _rise(outcomes: Sequence[OutcomeSums], *, reference: Reference, slice_us: int, unit: str) -> FixedInterval:
    """Return the change of the realised loss: over blocks, or over rows where each stands for itself."""
    if unit != "row":
        held = joined([(b.start_us // slice_us, b.n, b.loss) for b in reference.held_out])
        return change_of_mean([(s.labelled, s.loss) for s in outcomes], before=held)
    n, loss = sum(s.labelled for s in outcomes), math.fsum(s.loss for s in outcomes)
    spread = _squares(outcomes, kind=reference.kind) - loss**2 / n
    known = reference.held_out_rows
    usual = math.fsum(b.loss for b in reference.held_out)
    before = math.fsum(b.loss_squares for b in reference.held_out) - usual**2 / known
    return difference(_of_rows(loss, n=n, spread=spread), before=_of_rows(usual, n=known, spread=before), alpha=_MISS)


def _of_rows(total: float, *, n: int, spread: float) -> Sampled:
    """Return a mean of rows from their sum and their summed squares about it; a row alone says nothing of spread."""
    variance = max(spread, 0.0) / (n - 1) / n if n > 1 else math.inf
    return Sampled(mean=total / n, variance=variance, degrees=n - 1)


def change_of_mean(now: Sums, *, before: Sums) -> FixedInterval:
    """Return the change of a mean over rows, with limits for one look; none, without limits, before any row."""
    if not any(n for n, _ in now):
        return FixedInterval(low=-math.inf, high=math.inf, estimate=0.0, alpha=_MISS, n=0)
    return difference(_sampled(now), before=_sampled(before), alpha=_MISS)


def _sampled(sums: Sums) -> Sampled:
    known = [(n, total) for n, total in sums if n]
    return Sampled.of_ratio([total for _, total in known], sizes=[n for n, _ in known])


def joined(blocks: Sequence[tuple[int, int, float]]) -> Sums:
    """Join blocks of the reference that lie in one slice."""
    found: dict[int, tuple[int, float]] = {}
    for key, n, total in blocks:
        rows, so_far = found.get(key, (0, 0.0))
        found[key] = (rows + n, so_far + total)
    return list(found.values())


def _squares(outcomes: Sequence[OutcomeSums], *, kind: TaskKind) -> float:
    """Return the sum of squares of the realised loss; where an older release did not keep it, what stands for it."""
    binary = kind is TaskKind.BINARY  # losses are 0 or 1, but for costs
    stand_ins = ((s, s.loss if binary else s.gap_squares) for s in outcomes)
    return math.fsum(other if s.loss_squares is None else s.loss_squares for s, other in stand_ins)


def _at_least(outcomes: Sequence[OutcomeSums], *, kind: TaskKind, unit: str, alpha: float) -> float:
    if unit == "row":
        n, loss = sum(s.labelled for s in outcomes), math.fsum(s.loss for s in outcomes)
        sums = Moments(n=n, total=loss, squares=max(_squares(outcomes, kind=kind), loss**2 / max(n, 1)))
    else:
        means = [s.loss / s.labelled for s in outcomes]
        sums = Moments(n=len(means), total=math.fsum(means), squares=math.fsum(m * m for m in means))
    return MeanSequence(alpha=alpha, n_star=N_STAR[unit], side=Side.LOWER).evidence(sums).low
