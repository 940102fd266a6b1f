"""A run against baseline, target and kill rule: what holds, what does not, and what nobody knows."""

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from slipway.records.base import Record
from slipway.records.dataset import Score
from slipway.records.scope import Scope
from slipway.stats.evidence import FixedInterval
from slipway.words import amount, gap, limits


class Standing(StrEnum):
    """Whether a promise of the scope is kept. What was not measured is unknown, never kept."""

    HOLDS = "holds"
    BROKEN = "does not hold"
    UNKNOWN = "unknown"


class Judgement(Record, frozen=True, kw_only=True):
    """One promise of the scope, and how a run stands to it.

    Attributes:
        promise: Such as ``better than trivial``, ``target``, ``kill rule``.
        standing: Holds, does not hold, or unknown.
        reason: One sentence with the numbers.
    """

    promise: str
    standing: Standing
    reason: str


def judge_run(
    scope: Scope,
    *,
    scores: Iterable[Score],
    model: str = "model",
    split: str = "test",
    differences: Mapping[str, FixedInterval] | None = None,
) -> tuple[Judgement, ...]:
    """Judge a run by its scores on one split.

    A promise holds or is broken only where an interval lies wholly on one side; an interval that lies across, a score
    that was not measured, is not a number or rests on no row leaves it unknown. Intervals are fixed-n: judge a
    run once, on data that nobody tuned on.

    Args:
        scope: What was promised.
        scores: Scores of the model and of the baselines ``trivial``, ``simple`` where one was measured and, where
            something is live, ``present``; and of ``human``, on whatever rows people read twice. All are in units of
            the metric, so the cost of each error is in them.
        model: Name under which the model was scored.
        split: Split that counts.
        differences: Baseline's name to the paired difference of losses on the same rows, model minus baseline; where
            it is given it decides, for it is far sharper than two intervals side by side.

    Returns:
        One judgement a promise: better than each baseline, the target, the kill rule and the human level if the scope
        states them; where it states no human level and people were measured, whether the model is better than they.
    """
    metric, scores = scope.metric.name, tuple(scores)
    known = {s.name: s for s in scores if s.metric == metric and s.split == split and _measured(s)}
    paired, own = differences or {}, known.get(model)
    baselines = ["trivial", *(["simple"] if "simple" in known else []), *(["present"] if scope.live else [])]
    judgements = [_against(own, known.get(b), paired.get(b), name=b) for b in baselines]
    judgements.append(_below(own, scope.metric.target, promise="target"))
    if scope.metric.kill_above is not None:
        judgements.append(_below(own, scope.metric.kill_above, promise="kill rule"))
    if scope.metric.human_level is not None:
        judgements.append(_below(own, scope.metric.human_level, promise="human level"))
    elif human := [s for s in scores if (s.name, s.metric) == ("human", metric) and _measured(s)]:
        judgements.append(_against(own, human[-1], None, name="a person"))
    return tuple(judgements)


def _measured(score: Score) -> bool:
    return score.n > 0 and all(math.isfinite(v) for v in (score.value, score.low, score.high))


def _below(own: Score | None, limit: float, *, promise: str) -> Judgement:
    if own is None:
        return Judgement(promise=promise, standing=Standing.UNKNOWN, reason="the model was not measured.")
    seen = f"{_told(own)} on {own.n:,} rows against {amount(limit, metric=own.metric)}"
    if own.high <= limit:
        return Judgement(promise=promise, standing=Standing.HOLDS, reason=f"{seen}: wholly at or below it.")
    if own.low > limit:
        return Judgement(promise=promise, standing=Standing.BROKEN, reason=f"{seen}: wholly above it.")
    return Judgement(promise=promise, standing=Standing.UNKNOWN, reason=f"{seen}: the interval lies across it.")


def _against(own: Score | None, other: Score | None, paired: FixedInterval | None, *, name: str) -> Judgement:
    promise = f"better than {name}"
    if paired is not None and paired.n > 0 and math.isfinite(paired.estimate):
        metric = "" if own is None else own.metric
        seen = (
            f"paired difference {gap(paired.estimate, metric=metric)} {limits(paired.low, paired.high, metric=metric)}"
        )
        return Judgement(
            promise=promise, standing=_side(paired.low, paired.high), reason=f"{seen} on {paired.n:,} units."
        )
    if own is None or other is None:
        who = "the model" if own is None else f"the baseline '{name}'"
        return Judgement(promise=promise, standing=Standing.UNKNOWN, reason=f"{who} was not measured.")
    seen = f"{_told(own)} against {_told(other)}"
    standing = _side(own.low - other.high, own.high - other.low)
    tail = "." if standing is not Standing.UNKNOWN else ": the intervals overlap; a paired comparison says more."
    return Judgement(promise=promise, standing=standing, reason=seen + tail)


def _told(score: Score) -> str:
    value, low, high = (amount(v, metric=score.metric) for v in (score.value, score.low, score.high))
    return f"{value} [{low}, {high}]"


def _side(low: float, high: float) -> Standing:
    if high < 0:
        return Standing.HOLDS
    return Standing.BROKEN if low > 0 else Standing.UNKNOWN
