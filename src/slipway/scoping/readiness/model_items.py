"""Model development: the seven items of the paper's section III."""

import math

from slipway.records.gate import GateKind
from slipway.records.readiness import Item
from slipway.records.rollout import Rollout
from slipway.records.run import Run
from slipway.scoping.judge import Standing, judge_run
from slipway.scoping.readiness.evidence import Evidence, Found, against, full, half, nothing, score_of
from slipway.words import count

_TRAIN = "Run 'slipway run train'."
FEW_ROLLOUTS = 3
"""Fewer than so many rollouts in which both metrics were seen say little on whether they agree."""
MANY_TRIALS = 10
"""As many different hyperparameters on one dataset count as a search; fewer as trying."""


def reviewed(e: Evidence) -> Found:
    """Model 1: the code of every run is kept under its hash; whether anybody read it, no record shows."""
    if e.run is None:
        return nothing("no run keeps the code of a model yet.", way_out=_TRAIN)
    way_out = "No record shows a review, so half a point is the most here."
    return half(f"the code of the run is kept as {e.run.code[:12]}.", f"run {e.run.id}", way_out=way_out)


def metrics_correlate(e: Evidence) -> Found:
    """Model 2: what was measured before a rollout against what its gates saw of the same difference."""
    agree: list[str] = []
    differ: list[str] = []
    for rollout in e.rollouts:
        offline, online = _offline_gap(rollout, e), _online_gap(rollout, e)
        if offline is None or online is None or (online[1] < 0 < online[2]):
            continue
        (agree if (offline > 0) == (online[0] > 0) else differ).append(f"rollout {rollout.id}")
    known = len(agree) + len(differ)
    told = (
        f"in {len(agree)} of {count(known, 'rollout')} with a clear difference online, the offline metric had its sign."
    )
    if differ:
        way_out = "Find out why: other rows, other labels, or a metric that is not what matters."
        return against(told, *differ, way_out=way_out)
    if len(agree) >= FEW_ROLLOUTS:
        return full(told, *agree)
    way_out = f"It takes {FEW_ROLLOUTS} rollouts whose gates see a clear difference."
    return half(told, *agree, way_out=way_out) if agree else nothing("no rollout has shown both yet.", way_out=way_out)


def _offline_gap(rollout: Rollout, e: Evidence) -> float | None:
    metric, packages = e.scope.metric.name, dict(e.packages)
    candidate = packages.get(e.arms.get(rollout.candidate, ""))
    live = packages.get(e.arms.get(rollout.live, ""))
    if candidate is None:
        return None
    own = score_of(candidate.scores, name="model", metric=metric)
    if live is not None:
        other = score_of(live.scores, name="model", metric=metric)
    else:
        known = [s for d in e.datasets if d.id == candidate.provenance.data for s in d.baselines]
        other = score_of(known, name="present", metric=metric)
    return None if own is None or other is None or own.value == other.value else own.value - other.value


def _online_gap(rollout: Rollout, e: Evidence) -> tuple[float, float, float] | None:
    seen = [g.interval for _, g in e.gates(GateKind.NOT_WORSE, rollouts=[rollout]) if g.interval is not None]
    if not seen or not math.isfinite(seen[-1].estimate):
        return None
    return seen[-1].estimate, seen[-1].low, seen[-1].high


def tuned(e: Evidence) -> Found:
    """Model 3: whether a search found the run's hyperparameters, else how many were tried on its data."""
    if e.run is None:
        return nothing("no run yet.", way_out=_TRAIN)
    if e.run.search is not None:
        return full(f"a search on validation folds found its hyperparameters ({e.run.search[:12]}).", f"run {e.run.id}")
    tried = {r.params_hash: r.id for r in e.runs if r.data == e.run.data}
    told = f"{count(len(tried), 'set')} of hyperparameters tried on this dataset."
    ids = tuple(f"run {id_}" for id_ in list(tried.values())[:MANY_TRIALS])
    if len(tried) >= MANY_TRIALS:
        return full(told, *ids)
    way_out = "Search: 'slipway run search', and train with what it finds."
    return half(told, *ids, way_out=way_out) if len(tried) > 1 else nothing(told, *ids, way_out=way_out)


def staleness(e: Evidence) -> Found:
    """Model 4: the same code and hyperparameters on older and newer data, compared offline or, better, on requests."""
    way_out = "Train the same code on newer data, and roll it out against the old one."
    by_package: dict[str | None, Run] = {r.package: r for r in e.runs if r.package}
    for rollout in reversed(e.rollouts):
        new, old = (by_package.get(e.arms.get(arm)) for arm in (rollout.candidate, rollout.live))
        gates = list(e.gates(GateKind.NOT_WORSE, GateKind.HARM, rollouts=[rollout]))
        if new and old and _only_data_differs(new, old) and gates:
            told = f"the model on newer data was held against the old one on the same requests: {gates[-1][1].reason}"
            return full(told, f"rollout {rollout.id}", f"verdict {gates[-1][0]}")
    for new in reversed(e.runs):
        for old in e.runs:
            if _only_data_differs(new, old) and old.started_us < new.started_us:
                told = "the same code was trained on older and newer data, so the difference can be told."
                return half(told, f"run {old.id}", f"run {new.id}", way_out=way_out)
    return nothing("no model was trained on both older and newer data by the same code.", way_out=way_out)


def _only_data_differs(one: Run, other: Run) -> bool:
    return (one.code, one.params_hash) == (other.code, other.params_hash) and one.data != other.data


def simpler(e: Evidence) -> Found:
    """Model 5: the run against the simple model and the trivial rule, on the same rows held out."""
    if e.run is None:
        return nothing("no run was held against anything simpler.", way_out=_TRAIN)
    by = {j.promise: j for j in judge_run(e.scope, scores=e.run.scores)}
    told = [by[p] for p in ("better than simple", "better than trivial") if p in by]
    id_ = f"run {e.run.id}"
    for judgement in told:
        if judgement.standing is Standing.BROKEN:
            return against(f"not {judgement.promise}: {judgement.reason}", id_, way_out="Take the simpler one.")
    holds = {j.promise for j in told if j.standing is Standing.HOLDS}
    if "better than simple" in holds:
        return full(f"better than simple: {by['better than simple'].reason}", id_)
    if holds:
        way_out = "Make the dataset again so that a simple model is measured with it, or hold out more rows."
        return half(f"better than trivial: {by['better than trivial'].reason}", id_, way_out=way_out)
    reason = told[0].reason if told else "neither was measured."
    return nothing(f"whether a simpler model is better cannot be told: {reason}", id_, way_out="Hold out more rows.")


def slices(e: Evidence) -> Found:
    """Model 6: the slices confirmed at training, against the value at which the project would stop."""
    if e.run is None:
        return nothing("no run was searched for slices.", way_out=_TRAIN)
    metric = e.scope.metric
    limit = metric.target if metric.kill_above is None else metric.kill_above
    bad = [s for s in e.run.slices if s.value > limit]
    if bad:
        worst = max(bad, key=lambda s: s.value)
        told = f"where {worst.where}: {worst.value:.3g} on {worst.n:,} rows, and more than {limit:g} is too much."
        return against(told, f"run {e.run.id}", way_out="See 'slipway run slices' for what to collect there.")
    told = f"every training searches its slices; none of {len(e.run.slices)} confirmed is above {limit:g}."
    return full(told, f"run {e.run.id}")


def inclusion(e: Evidence) -> Found:
    """Model 7: the slice search of every training covers the columns that the scope protects."""
    protected = e.scope.modeling.protected
    if not protected:
        way_out = "Write model.protected; or attest that no answer concerns people."
        return nothing("the scope names no protected column.", way_out=way_out)
    searched = {*e.scope.modeling.tags, *(f.name for f in e.scope.fields)}
    if left := [p for p in protected if p not in searched]:
        told = f"slices by {', '.join(left)} are not searched at training."
        return nothing(told, way_out="Add them to model.tags; 'slipway run slices' measures their groups.")
    if e.run is None:
        return nothing("no run was searched for slices.", way_out=_TRAIN)
    named = [s.where for s in e.run.slices if any(p in s.where.split() for p in protected)]
    if named:
        told = f"the model is worse where {named[0]}."
        return against(told, f"run {e.run.id}", way_out="See 'slipway run slices'.")
    return full(f"no slice by {', '.join(protected)} was confirmed to be worse.", f"run {e.run.id}")


RULES = {
    Item.MODEL_1: reviewed,
    Item.MODEL_2: metrics_correlate,
    Item.MODEL_3: tuned,
    Item.MODEL_4: staleness,
    Item.MODEL_5: simpler,
    Item.MODEL_6: slices,
    Item.MODEL_7: inclusion,
}
"""One rule an item."""
