"""Monitoring: the seven items of the paper's section V."""

import math

from slipway.records.alert import FindingKind
from slipway.records.gate import GateKind
from slipway.records.readiness import Item
from slipway.records.rollout import Decision
from slipway.scoping.readiness.evidence import Evidence, Found, against, full, half, nothing
from slipway.words import count, duration, number

_US = 1e6
_QUALITY = (GateKind.NOT_WORSE, GateKind.HARM)
_CONCEPT = (FindingKind.CONCEPT_DRIFT, FindingKind.BOTH)
_OF_INPUTS = (FindingKind.DATA_DRIFT, FindingKind.BOTH, FindingKind.QUALITY)
_ROLL_OUT = "Start a rollout: 'slipway rollout start'."
_LOOK = "Look at it: 'slipway monitor show'."

SLOWER = 1.5
"""Time and throughput may differ by this factor from one load test or training to the next without a regression."""


def dependencies(e: Evidence) -> Found:
    """Monitor 1: each new version of the data is told apart from the one before, and drift of a live model alerts."""
    names = {d.name for d in e.datasets}
    again = [d for name in names for d in [v for v in e.datasets if v.name == name][1:]]
    if e.watched:
        told = "inputs that change while the model answers are found and reported as they come."
        return full(told, f"package {e.package}", *(f"dataset {d.id}" for d in again[-1:]))
    way_out = "A packaged model that answers is watched; announcements of libraries and sources remain for people."
    if again:
        told = "the data were fetched anew and held against the version before."
        return half(told, f"dataset {again[-1].id}", way_out=way_out)
    return nothing("nothing would tell that a source has changed.", way_out=way_out)


def invariants(e: Evidence) -> Found:
    """Monitor 2: what the data were checked for is watched in requests, against the profile of the training data."""
    checked = e.dataset is not None and bool(e.dataset.checks)
    if not checked or e.dataset is None:
        return nothing("the data were never checked.", way_out="Run 'slipway data make'.")
    drift = [f for f in e.open_findings() if f.kind in _OF_INPUTS]
    if drift:
        return against(drift[-1].sentence, f"finding {drift[-1].id}", way_out=_LOOK)
    if e.watched:
        told = "requests are held against the fields and watched against the training data's profile; nothing is open."
        return full(told, f"dataset {e.dataset.id}", f"package {e.package}")
    told = "the training data were checked; no request is watched yet."
    return half(told, f"dataset {e.dataset.id}", way_out="A packaged model that answers is watched.")


def skew(e: Evidence) -> Found:
    """Monitor 3: the served graph gives the trained model's answers, and requests look like the training data."""
    manifest = e.manifest
    if manifest is None or not manifest.parity_rows:
        told = "nobody has compared the served graph with the trained model."
        return nothing(told, way_out="Package it with rows: 'slipway run train'.")
    if not math.isfinite(manifest.parity):
        told = "the graph's answers differ from the model's without bound."
        return against(told, f"package {e.package}", way_out="Package it anew.")
    told = f"the graph answers as the model did, to {manifest.parity:.1g} on {count(manifest.parity_rows, 'row')}"
    if e.watched:
        return full(f"{told}, and requests are watched against its reference.", f"package {e.package}")
    way_out = "A packaged model that answers is watched."
    return half(f"{told}; no request is watched yet.", f"package {e.package}", way_out=way_out)


def fresh(e: Evidence) -> Found:
    """Monitor 4: the age of the model is known, and whether X -> Y has changed since is watched on outcomes."""
    manifest = e.manifest
    if manifest is None:
        return nothing("there is no model whose age could be told.", way_out="Run 'slipway run train'.")
    age = f"the model is {duration(max(0.0, (e.now_us - manifest.created_us) / _US))} old"
    stale = [f for f in e.open_findings() if f.kind in _CONCEPT]
    if stale:
        told = f"{age}, and X -> Y has changed since: {stale[-1].sentence}"
        return against(told, f"finding {stale[-1].id}", way_out="Train again on newer data.")
    labelled = _labelled(e)
    if e.watched and labelled:
        told = f"{age}; its outcomes come in and are watched for concept drift, and none is open."
        return full(told, f"package {e.package}", f"verdict {labelled}")
    way_out = "Serve it and send outcomes: without them nobody can tell whether it is stale."
    return half(f"{age}; nothing watches yet whether that is too old.", f"package {e.package}", way_out=way_out)


def stable(e: Evidence) -> Found:
    """Monitor 5: no answer that is no number, at packaging and, by the service gate, on every request."""
    manifest = e.manifest
    if manifest is None or not manifest.parity_rows:
        return nothing("no model was asked for numbers yet.", way_out="Run 'slipway run train'.")
    values = [manifest.parity, *(s.value for s in manifest.scores)]
    if not all(map(math.isfinite, values)):
        told = "a score or a difference of the package is no number."
        return against(told, f"package {e.package}", way_out="Find the rows: 'slipway model verify'.")
    gates = list(e.gates(GateKind.SERVICE, rollouts=e.own_rollouts()))
    if gates and gates[-1][1].decision is Decision.FAIL:
        return against(gates[-1][1].reason, f"verdict {gates[-1][0]}", way_out="See 'slipway rollout show'.")
    if gates:
        told = "an answer that is no number counts as a failure, and the service gate watches failures."
        return full(told, f"package {e.package}", f"verdict {gates[-1][0]}")
    told = f"every answer to {count(manifest.parity_rows, 'row')} was a number."
    return half(told, f"package {e.package}", way_out=f"{_ROLL_OUT} Its service gate counts answers that are none.")


def performance(e: Evidence) -> Found:
    """Monitor 6: throughput from one load test to the next, training time from one run to the next, service by gate."""
    slow = _slower_training(e)
    if slow:
        return slow
    tests = [t for t in e.load_tests if t.held_qps > 0]
    if len(tests) > 1:
        before, after = tests[-2:]
        both = (f"load-test {before.id}", f"load-test {after.id}")
        told = f"{number(after.held_qps)} requests a second held, {number(before.held_qps)} before."
        if after.held_qps * SLOWER < before.held_qps:
            return against(told, *both, way_out="Compare what changed between them.")
        return full(told, *both)
    gates = list(e.gates(GateKind.SERVICE, rollouts=e.own_rollouts()))
    if gates and tests:
        told = (
            f"{number(tests[-1].held_qps)} requests a second held, and its service gate says: {gates[-1][1].decision}."
        )
        return full(told, f"load-test {tests[-1].id}", f"verdict {gates[-1][0]}")
    ids = (*(f"load-test {t.id}" for t in tests), *(f"verdict {name}" for name, _ in gates[-1:]))
    way_out = "Run 'slipway bench' beside the server, and again with each new model."
    if ids:
        return half("measured once; a regression shows from the second time on.", *ids, way_out=way_out)
    return nothing("nobody measured what serving takes.", way_out=way_out)


def _slower_training(e: Evidence) -> Found | None:
    if e.run is None:
        return None
    spent = [r.ended_us - r.started_us for r in e.runs if r.data == e.run.data and r.code == e.run.code]
    own = e.run.ended_us - e.run.started_us
    usual = sorted(spent)[len(spent) // 2]
    if len(spent) < 3 or own <= SLOWER * usual or own - usual < 60 * _US:
        return None
    told = f"training took {duration(own / _US)}; the same code and data usually take {duration(usual / _US)}."
    return against(
        told, f"run {e.run.id}", way_out="Find out what else the machine did, or which hyperparameter costs."
    )


def quality(e: Evidence) -> Found:
    """Monitor 7: realised quality on served requests, by the gates and, afterwards, by the monitors."""
    worse = [f for f in e.open_findings() if f.kind in _CONCEPT]
    if worse:
        return against(worse[-1].sentence, f"finding {worse[-1].id}", way_out=_LOOK)
    gates = list(e.gates(*_QUALITY, rollouts=e.own_rollouts()))
    if gates and gates[-1][1].decision is Decision.FAIL:
        return against(gates[-1][1].reason, f"verdict {gates[-1][0]}", way_out="See 'slipway rollout show'.")
    if gates and e.watched:
        told = "its quality on requests is judged by the gates and watched by the monitors; nothing is open."
        return full(told, f"verdict {gates[-1][0]}", f"package {e.package}")
    if gates:
        told = f"its quality on requests was judged: {gates[-1][1].reason}"
        return half(told, f"verdict {gates[-1][0]}", way_out="Once it answers, the monitors watch it.")
    return nothing("no outcome of a request says how good it is.", way_out=f"{_ROLL_OUT} Send outcomes.")


RULES = {
    Item.MONITOR_1: dependencies,
    Item.MONITOR_2: invariants,
    Item.MONITOR_3: skew,
    Item.MONITOR_4: fresh,
    Item.MONITOR_5: stable,
    Item.MONITOR_6: performance,
    Item.MONITOR_7: quality,
}
"""One rule an item."""


def _labelled(e: Evidence) -> str:
    """Return the newest verdict in which a gate on quality saw outcomes, or an empty string."""
    gates = list(e.gates(*_QUALITY, rollouts=e.own_rollouts()))
    return gates[-1][0] if gates else ""
