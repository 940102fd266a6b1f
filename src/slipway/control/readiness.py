"""Gather what readiness is reckoned from: the store's records, and the model in question."""

from collections.abc import Sequence

from slipway.ports import ControlStore
from slipway.records.alert import Finding
from slipway.records.arm import Arm
from slipway.records.dataset import DatasetVersion
from slipway.records.load_test import LoadTest
from slipway.records.model import Manifest
from slipway.records.readiness import Attestation
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.records.run import Run
from slipway.records.scope import Scope
from slipway.scoping.readiness.evidence import Evidence
from slipway.scoping.readiness.score import readiness


def gather(store: ControlStore, *, scope: Scope, now_us: int, arm: str | None = None) -> Evidence:
    """Return all evidence about one model.

    Args:
        store: Control store.
        scope: What the project is for.
        now_us: The moment.
        arm: Arm that asks the model in question; None takes the candidate of the rollout that runs, else the model
            that answers most, else the newest package.
    """
    routes = [route for _, route, _ in store.all(Route)]
    packages = tuple((id_, manifest) for id_, manifest, _ in store.all(Manifest))
    rollouts = tuple(r for _, r, _ in store.all(Rollout))
    known = [*scope.arms, *(a for _, a, _ in store.all(Arm)), *(a for route in routes for a in route.arms)]
    arms = {a.name: a.package for a in known if a.package}
    named = [arm] if arm is not None else _in_question(rollouts, routes)
    asked = [arms[name] for name in named if name in arms]
    newest = [] if arm is not None else [id_ for id_, _ in packages[-1:]]
    return Evidence(
        scope=scope,
        package=next(iter([*asked, *newest]), ""),
        now_us=now_us,
        datasets=tuple(d for _, d, _ in store.all(DatasetVersion)),
        runs=tuple(r for _, r, _ in store.all(Run)),
        packages=packages,
        arms=arms,
        serving=tuple(s.arm for route in routes for s in route.shares if s.share > 0),
        rollouts=rollouts,
        verdicts=tuple((id_, v) for id_, v, _ in store.all(Verdict)),
        load_tests=tuple(t for _, t, _ in store.all(LoadTest)),
        findings=tuple(f for _, f, _ in store.all(Finding)),
        rehearsals=tuple(r for _, r, _ in store.all(Rehearsal)),
        attestations=tuple(a for _, a, _ in store.all(Attestation)),
    )


def candidate_score(rollout: Rollout, *, store: ControlStore, scope: Scope, now_us: int) -> float:
    """Return the ML Test Score of a rollout's candidate, 0 to 7."""
    return readiness(gather(store, scope=scope, now_us=now_us, arm=rollout.candidate)).score


def _in_question(rollouts: Sequence[Rollout], routes: Sequence[Route]) -> list[str]:
    running = [r.candidate for r in rollouts if r.status is RolloutStatus.RUNNING]
    shares = sorted((s for route in routes for s in route.shares if s.share > 0), key=lambda s: -s.share)
    return [*running, *(s.arm for s in shares)]
