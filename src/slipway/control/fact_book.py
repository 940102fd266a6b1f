"""Sums of a rollout that some gates ask for beside the cohorts: metrics, answers that are alike, what people decided.

They are functions of the rollout, the frames read, and the moment, as cohorts are. A day that is over and waited for is
grouped once; one that the ledger lets go is kept as its groups.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.entity_sums import EntitySums
from slipway.control.look import Look
from slipway.control.maturity import in_time
from slipway.control.people import people_sums
from slipway.deployment.dealt import is_dealt
from slipway.deployment.units import DAY_US, HOUR_US
from slipway.records.facts import AgreementSums, MetricSums
from slipway.records.gate import GateKind
from slipway.records.people import PeopleSums

Ints = npt.NDArray[np.int64]

_VERSIONS = 1 << 31
"""Versions of a route there can be."""


class MetricDay(NamedTuple):
    """What one day says of one metric.

    Attributes:
        sums: By entity.
        hours: Hours since the epoch in which both arms have a value, each with its version of the route, shape (n, 2).
    """

    sums: EntitySums
    hours: Ints


class FactBook:
    """Keeps them up to date for one rollout.

    Args:
        metrics: Metric to what days that were let go say of it.
        agreement: Sums of those days.
        people: What people decided on those days.
    """

    def __init__(
        self,
        *,
        metrics: Mapping[str, MetricDay] | None = None,
        agreement: tuple[AgreementSums, ...] = (),
        people: tuple[PeopleSums, ...] = (),
    ) -> None:
        self.fixed_metrics, self.fixed_agreement, self.fixed_people = dict(metrics or {}), agreement, people
        self._days: dict[tuple[str, int], tuple[int, MetricDay]] = {}

    def metrics(self, look: Look) -> tuple[MetricSums, ...]:
        """Return the sums of each metric that a gate of the plan asks for, by name."""
        return tuple(self._metric(name, look=look) for name in _asked_metrics(look))

    def agreement(self, look: Look) -> tuple[AgreementSums, ...]:
        """Return how many answers were alike, within each tolerance that a gate of the plan asks for, oldest first."""
        days = [s for block in look.blocks() for t in _asked_tolerances(look) for s in _alike(block, t, look=look)]
        return (*self.fixed_agreement, *days)

    def people(self, look: Look) -> tuple[PeopleSums, ...]:
        """Return what people decided beside the candidate, oldest first."""
        return (*self.fixed_people, *people_sums(look, blocks=look.blocks()))

    def fix(self, look: Look, *, blocks: list[Block]) -> None:
        """Sum days for good, before the ledger lets them go; they are over, and waited for."""
        for name in _asked_metrics(look):
            held = self.fixed_metrics.get(name)
            days = [*([held] if held else []), *(_metric_day(block, name, look=look) for block in blocks)]
            self.fixed_metrics[name] = _together(days)
        gone = {block.day for block in blocks}
        self._days = {key: held for key, held in self._days.items() if key[1] not in gone}
        tolerances = _asked_tolerances(look)
        if look.rollout.plan.automation is not None:
            self.fixed_people += people_sums(look, blocks=blocks)
        self.fixed_agreement += tuple(s for b in blocks for t in tolerances for s in _alike(b, t, look=look))

    def _metric(self, name: str, *, look: Look) -> MetricSums:
        held = self.fixed_metrics.get(name)
        whole = _together([*([held] if held else []), *(self._day(b, name, look=look) for b in look.blocks())])
        versions = np.unique(whole.sums.version).tolist()
        found = whole.sums.difference()
        here = whole.hours[whole.hours[:, 1] >= look.rollout.entries[-1].route_version, 0]
        return MetricSums(
            metric=name,
            strata=tuple(whole.sums.strata({v: look.share(v) for v in versions})),
            hours=len(np.unique(here)),
            days=len(np.unique(here * HOUR_US // DAY_US)),
            difference=None if found is None else found.estimate,
            variance=None if found is None else found.variance,
            effective=0.0 if found is None else found.effective,
        )

    def _day(self, block: Block, name: str, *, look: Look) -> MetricDay:
        known = self._days.get((name, block.day))
        if known is not None and known[0] == block.revision and look.is_over(block):
            return known[1]
        day = _metric_day(block, name, look=look)
        if look.is_over(block):
            self._days[name, block.day] = (block.revision, day)
        return day


def _asked_metrics(look: Look) -> list[str]:
    gates = [g for s in look.rollout.plan.stages for g in s.gates]
    return sorted({g.metric for g in gates if g.kind is GateKind.METRIC})


def _asked_tolerances(look: Look) -> list[float]:
    gates = [g for s in look.rollout.plan.stages for g in s.gates]
    return sorted({g.tolerance for g in gates if g.kind is GateKind.AGREEMENT})


def _together(days: list[MetricDay]) -> MetricDay:
    hours = np.concatenate([np.empty((0, 2), dtype=np.int64), *(day.hours for day in days)])
    return MetricDay(EntitySums.grouped(day.sums for day in days), np.unique(hours, axis=0))


def _metric_day(block: Block, name: str, *, look: Look) -> MetricDay:
    own, to_candidate = look.own(block)
    shares = {v: look.share(v) for v in np.unique(block.version[own]).tolist()}
    dealing = [v for v, share in shares.items() if is_dealt(share)]
    wanted = np.isin(block.version[own], dealing) & (look.by_now(block.at_us[own]) + look.wait_us <= look.now_us)
    at_us, version, candidate = block.at_us[own][wanted], block.version[own][wanted], to_candidate[wanted]
    value, came_us = block.metric(look.ledger.metric(name))
    value = value[own][wanted]
    told = in_time(
        look.by_now(came_us[own][wanted]), at_us=look.by_now(at_us), wait_us=look.wait_us, now_us=look.now_us
    )
    rows = EntitySums(
        entity=block.entity[own][wanted],
        version=version,
        candidate=candidate,
        mature=np.ones(len(at_us), dtype=np.int64),
        n=told.astype(np.int64),
        total=np.where(told, value, 0.0),
    )
    hour = _coded(at_us // HOUR_US, version=version)
    both = np.intersect1d(hour[told & candidate], hour[told & ~candidate])
    return MetricDay(EntitySums.grouped([rows]), np.stack(np.divmod(both, _VERSIONS), axis=1))


def _coded(unit: Ints, *, version: npt.NDArray[np.int32]) -> Ints:
    """Return one number for a unit of time under a version of the route."""
    return np.asarray(unit * _VERSIONS + version)


def _alike(block: Block, tolerance: float, *, look: Look) -> list[AgreementSums]:
    own, _ = look.own(block)
    candidate, live = look.ledger.arm(look.rollout.candidate), look.ledger.arm(look.rollout.live)
    by_candidate, score = block.arm[own] == candidate, block.score[own]
    (said, asked), (live_said, live_asked) = block.shadow(candidate), block.shadow(live)
    other = np.where(by_candidate, live_said[own], said[own])
    paired = np.where(by_candidate, live_asked[own], asked[own])
    answered = np.isfinite(score) | (paired & np.isfinite(other))
    alike = paired & look.ledger.terms.alike(score, other=other, tolerance=tolerance)
    codes, at = np.unique(_coded(block.at_us[own] // look.length_us, version=block.version[own]), return_inverse=True)
    sums = [np.bincount(at[rows], minlength=len(codes)).tolist() for rows in (answered, answered & paired, alike)]
    return [
        AgreementSums(
            start_us=code // _VERSIONS * look.length_us,
            end_us=(code // _VERSIONS + 1) * look.length_us,
            route_version=code % _VERSIONS,
            tolerance=tolerance,
            asked=asked_of,
            n=n,
            alike=same,
        )
        for code, asked_of, n, same in zip(codes.tolist(), *sums, strict=True)
    ]
