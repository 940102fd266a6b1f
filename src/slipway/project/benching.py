"""Ask the project's own running server under load, and keep what came of it as evidence for the scope's budgets."""

import os
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from slipway.bench.generator import Order
from slipway.bench.ladder import Climb, climb
from slipway.bench.run import run_rung
from slipway.bench.search import held_qps
from slipway.bench.usage import Meter
from slipway.bench.wire import Target, rows_of, templates
from slipway.errors import BadInput, Conflict, NotFound, Refused, SlipwayError
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.loopback import key_of, own_address
from slipway.project.tables import columns_of
from slipway.records.arm import ArmKind
from slipway.records.base import Record
from slipway.records.load_test import ID_PREFIX, Arrivals, Limits, LoadTest, Rung
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.records.worker_config import ClockKind, WorkerConfig
from slipway.runtime.package import examples_of, load_package
from slipway.serving.config_file import load_config
from slipway.serving.decode import RowDecoder
from slipway.serving.run_state import RunState, State, is_alive, read_states
from slipway.storage.columns import decode_column
from slipway.wiring import Parts
from slipway.words import number

TEMPLATE_ROWS = 2_048
FEWEST_TEMPLATES = 64


class BenchPlan(Record, frozen=True, kw_only=True):
    """What a load test asks.

    Attributes:
        climb: Which rates, and for how long each.
        limits: When a rate counts as held; None takes the scope's latency budget, or without one its deadline.
        arrivals: How requests follow one another.
        connections: Connections to keep open, over all generators.
        rows: Rows a request.
        entities: Different entities.
        generators: Processes that ask.
        warm_s: How long each rate is asked before it counts.
        seed: Seed of all chance.
        during_rollout: Ask although a rollout runs.
    """

    climb: Climb
    limits: Limits | None = None
    arrivals: Arrivals = Arrivals.POISSON
    connections: int = 64
    rows: int = 1
    entities: int = 10_000
    generators: int = 1
    warm_s: float = 1.0
    seed: int = 0
    during_rollout: bool = False

    def __post_init__(self) -> None:
        for name in ("connections", "rows", "entities", "generators", "warm_s"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{name}: want more than 0, got {getattr(self, name)}.")
        if self.connections < self.generators:
            raise BadInput(
                f"connections: want one a generator at least, got {self.connections} for {self.generators} generators."
            )


def bench(parts: Parts, *, plan: BenchPlan, by: str, told: Callable[[Rung], None]) -> LoadTest:
    """Ask the running server, and keep the result.

    The rows are journalled like any others, under ids that begin with ``slipway-bench-``; control leaves them out of
    every cohort, gate and monitor.

    Args:
        parts: The project.
        plan: What to ask.
        by: Whom the audit trail names.
        told: Called with each rate as soon as it was asked.

    Raises:
        NotFound: No server runs, or there are no rows to ask with.
        Conflict: A rollout runs; load slows its real callers, whose latency it counts.
        Refused: The server replays the past.
        Unavailable: The server or a generator went away.
    """
    config, alive = _server(parts)
    _refuse_rollout(parts, plan)
    route = next(route for _, route, _ in parts.store.all(Route))
    rows = _rows(parts, route, config=config)
    at_us = parts.clock.now_us()
    id_ = f"{ID_PREFIX}{at_us:x}"
    limits = plan.limits or Limits(latency_p99_ms=parts.scope.budgets.latency_p99_ms or config.deadline_ms)
    target = Target(
        host=own_address(config.host),
        port=config.port,
        path=f"/predict/{config.route}",
        headers=tuple(key_of(parts.layout).items()),
        tls_certificate=config.tls_certificate,
    )
    meter = Meter({state.name: state.pid for state in alive})
    load = os.getloadavg()[0]
    asked: list[Rung] = []

    def ask(qps: float, for_s: float) -> Rung:
        orders = [
            _order(plan, rows=rows, target=target, config=config, qps=qps, for_s=for_s, name=id_, place=(len(asked), g))
            for g in range(plan.generators)
        ]
        asked.append(run_rung(orders, limits=limits, meter=meter))
        told(asked[-1])
        return asked[-1]

    rungs = climb(plan.climb, ask=ask)
    test = LoadTest(
        id=id_,
        at_us=at_us,
        url=f"http{'s' if target.tls_certificate else ''}://{target.host}:{target.port}{target.path}",
        route=route.name,
        route_version=route.version,
        arms=tuple(a.name for a in route.arms),
        arrivals=plan.arrivals,
        connections=plan.connections,
        rows=plan.rows,
        entities=plan.entities,
        generators=plan.generators,
        seed=plan.seed,
        limits=limits,
        searched=plan.climb.qps is None,
        rungs=rungs,
        held_qps=held_qps(rungs),
        machine=f"{os.cpu_count()} processors, load {load:.1f} before the test",
    )
    why = f"a load test: {number(test.held_qps)} requests a second held"
    parts.store.commit([Change(test, test.id, 0)], at_us=at_us, by=by, why=why)
    return test


def _server(parts: Parts) -> tuple[WorkerConfig, list[RunState]]:
    alive = [s for s in read_states(parts.layout.run) if s.state is not State.STOPPED and is_alive(s.pid)]
    if not any(s.name.startswith("worker-") and s.state is State.READY for s in alive):
        raise NotFound("bench: want a server of this project that runs, found none. Start it with 'slipway serve'.")
    config = load_config(parts.layout)
    if config.clock is ClockKind.EVENT:
        raise Refused(
            "bench: want a server on the machine's clock, got one that replays. Its time is what requests carry, and a "
            "load test would move it. Stop it, and start 'slipway serve'."
        )
    return config, alive


def _refuse_rollout(parts: Parts, plan: BenchPlan) -> None:
    running = [r.id for _, r, _ in parts.store.all(Rollout) if r.status is RolloutStatus.RUNNING]
    if running and not plan.during_rollout:
        raise Conflict(
            f"bench: want no rollout under way, got '{running[0]}'. The load test's own rows count for nothing, but it "
            "slows real callers, whose latency and errors count. Wait, roll back, or say --during-rollout."
        )


def _rows(parts: Parts, route: Route, *, config: WorkerConfig) -> list[dict[str, Any]]:
    """Return rows that the server takes: those recorded with a model of the route, else those of the newest dataset."""
    packages = [arm.package for arm in route.arms if arm.kind is ArmKind.MODEL]
    fields = config.signature.fields
    if packages:
        _, files = load_package(parts.blobs, packages[0])
        columns = {name: decode_column(c) for name, c in examples_of(files, package=packages[0]).x.items()}
    else:
        table = datasets.rows_of(parts, datasets.find(parts, None))
        columns = dict(columns_of(table.head(TEMPLATE_ROWS), fields=fields))
    decode = RowDecoder(config.signature, entity=config.entity).decode
    known = rows_of(columns, fields=fields)
    rows = [row for row in known if _taken({config.entity: "bench-1"} | row, decode)]
    if not rows:
        raise NotFound("bench: want rows that the server takes, found none in the model's examples or the dataset.")
    return rows


def _taken(row: dict[str, Any], decode: Callable[[bytes], object]) -> bool:
    try:
        decode(msgspec.json.encode(row))
    except SlipwayError:
        return False
    return True


def _order(
    plan: BenchPlan,
    *,
    rows: list[dict[str, Any]],
    target: Target,
    config: WorkerConfig,
    qps: float,
    for_s: float,
    name: str,
    place: tuple[int, int],
) -> Order:
    """Return what one generator is to do at one rate; ``place`` is the number of the rate and of the generator."""
    seed = int(np.random.SeedSequence([plan.seed, *place]).generate_state(1)[0])
    requests = templates(
        rows,
        target=target,
        entity=config.entity,
        entities=plan.entities,
        id_name=RowDecoder(config.signature, entity=config.entity).id_name,
        prefix=f"{name}-{place[0]}-{place[1]}-",
        rows_a_request=plan.rows,
        count=max(FEWEST_TEMPLATES, TEMPLATE_ROWS // plan.rows),
        rng=np.random.default_rng(seed),
    )
    share = plan.connections // plan.generators + (place[1] < plan.connections % plan.generators)
    return Order(
        target=target,
        requests=requests,
        arrivals=plan.arrivals,
        qps=qps / plan.generators,
        warm_s=plan.warm_s,
        for_s=for_s,
        patience_s=max(5.0, 2 * config.deadline_ms / 1000),
        connections=share,
        seed=seed,
    )
