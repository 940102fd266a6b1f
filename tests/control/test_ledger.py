"""The ledger and the cohorts: the same whatever the order, equal to a count by hand, and late is late."""

import itertools
import math

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slipway.control.cohorts import CohortBook
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.base import canonical
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Stage, StageEntry, StageKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.testing.memory import MemoryJournal
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


def canary(*, unit="day", maturity_s=3600.0, metric="error"):
    gate = Gate(kind=GateKind.HARM, unit=unit)
    stage = Stage(name="canary", kind=StageKind.CANARY, share=0.25, gates=(gate,), min_s=0, max_s=1e9)
    return Plan(stages=(stage,), maturity_s=maturity_s, metric=metric)


def prediction(id_, *, at_us=0, arm="live", score=0.9, entity=None, fallback=False, version=2, latency_us=5):
    return PredictionFrame(
        route="main",
        route_version=version,
        at_us=[at_us],
        id=[id_],
        entity=[entity or id_],
        arm=[arm],
        fallback=[fallback],
        score=[score],
        latency_us=[latency_us],
        x={},
        shadows=("candidate", "live"),
    )


def shadow(id_, arm, score, *, offset=1):
    return ShadowFrame(arm=arm, id=[id_], score=[score], segment="w-00000001", offset=offset)


def outcome(id_, value, *, at_us=0):
    return OutcomeFrame(at_us=[at_us], id=[id_], value=[value])


def ledger_of(frames, *, terms=None):
    journal = MemoryJournal()
    writer = journal.writer("w")
    writer.append(frames)
    ledger = Ledger(terms or Terms())
    ledger.catch_up(journal)
    return ledger


def cohorts_of(frames, *, plan=None, now_us=10 * DAY_US, terms=None):
    rollout, _ = started(plan or canary())
    return CohortBook("r1").cohorts(rollout, ledger=ledger_of(frames, terms=terms), now_us=now_us)


def test_the_first_outcome_counts_and_unknown_impossible_and_repeated_ones_are_counted():
    frames = [
        outcome("a", 1.0, at_us=9),
        prediction("a"),
        prediction("a", arm="candidate", at_us=1),
        outcome("a", 0.0, at_us=8),
        outcome("a", 1.0, at_us=7),
        outcome("b", 1.0),
        outcome("a", math.nan),
        outcome("a", 0.5),
        shadow("c", "candidate", 0.1),
    ]
    ledger = ledger_of(frames)
    tally = ledger.tally
    assert (tally.predictions, tally.outcomes, tally.duplicates) == (1, 1, 1)
    assert (tally.repeated, tally.impossible, tally.unknown, tally.unknown_shadows) == (2, 2, 1, 1)
    (block,) = ledger.blocks("main")
    assert (block.outcome[0], block.outcome_at_us[0]) == (1.0, 7)


@pytest.mark.parametrize("days_apart", [0, 1])
def test_of_rows_with_one_id_the_earliest_counts_in_whatever_order_they_are_read(days_apart):
    """A caller who waits in vain asks again, another worker answers, and a restart reads the workers in other order."""
    frames = [
        prediction("a", at_us=10, arm="live", score=0.9),
        prediction("a", at_us=20 + days_apart * DAY_US, arm="candidate", score=0.1),
        prediction("a", at_us=30, arm="candidate", score=0.2),
        shadow("a", "candidate", 0.3),
        outcome("a", 1.0, at_us=40),
    ]
    for order in itertools.permutations(frames):
        ledger = ledger_of(order)
        assert (ledger.tally.predictions, ledger.tally.duplicates, ledger.tally.outcomes) == (1, 2, 1)
        (first,) = canonical_cohorts = cohorts_of(order, now_us=3 * DAY_US)
        assert canonical(canonical_cohorts) == canonical(cohorts_of(frames, now_us=3 * DAY_US))
        assert (first.live.n, first.candidate.n, first.pairs.n, first.pairs.only_candidate) == (1, 0, 1, 1)


def test_rows_with_one_id_in_one_tick_and_in_another():
    def tick(*at_us):
        frame = prediction("a")
        n = len(at_us)
        many = {f: getattr(frame, f) * n for f in ("id", "entity", "arm", "fallback", "score", "latency_us")}
        return msgspec.structs.replace(frame, at_us=list(at_us), **many)

    for order in itertools.permutations([tick(5, 3), tick(4)]):
        (block,) = ledger_of(order).blocks("main")
        assert [t for t, version in zip(block.at_us, block.version, strict=True) if version >= 0] == [3]


def test_who_asks_again_after_a_failure_is_counted_by_the_answer_he_got():
    frames = [
        prediction("a", at_us=10, arm="candidate", score=math.nan),
        prediction("a", at_us=20, arm="candidate", score=0.9),
        outcome("a", 1.0, at_us=40),
    ]
    for order in itertools.permutations(frames):
        (cohort,) = cohorts_of(order)
        assert (cohort.candidate.n, cohort.candidate.failures, cohort.candidate.labelled) == (1, 0, 1)


def test_a_late_outcome_is_missing_and_an_immature_request_is_not_counted_yet():
    frames = [
        prediction("a"),
        outcome("a", 0.0, at_us=HOUR_US + 1),
        prediction("b", at_us=5 * HOUR_US),
        outcome("b", 0.0, at_us=5 * HOUR_US + 1),
    ]
    (cohort,) = cohorts_of(frames, now_us=5 * HOUR_US + 2)
    assert (cohort.live.n, cohort.live.mature, cohort.live.labelled, cohort.live.missing) == (2, 1, 0, 1)
    (cohort,) = cohorts_of(frames, now_us=6 * HOUR_US)
    assert (cohort.live.mature, cohort.live.labelled, cohort.live.errors) == (2, 1, 1)


def test_who_steps_in_answers_for_the_arm_that_was_dealt():
    frames = [prediction("a", arm="live", fallback=True), outcome("a", 0.0), shadow("a", "candidate", math.nan)]
    (cohort,) = cohorts_of(frames)
    assert (cohort.candidate.n, cohort.candidate.failures, cohort.candidate.errors) == (1, 1, 1)
    assert (cohort.live.n, cohort.pairs.failed_candidate, cohort.pairs.only_candidate) == (0, 1, 0)


def test_an_entity_errs_once():
    frames = [
        frame
        for i in range(6)
        for frame in (
            prediction(f"p{i}", at_us=i * DAY_US // 2, entity="same" if i < 5 else "other"),
            outcome(f"p{i}", 0.0, at_us=i * DAY_US // 2),
        )
    ]
    found = cohorts_of(frames)
    assert [c.live.errors for c in found] == [2, 2, 2]
    assert [c.live.error_entities for c in found] == [1, 0, 1]


def test_an_entity_is_one_toss_in_the_stage_that_first_dealt_it():
    """Errors stick to entities: one that live erred on in the shadow must stay a toss, one tossed before must not."""
    shares = {"shadow": 0.0, "canary": 0.25, "ramp": 0.5}
    stages = [Stage(name=n, kind=StageKind(n), share=s, gates=(), min_s=0, max_s=1e9) for n, s in shares.items()]
    rollout, _ = started(Plan(stages=tuple(stages), maturity_s=3600.0))
    entries = tuple(StageEntry(stage=n, at_us=i * DAY_US, route_version=2 + i) for i, n in enumerate(shares))
    rollout = msgspec.structs.replace(rollout, entries=entries)
    asked = [("old", "live", 0), ("old", "live", 1), ("old", "candidate", 2), ("new", "candidate", 2)]
    frames = [
        frame
        for i, (entity, arm, day) in enumerate(asked)
        for frame in (
            prediction(f"p{i}", at_us=day * DAY_US + i, entity=entity, arm=arm, version=2 + day, fallback=True),
            outcome(f"p{i}", 0.0, at_us=day * DAY_US + i),
        )
    ]
    terms = Terms(latency_budget_ms=0.001)  # so that each answer fails too
    found = CohortBook("r1").cohorts(rollout, ledger=ledger_of(frames, terms=terms), now_us=10 * DAY_US)
    for count in ("error_entities", "failure_entities"):
        assert [getattr(c.live, count) + getattr(c.candidate, count) for c in found] == [0, 1, 1]


def test_no_answer_is_an_error_of_a_pair_but_no_loss_of_a_number():
    frames = [prediction("a"), shadow("a", "candidate", math.nan), outcome("a", 1.0)]
    (cohort,) = cohorts_of(frames)
    assert (cohort.pairs.n, cohort.pairs.only_candidate) == (1, 1)
    number = Terms(scoring=Scoring(kind=TaskKind.REGRESSION))
    (cohort,) = cohorts_of(frames, terms=number, plan=canary(metric="absolute-error"))
    assert (cohort.pairs.n, cohort.pairs.seen, cohort.pairs.failed_candidate) == (0, 1, 1)


def test_a_slow_answer_is_a_failure_beyond_the_budget():
    frames = [prediction("a", latency_us=2_001), prediction("b", latency_us=1_999)]
    (cohort,) = cohorts_of(frames, terms=Terms(latency_budget_ms=2.0))
    assert (cohort.live.n, cohort.live.failures) == (2, 1)


def test_hours_are_cohorts_of_their_own_if_a_gate_counts_in_hours():
    frames = [prediction(f"p{h}", at_us=h * HOUR_US) for h in range(3)]
    assert [c.start_us // HOUR_US for c in cohorts_of(frames, plan=canary(unit="hour"))] == [0, 1, 2]


def test_rows_of_another_route_version_or_arm_are_left_out():
    frames = [prediction("a", version=1), prediction("b", arm="third"), prediction("c", version=3)]
    assert [(c.route_version, c.live.n) for c in cohorts_of(frames)] == [(3, 1)]


def test_shadows_lag_until_they_have_answered_what_was_asked():
    journal = MemoryJournal()
    worker, process = journal.writer("w"), journal.writer("shadow")
    ledger = Ledger(Terms())
    worker.append([prediction("a"), prediction("b", arm="candidate")])
    ledger.catch_up(journal)
    assert ledger.shadow_lag() == ("candidate: w-00000001", "live: w-00000001")
    process.append([shadow("a", "candidate", 0.5, offset=1), shadow("b", "live", 0.5, offset=2)])
    ledger.catch_up(journal)
    assert ledger.shadow_lag() == ()


def by_hand(rows, *, now_us, wait_us):
    """Count the paired difference of a list of rows as slowly and plainly as can be."""
    n = only_candidate = only_live = 0
    for at_us, arm, score, other, y, y_at in rows:
        if other is None or y is None or not at_us + wait_us <= now_us or y_at > at_us + wait_us:
            continue
        candidate, live = (score, other) if arm == "candidate" else (other, score)
        wrong = [math.isnan(s) or (s >= 0.5) != (y == 1.0) for s in (candidate, live)]
        n += 1
        only_candidate += wrong[0] and not wrong[1]
        only_live += wrong[1] and not wrong[0]
    return n, only_candidate, only_live


row = st.tuples(
    st.integers(0, 3 * DAY_US),
    st.sampled_from(["live", "candidate"]),
    st.sampled_from([0.1, 0.9, math.nan]),
    st.sampled_from([None, 0.2, 0.8, math.nan]),
    st.sampled_from([None, 0.0, 1.0]),
    st.integers(0, 3 * DAY_US),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(row, min_size=1, max_size=25), st.integers(0, 4 * DAY_US), st.randoms(use_true_random=False))
def test_any_order_of_frames_gives_the_same_cohorts_and_the_count_by_hand(rows, now_us, random):
    frames = []
    for i, (at_us, arm, score, other, y, y_at) in enumerate(rows):
        frames.append(prediction(f"p{i}", at_us=at_us, arm=arm, score=score, entity=f"e{i % 4}"))
        if other is not None:
            frames.append(shadow(f"p{i}", "live" if arm == "candidate" else "candidate", other))
        if y is not None:
            frames.append(outcome(f"p{i}", y, at_us=y_at))
    expected = cohorts_of(frames, now_us=now_us)
    shuffled = list(frames)
    random.shuffle(shuffled)
    assert canonical(cohorts_of(shuffled, now_us=now_us)) == canonical(expected)
    done = [r for r in rows if r[0] <= now_us]
    sums = (
        sum(c.pairs.n for c in expected),
        sum(c.pairs.only_candidate for c in expected),
        sum(c.pairs.only_live for c in expected),
    )
    assert sums == by_hand(done, now_us=now_us, wait_us=HOUR_US)


@settings(max_examples=30, deadline=None)
@example([(0, "live", 0.9, None, None, 0)], [5 * DAY_US, 0])
@given(st.lists(row, min_size=1, max_size=25), st.lists(st.integers(0, 5 * DAY_US), min_size=1, max_size=6))
def test_a_book_that_looked_often_says_what_a_fresh_one_says(rows, moments):
    rollout, _ = started(canary())
    journal = MemoryJournal()
    writer, ledger, book = journal.writer("w"), Ledger(Terms()), CohortBook("r1")
    for i, (at_us, arm, score, _, y, y_at) in enumerate(rows):
        writer.append([prediction(f"p{i}", at_us=at_us, arm=arm, score=score, entity=f"e{i % 4}")])
        ledger.catch_up(journal)
        book.cohorts(rollout, ledger=ledger, now_us=moments[i % len(moments)])
        if y is not None:
            writer.append([outcome(f"p{i}", y, at_us=y_at)])
    ledger.catch_up(journal)
    for now_us in sorted(moments):
        fresh = CohortBook("r1").cohorts(rollout, ledger=ledger, now_us=now_us)
        assert canonical(book.cohorts(rollout, ledger=ledger, now_us=now_us)) == canonical(fresh)


def test_reading_stops_where_it_is_told():
    journal = MemoryJournal()
    journal.writer("a").append([prediction("p1"), prediction("p2")])
    journal.writer("b").append([prediction("p3")])
    ledger = Ledger(Terms())
    assert ledger.catch_up(journal, upto={"a-00000001": 1}) == 1
    assert ledger.tally.predictions == 1
