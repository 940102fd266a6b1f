"""Decisions of people: each decider's first counts, in any order and division, and none is ever taken for the truth."""

import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control.checkpoint import Checkpoint, Kept, basis_of
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.agreement import Agreement, agreements
from slipway.records.frame import DecisionFrame, OutcomeFrame, PredictionFrame
from slipway.records.load_test import ID_PREFIX
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.moments import Moments
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.testing.frames import decision_frame, prediction_frame
from slipway.testing.memory import MemoryJournal

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


def asked(id_, *, at_us=0, arm="live", score=0.9):
    return PredictionFrame(
        route="main", route_version=1, at_us=[at_us], id=[id_], entity=["e"], arm=[arm], fallback=[False],
        score=[score], latency_us=[1], x={},
    )  # fmt: skip


def decided(id_, *, by="ana", value=1.0, at_us=HOUR_US):
    return DecisionFrame(at_us=[at_us], id=[id_], value=[value], by=[by], decided_us=[at_us], saw=[None])


def ledger_of(*frames, terms=None):
    journal = MemoryJournal()
    journal.writer("w").append(list(frames))
    ledger = Ledger(terms or Terms())
    ledger.catch_up(journal)
    return ledger


IDS = st.sampled_from(["a", "b", "c", f"{ID_PREFIX}1"])
ASKED = st.builds(asked, IDS, at_us=st.just(HOUR_US), arm=st.sampled_from(["live", "other"]), score=st.just(0.9))
DECIDED = st.builds(
    decided,
    IDS,
    by=st.sampled_from(["ana", "bob"]),
    value=st.sampled_from([0.0, 1.0, 0.5, float("nan")]),
    at_us=st.integers(0, 9).map(lambda hour: hour * HOUR_US),
)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.lists(ASKED | DECIDED, max_size=14), writers=st.lists(st.sampled_from("abc"), min_size=14, max_size=14)
)
def test_the_first_of_each_decider_counts_in_any_order_and_division(frames, writers):
    with tempfile.TemporaryDirectory() as place:
        open_ones = {name: SegmentWriter(Path(place), name=name) for name in sorted(set(writers))}
        for name, frame in zip(writers, frames, strict=False):
            open_ones[name].append([frame])
        for writer in open_ones.values():
            writer.close()
        ledger = Ledger(Terms())
        ledger.catch_up(SegmentReader(Path(place)))
    callers = [f for f in frames if not f.id[0].startswith(ID_PREFIX)]
    told = [f for f in callers if isinstance(f, DecisionFrame)]
    possible = [f for f in told if f.value[0] in (0.0, 1.0)]
    ids = {f.id[0] for f in callers if isinstance(f, PredictionFrame)}
    first = {}
    for f in sorted(possible, key=lambda f: (f.at_us[0], f.value[0])):
        first.setdefault((f.id[0], f.by[0]), f.value[0])
    joined = {pair: value for pair, value in first.items() if pair[0] in ids}
    tally = ledger.tally
    assert (tally.decisions, tally.unknown_decisions) == (len(joined), len(first) - len(joined))
    assert tally.impossible_decisions == len(told) - len(possible)
    assert tally.repeated_decisions == len(possible) - len(first)
    assert (tally.outcomes, tally.unknown) == (0, 0)
    apart = ledger.disagreement()
    assert sum(m.n for m in apart.values()) == len(joined)
    assert sum(m.total for m in apart.values()) == sum(value == 0.0 for value in joined.values())


def test_an_answer_that_takes_the_place_of_none_is_what_decisions_are_held_against():
    """Who asks again after a failure is answered late; what was decided is held against what he got."""
    ledger = ledger_of(asked("a", score=float("nan")), decided("a"))
    assert ledger.disagreement() == {}
    journal = MemoryJournal()
    journal.writer("x").append([asked("a", at_us=5, score=0.1)])
    ledger.catch_up(journal)
    assert ledger.disagreement() == {"live": Moments(n=1, total=1.0, squares=1.0)}


def test_a_status_with_agreement_is_what_was_sent():
    """Too few for an interval, and enough; JSON has no infinity."""
    few = agreements({"live": Moments(n=1, total=2.5, squares=6.25)}, kind=TaskKind.REGRESSION)
    enough = agreements({"live": Moments(n=9, total=4.0, squares=4.0)}, kind=TaskKind.BINARY)
    for told in (few, enough):
        assert msgspec.json.decode(msgspec.json.encode(told), type=tuple[Agreement, ...]) == told


def test_a_decision_is_no_outcome():
    """Not of its row, and not for anyone who reads the ledger."""
    ledger = ledger_of(asked("a"), decided("a"), OutcomeFrame(at_us=[1], id=["b"], value=[1.0]), decided("b"))
    (block,) = ledger.blocks("main")
    assert np.isnan(block.outcome).all()
    assert (ledger.tally.outcomes, ledger.tally.unknown) == (0, 1)


def test_it_is_held_against_the_answer_of_the_arm_that_gave_it():
    frames = [asked("a", score=0.5), asked("b", score=0.49), asked("c", arm="rule"), asked("d", score=float("nan"))]
    ledger = ledger_of(*frames, *(decided(id_) for id_ in "abcd"), decided("a", by="bob", value=0.0))
    assert ledger.disagreement() == {"live": Moments(n=3, total=2.0, squares=2.0), "rule": Moments(n=1)}
    live, _ = agreements(ledger.disagreement(), kind=TaskKind.BINARY)
    assert live.sentence.startswith("33.3 % of 3 on answers of live agree (")
    number = Terms(scoring=Scoring(kind=TaskKind.REGRESSION))
    far = ledger_of(asked("a", score=7.0), decided("a", value=4.5), terms=number).disagreement()
    assert far == {"live": Moments(n=1, total=2.5, squares=6.25)}
    (apart,) = agreements(far, kind=TaskKind.REGRESSION)
    assert apart.sentence == "those of 1 on answers of live differ by 2.5 (too few for an interval)"


@pytest.mark.parametrize("how", ["let go", "kept in a checkpoint", "both"])
def test_days_that_go_and_restarts_change_no_count(how, tmp_path):
    journal = MemoryJournal()
    writer, rng = journal.writer("w"), np.random.default_rng(5)
    for day in range(6):
        frame = prediction_frame(40, rng=rng, first=40 * day, at_us=day * DAY_US)
        half = decision_frame(frame, by="bob")
        writer.append([frame, decision_frame(frame), decided(f"never{day}", at_us=day * DAY_US)])
        writer.append([DecisionFrame(**{f: getattr(half, f)[:20] for f in half.__struct_fields__})])
    whole = Ledger(Terms())
    whole.catch_up(journal)
    ledger, seen = Ledger(Terms()), defaultdict(int)
    for n, (_, (segment, offset)) in enumerate(list(journal.read({}))):
        seen[segment] = offset
        ledger.catch_up(journal, upto=seen)
        if n % 4 == 3 and how != "kept in a checkpoint" and len(list(ledger.blocks("main"))) > 2:
            ledger.let_go(next(ledger.blocks("main")))
        if n % 5 == 4 and how != "let go":
            checkpoint = Checkpoint(tmp_path / "c", basis=basis_of("t"), sizes=lambda: {"w-00000001": 10**9})
            checkpoint.save(ledger, kept=Kept(books={}, posts=(), past=()))
            ledger = Ledger(Terms())
            assert checkpoint.load(ledger) is not None
    assert (ledger.tally.decisions, ledger.tally.unknown_decisions) == (360, 6)
    assert ledger.tally == whole.tally
    assert ledger.disagreement() == whole.disagreement() == {"live": Moments(n=360)}
    assert len(ledger.decided) <= len(whole.decided)
