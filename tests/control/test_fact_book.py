"""Metrics and agreement of a rollout: what row by row comes out, whatever was let go and restarted meanwhile."""

import math
from collections import defaultdict

import msgspec
import numpy as np
import pytest

from slipway.control.checkpoint import Checkpoint, Kept, basis_of
from slipway.control.cohorts import CohortBook
from slipway.control.fact_book import FactBook
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.terms import Terms
from slipway.records.frame import MetricFrame, PredictionFrame, ShadowFrame
from slipway.records.gate import Better, Gate, GateKind
from slipway.records.rollout import Plan, Stage, StageEntry, StageKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.testing.memory import MemoryJournal
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
SHARE = 0.3
METRIC = Gate(kind=GateKind.METRIC, metric="revenue", better=Better.HIGHER, margin=1.0)
AGREEMENT = Gate(kind=GateKind.AGREEMENT, level=0.9)


def a_rollout():
    """In its second stage: a shadow of a day (version 2), then a canary (version 3)."""
    stages = (
        Stage(name="shadow", kind=StageKind.SHADOW, share=0, gates=(AGREEMENT,), min_s=0, max_s=9e9),
        Stage(name="canary", kind=StageKind.CANARY, share=SHARE, gates=(METRIC, AGREEMENT), min_s=0, max_s=9e9),
    )
    rollout, _ = started(Plan(stages=stages, maturity_s=3600))
    canary = StageEntry(stage="canary", at_us=DAY_US, route_version=3)
    return msgspec.structs.replace(rollout, entries=(*rollout.entries, canary))


def a_journal(days=4, rows=60):
    """Rows of 12 entities that come each day; a third of the values never comes, and some come too late."""
    journal, rng, every = MemoryJournal(), np.random.default_rng(3), []
    rollout = a_rollout()
    writer = journal.writer("w")
    for day in range(days):
        version = 2 if day == 0 else 3
        at = (day * DAY_US + np.sort(rng.integers(0, DAY_US - 7_200_000_000, rows))).tolist()
        ids, entity = [f"p{day}-{i}" for i in range(rows)], rng.integers(0, 12, rows)
        dealt = (entity < 12 * SHARE) & (version == 3)
        arm = [rollout.candidate if c else rollout.live for c in dealt]
        score, other = rng.random(rows), rng.random(rows)
        writer.append([
            PredictionFrame(
                route=rollout.route, route_version=version, at_us=at, id=ids, entity=[f"e{e}" for e in entity], arm=arm,
                fallback=[False] * rows, score=score.tolist(), latency_us=[1] * rows,
                shadows=(rollout.candidate, rollout.live), x={},
            )
        ])  # fmt: skip
        for shadow in (rollout.candidate, rollout.live):
            own = [i for i in range(rows) if arm[i] != shadow]
            said = [math.nan if i % 10 == 0 else other[i] for i in own]
            writer.append([ShadowFrame(arm=shadow, id=[ids[i] for i in own], score=said, segment="w", offset=1)])
        told = rng.random(rows) < 0.7
        late = rng.random(rows) < 0.1
        value = rng.normal(5, 2, rows)
        came = [t + (7_200_000_000 if slow else 60_000_000) for t, slow in zip(at, late, strict=True)]
        rows_told = [i for i in range(rows) if told[i]]
        writer.append([
            MetricFrame(
                at_us=[came[i] for i in rows_told], id=[ids[i] for i in rows_told], metric=["revenue"] * len(rows_told),
                value=[value[i] for i in rows_told],
            )
        ])  # fmt: skip
        every += [
            (day, version, f"e{entity[i]}", bool(dealt[i]), score[i], math.nan if i % 10 == 0 else other[i],
             value[i] if told[i] and not late[i] else None)
            for i in range(rows)
        ]  # fmt: skip
    return journal, every


def test_they_are_what_row_by_row_comes_out():
    journal, every = a_journal()
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    book, look = FactBook(), Look(a_rollout(), ledger, 9 * DAY_US)
    (found,) = book.metrics(look)
    (stratum,) = found.strata  # the shadow deals nothing
    assert (stratum.route_version, stratum.share, found.days) == (3, SHARE, 3)
    for arm, side in ((stratum.candidate, True), (stratum.live, False)):
        mine = [row for row in every if row[1] == 3 and row[3] is side]
        values = [row[6] for row in mine if row[6] is not None]
        assert (arm.mature, arm.n, arm.entities) == (
            len(mine),
            len(values),
            len({r[2] for r in mine if r[6] is not None}),
        )
        assert arm.total == pytest.approx(math.fsum(values))
    means = [arm.total / arm.n for arm in (stratum.candidate, stratum.live)]
    assert found.difference == pytest.approx(means[0] - means[1])
    pull = defaultdict(float)
    for _, version, entity, side, _, _, value in every:
        if version == 3 and value is not None:
            mean, arm = (means[0], stratum.candidate) if side else (means[1], stratum.live)
            pull[entity] += (value - mean) / arm.n
    assert found.variance == pytest.approx(sum(p * p for p in pull.values()) * 4 / 3)  # 4 entities with the candidate
    alike = {(a.start_us // DAY_US, a.route_version): (a.asked, a.n, a.alike) for a in book.agreement(look)}
    for day in range(4):
        mine = [row for row in every if row[0] == day]
        same = sum((row[4] >= 0.5) == (row[5] >= 0.5) for row in mine if math.isfinite(row[5]))
        assert alike[day, 2 if day == 0 else 3] == (60, 60, same)


@pytest.mark.parametrize("restart", [False, True])
def test_days_that_go_and_restarts_change_nothing(restart, tmp_path):
    journal, _ = a_journal()
    rollout, now_us = a_rollout(), 9 * DAY_US
    whole = Ledger(Terms())
    whole.catch_up(journal)
    wanted = CohortBook(rollout.id).facts
    ledger, book = Ledger(Terms()), CohortBook(rollout.id)
    ledger.catch_up(journal)
    for _ in range(2):
        block = next(ledger.blocks(rollout.route))
        book.facts.metrics(Look(rollout, ledger, now_us))  # a look before it, whose day must not count twice
        book.fix(rollout, ledger=ledger, day=block.day, now_us=now_us)
        ledger.let_go(block)
        if restart:
            checkpoint = Checkpoint(tmp_path / "c", basis=basis_of("t"), sizes=lambda: {"w-00000001": 10**9})
            checkpoint.save(ledger, kept=Kept(books={rollout.id: book}, posts=(), past=()))
            ledger = Ledger(Terms())
            kept = checkpoint.load(ledger)
            assert kept is not None
            book = kept.books[rollout.id]
    assert all(day > 1 for _, day in book.facts._days)
    look, other = Look(rollout, whole, now_us), Look(rollout, ledger, now_us)
    assert book.facts.agreement(other) == wanted.agreement(look)
    (found,), (right,) = book.facts.metrics(other), wanted.metrics(look)
    assert (found.days, found.hours, found.effective) == (right.days, right.hours, pytest.approx(right.effective))
    assert (found.difference, found.variance) == pytest.approx((right.difference, right.variance))
    assert [s.live.n for s in found.strata] == [s.live.n for s in right.strata]


def test_numbers_are_alike_within_the_gates_tolerance_and_two_gates_may_have_two():
    terms = Terms(scoring=Scoring(kind=TaskKind.REGRESSION))
    rollout, _ = started(
        Plan(
            stages=(
                Stage(
                    name="shadow", kind=StageKind.SHADOW, share=0, min_s=0, max_s=9e9,
                    gates=(AGREEMENT, msgspec.structs.replace(AGREEMENT, tolerance=1.5)),
                ),
            ),
            metric="absolute-error",
        )
    )  # fmt: skip
    journal = MemoryJournal()
    journal.writer("w").append([
        PredictionFrame(
            route=rollout.route, route_version=2, at_us=[1, 2, 3, 4], id=list("abcd"), entity=list("abcd"),
            arm=[rollout.live] * 4, fallback=[False] * 4, score=[10.0, 10.0, 10.0, math.nan], latency_us=[1] * 4,
            shadows=(rollout.candidate,), x={},
        ),
        ShadowFrame(arm=rollout.candidate, id=list("abc"), score=[11.5, 12.0, 10.0], segment="w", offset=1),
    ])  # fmt: skip
    ledger = Ledger(terms)
    ledger.catch_up(journal)
    found = FactBook().agreement(Look(rollout, ledger, DAY_US))
    assert {a.tolerance: (a.asked, a.n, a.alike) for a in found} == {0.0: (3, 3, 1), 1.5: (3, 3, 2)}
