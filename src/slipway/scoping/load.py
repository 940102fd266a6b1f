"""The scope's budgets against a load test: what holds, what does not, and what nobody knows."""

import math
from collections.abc import Iterator

from slipway.records.load_test import Hold, LoadTest, Rung
from slipway.records.scope import Budgets, Scope
from slipway.scoping.judge import Judgement, Standing
from slipway.words import count, number

_MB = 1e6


def judge_load(scope: Scope, *, test: LoadTest | None) -> tuple[Judgement, ...]:
    """Judge each budget that the scope states by a load test; without one, all of them are unknown.

    Latency, memory and processor are read at the lowest rate asked that held and reaches the throughput budget; where
    none does, at the highest that held. A rate whose run was void says nothing.

    Args:
        scope: What was promised.
        test: The newest load test, or None.
    """
    budgets = scope.budgets
    if test is None:
        named = [(name, limit) for name, limit in _named(budgets) if limit is not None]
        reason = "no load test was run. Run 'slipway bench' beside the running server."
        return tuple(Judgement(promise=name, standing=Standing.UNKNOWN, reason=reason) for name, _ in named)
    return tuple(_judged(budgets, test))


def _named(budgets: Budgets) -> tuple[tuple[str, float | None], ...]:
    return (
        ("throughput", budgets.qps),
        ("latency", budgets.latency_p99_ms),
        ("memory", budgets.memory_mb),
        ("processor", budgets.cpu_cores),
    )


def _judged(budgets: Budgets, test: LoadTest) -> Iterator[Judgement]:
    if budgets.qps is not None:
        yield _throughput(budgets.qps, test)
    at = _rung_for(budgets, test)
    if budgets.latency_p99_ms is not None:
        p99_ms = math.nan if at is None else at.latency_ms(0.99)
        yield _below("latency", p99_ms, budgets.latency_p99_ms, unit="ms at the 99th percentile", at=at)
    if budgets.memory_mb is not None:
        workers = [] if at is None else [u.memory_bytes for u in at.usage if u.name.startswith("worker-")]
        most_mb = max(workers, default=math.nan) / _MB
        yield _below("memory", most_mb, budgets.memory_mb, unit="MB in the largest worker", at=at)
    if budgets.cpu_cores is not None:
        cores = math.nan if at is None or not at.usage else sum(u.cpu_cores for u in at.usage)
        yield _below("processor", cores, budgets.cpu_cores, unit="cores over all processes", at=at)


def _throughput(wanted: float, test: LoadTest) -> Judgement:
    held = test.held_qps
    seen = f"{number(held)} a second held, {number(wanted)} are wanted"
    if held >= wanted:
        return Judgement(promise="throughput", standing=Standing.HOLDS, reason=f"{seen}.")
    broke = [r for r in test.rungs if r.hold is Hold.BREAKS and r.qps <= wanted]
    if broke:
        lowest = min(broke, key=lambda r: r.qps)
        reason = f"{seen}; at {number(lowest.qps)}: {lowest.reason}"
        return Judgement(promise="throughput", standing=Standing.BROKEN, reason=reason)
    reason = f"{seen}, and no run at a rate between them tells. Run 'slipway bench --qps {wanted:g}'."
    return Judgement(promise="throughput", standing=Standing.UNKNOWN, reason=reason)


def _rung_for(budgets: Budgets, test: LoadTest) -> Rung | None:
    """Return the run that shows what the server takes at the rate it is meant for."""
    told = [r for r in test.rungs if r.hold is not Hold.VOID]
    held = [r for r in told if r.hold is Hold.HOLDS and r.qps <= test.held_qps]
    enough = [r for r in held if r.qps >= (budgets.qps or math.inf)]
    if enough:
        return min(enough, key=lambda r: r.qps)
    if held:
        return max(held, key=lambda r: r.qps)
    return min(told, key=lambda r: r.qps, default=None)


def _below(promise: str, value: float, limit: float, *, unit: str, at: Rung | None) -> Judgement:
    if at is None or math.isnan(value):
        return Judgement(promise=promise, standing=Standing.UNKNOWN, reason="the load test did not measure it.")
    asked = f"at {number(at.qps)} a second, {count(at.latency.n, 'request')}"
    standing = Standing.HOLDS if value <= limit else Standing.BROKEN
    return Judgement(
        promise=promise, standing=standing, reason=f"{number(value, digits=3)} against {number(limit)} {unit}, {asked}."
    )
