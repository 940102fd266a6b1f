"""A small project as its records tell it, with everything that any rule of readiness looks at."""

from pathlib import Path

import msgspec
import pytest

from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.dataset import CheckResult, ColumnProfile, DatasetVersion, Score, SplitKind
from slipway.records.field import Field, FieldKind
from slipway.records.gate import Gate, GateKind
from slipway.records.load_test import Arrivals, Hold, Limits, LoadTest, Rung
from slipway.records.model import Manifest, Provenance, Signature
from slipway.records.rehearsal import Rehearsal, WorkerTook
from slipway.records.rollout import (
    Action,
    Decision,
    GateResult,
    Plan,
    Rollout,
    RolloutStatus,
    Stage,
    StageEntry,
    StageKind,
    Verdict,
)
from slipway.records.run import Level, Run, Slice
from slipway.records.task import TaskKind
from slipway.scoping.parse import parse
from slipway.scoping.readiness.evidence import Evidence
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.log_counts import count_log

DAY = 86_400_000_000
FILES = {"model.onnx": "1", "reference.msgpack": "2", "calibration.msgpack": "3", "examples.msgpack": "4"}
PAGE = (Path(__file__).parents[1] / "hearts.toml").read_text()


def scope(page=PAGE):
    return parse(page)


def field(name, **more):
    return Field(name=name, kind=FieldKind.NUMBER, **more)


def score(name, value, *, width=0.01, split="test"):
    return Score(
        name=name, metric="error", split=split, value=value, low=value - width, high=value + width, alpha=0.05, n=1000
    )


def dataset(id_="d1", *, checks=None, columns=("age", "ward"), name="main", at=0, present=0.2):
    sound = [
        CheckResult(name=f"{c}: {what}", passed=True, detail="all.") for c in columns for what in ("present", "kind")
    ]
    sound += [CheckResult(name=c, passed=True, detail="fine.") for c in ("leakage", "time travel", "constant columns")]
    return DatasetVersion(
        id=id_,
        name=name,
        rows=5000,
        columns=tuple(
            ColumnProfile(name=c, kind=FieldKind.NUMBER, hash="h", missing_share=0.0, distinct=9) for c in columns
        ),
        splits={"train": 4000, "test": 1000},
        split_kind=SplitKind.TIME,
        checks=tuple(sound if checks is None else checks),
        baselines=(score("trivial", 0.4), score("present", present)),
        file="f",
        source="model.py:load()",
        created_us=at,
    )


def run(id_="r1", *, code="c", params="p", data="d1", seed=0, scores=None, slices=(), package="m1", at=DAY, took=60):
    found = (score("model", 0.1), score("trivial", 0.4), score("simple", 0.2)) if scores is None else scores
    return Run(
        id=id_,
        code=code,
        params={},
        params_hash=params,
        data=data,
        seed=seed,
        environment={"numpy": "2"},
        scores=tuple(found),
        slices=tuple(slices),
        package=package,
        started_us=at,
        ended_us=at + took * 1_000_000,
    )


def worst(where, value):
    return Slice(
        where=where,
        n=200,
        share=0.2,
        value=value,
        rest=0.1,
        low=0.01,
        high=0.2,
        level=0.1,
        level_of=Level.REST,
        headroom=0.01,
    )


def manifest(*, fields=("age", "ward"), data="d1", files=FILES, parity=1e-7, value=0.1, at=DAY):
    return Manifest(
        name="hearts",
        signature=Signature(fields=tuple(field(f) for f in fields), kind=TaskKind.BINARY),
        files=dict(files),
        parity=parity,
        parity_rows=500,
        scores=(score("model", value),),
        provenance=Provenance(run="r1", data=data),
        created_us=at,
    )


def gate(kind, decision=Decision.PASS, *, gap=None, units=30.0):
    interval = None
    if gap is not None:
        estimate, low, high = gap
        interval = AnytimeInterval(low=low, high=high, estimate=estimate, alpha=0.05, n=30)
    return GateResult(
        gate=Gate(kind=kind),
        decision=decision,
        reason=f"{kind} says {decision}.",
        interval=interval,
        counts={"units": units},
    )


def verdict(*gates, rollout="o1", stage="canary", action=Action.ADVANCE, decision=Decision.PASS):
    return Verdict(
        rollout=rollout, stage=stage, at_us=3 * DAY, decision=decision, action=action, reason="so.", gates=gates
    )


def rehearsal(*, took_ms, trouble=""):
    workers = () if took_ms is None else (WorkerTook(name="worker-0", took_ms=took_ms),)
    return Rehearsal(
        rollout="o1",
        at_us=2 * DAY,
        by="ann",
        back_to="rule",
        checked=(),
        cold=(),
        stored_ms=4.0,
        published_ms=9.0,
        workers=workers,
        troubles=(trouble,) if trouble else (),
    )


def rollout(id_="o1", *, candidate="hearts-m1", live="rule", status=RolloutStatus.COMPLETED, upto=3):
    kinds = (StageKind.SHADOW, StageKind.CANARY, StageKind.FULL)
    stages = tuple(
        Stage(name=k.value, kind=k, share=s, gates=(), min_s=0, max_s=9)
        for k, s in zip(kinds, (0.0, 0.05, 1.0), strict=True)
    )
    return Rollout(
        id=id_,
        route="main",
        candidate=candidate,
        live=live,
        plan=Plan(stages=stages),
        status=status,
        entries=tuple(StageEntry(stage=s.name, at_us=2 * DAY, route_version=i) for i, s in enumerate(stages[:upto])),
        started_us=2 * DAY,
        ended_us=5 * DAY if status is not RolloutStatus.RUNNING else None,
    )


def load_test(id_="t1", *, held=100.0, latency_ms=5.0):
    counts = count_log([latency_ms * 1000.0] * 1000, error=0.01)
    rung = Rung(
        qps=held, for_s=10, answered_qps=held, latency=counts, outcomes={"200": 1000}, late=counts,
        generator_cores=0.1, usage=(), hold=Hold.HOLDS, reason="held.",
    )  # fmt: skip
    return LoadTest(
        id=id_, at_us=4 * DAY, url="http://127.0.0.1", route="main", route_version=1, arms=("hearts-m1",),
        arrivals=Arrivals.POISSON, connections=1, rows=1, entities=9, generators=1, seed=0,
        limits=Limits(latency_p99_ms=20),
        searched=True, rungs=(rung,), held_qps=held, machine="m",
    )  # fmt: skip


def finding(kind=FindingKind.CONCEPT_DRIFT, *, closed=None, relevant=True, model="hearts-m1"):
    return Finding(
        id="f1", model=model, kind=kind, opened_us=4 * DAY, evidence=EValue(9.0, 30), relevant=relevant,
        go_back_to=Step.DATA, sentence="the world has changed.", closed_us=closed,
    )  # fmt: skip


@pytest.fixture
def empty():
    return Evidence(scope=scope(), package="", now_us=9 * DAY)


@pytest.fixture
def bare():
    """A dataset, a run and its package; nothing was served."""
    return Evidence(
        scope=scope(),
        package="m1",
        now_us=9 * DAY,
        datasets=(dataset(),),
        runs=(run(),),
        packages=(("m1", manifest()),),
        arms={"hearts-m1": "m1"},
    )


@pytest.fixture
def served(bare):
    """The same, rolled out to the end; it answers everybody."""
    gates = [gate(GateKind.SERVICE), gate(GateKind.HARM), gate(GateKind.NOT_WORSE, gap=(-0.1, -0.15, -0.05))]
    return msgspec.structs.replace(
        bare,
        serving=("hearts-m1",),
        rollouts=(rollout(),),
        verdicts=(("o1-1", verdict(gates[2], stage="shadow")), ("o1-2", verdict(*gates))),
    )


@pytest.fixture
def replace():
    return msgspec.structs.replace
