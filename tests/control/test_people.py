"""What the gates on people read is a function of the journal: a model's answers beside decisions, each counted once."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control.cohorts import CohortBook
from slipway.control.fact_book import FactBook
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.terms import Terms
from slipway.deployment.transition import begin
from slipway.records.frame import DecisionFrame, OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.handover import Course, People
from slipway.records.people import COUNTS, PeopleFacts
from slipway.testing.memory import MemoryJournal
from slipway.testing.people import DESK_ROUTE, people_plan
from slipway.testing.rollouts import CANDIDATE

HOUR_US = 3_600_000_000
WAIT_US = 24 * HOUR_US
NOW_US = 10 * 24 * HOUR_US


def row(id_, *, course, score, at_us=HOUR_US, shown=False, version=2):
    """One row of the journal with the part that people have in it, and what the shadow said if it was asked there."""
    mine = course in (Course.AUTOMATED, Course.AUDITED)
    handed = course is Course.HANDED_OVER
    people = People(
        course=[course.value], asked=["candidate" if handed else ""], suggestion=[score if handed else float("nan")],
        shown=[shown and handed], due_us=[0],
    )  # fmt: skip
    frame = PredictionFrame(
        route="main", route_version=version, at_us=[at_us], id=[id_], entity=["e"],
        arm=["candidate" if mine else "desk"], fallback=[False], score=[score if mine else float("nan")],
        latency_us=[1], shadows=("candidate",), people=people, x={},
    )  # fmt: skip
    if course is not Course.ASKED:
        return [frame]
    return [frame, ShadowFrame(arm="candidate", id=[id_], score=[score], segment="w", offset=1)]


def decision(id_, by, value, *, at_us=2 * HOUR_US, saw=None):
    return DecisionFrame(at_us=[at_us], id=[id_], value=[value], by=[by], decided_us=[at_us], saw=[saw])


def outcome(id_, value, *, at_us=3 * HOUR_US):
    return OutcomeFrame(at_us=[at_us], id=[id_], value=[value])


def rollout_of():
    plan = people_plan(maturity_s=WAIT_US / 1e6)
    return begin("r1", route=DESK_ROUTE, candidate=CANDIDATE, plan=plan, now_us=0).rollout


def sums_of(*frames, now_us=NOW_US):
    journal = MemoryJournal()
    journal.writer("w").append(list(frames))
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    return FactBook().people(Look(rollout_of(), ledger, now_us))


def counted(*frames, now_us=NOW_US):
    (found,) = sums_of(*frames, now_us=now_us)
    return {name: getattr(found, name) for name in COUNTS if getattr(found, name)}


def test_in_the_shadow_a_model_that_differs_and_is_settled_against():
    asked = row("a", course=Course.ASKED, score=0.96)
    assert counted(*asked, decision("a", "ana", 0.0)) == {"n": 1, "wrong": 1, "apart": 1}
    settled = decision("a", "bob", 0.0, at_us=4 * HOUR_US)
    both = {"n": 1, "wrong": 1, "apart": 1, "model_wrong": 1, "alone": 1}
    assert counted(*asked, decision("a", "ana", 0.0), settled) == both
    sided = decision("a", "bob", 1.0, at_us=4 * HOUR_US)
    assert counted(*asked, decision("a", "ana", 0.0), sided) == {"n": 1, "apart": 1, "person_wrong": 1, "sided": 1}
    (cell,) = sums_of(*asked, decision("a", "ana", 0.0))
    assert (cell.confidence, cell.audited, cell.route_version) == (0.95, False, 2)


def test_a_second_reader_sees_what_model_and_first_reader_share():
    asked = row("a", course=Course.ASKED, score=0.9)
    frames = [decision("a", "ana", 1.0), decision("a", "bob", 0.0, at_us=3 * HOUR_US)]
    twice = {"n": 1, "split": 1, "agreed": 1, "agreed_twice": 1}
    both = {**twice, "wrong": 1, "shared": 1}
    assert counted(*asked, *frames) == both, "until somebody settles it"
    assert counted(*asked, *frames, decision("a", "eve", 1.0, at_us=4 * HOUR_US)) == twice
    assert counted(*asked, *frames, decision("a", "eve", 0.0, at_us=4 * HOUR_US)) == both
    assert counted(*asked, *frames, outcome("a", 0.0)) == {"n": 1, "split": 1, "wrong": 1}, "it stands for itself"
    assert counted(*asked, *frames[:1]) == {"n": 1, "agreed": 1}


def test_an_outcome_says_who_was_right_whoever_settled():
    asked = row("a", course=Course.ASKED, score=0.02)
    frames = (decision("a", "ana", 1.0), decision("a", "bob", 1.0, at_us=4 * HOUR_US), outcome("a", 0.0))
    told = {"n": 1, "apart": 1, "person_wrong": 1, "person_wrong_told": 1, "alone": 1}
    assert counted(*asked, *frames) == told
    assert counted(*asked, *frames[:1], outcome("a", 1.0)) == {
        "n": 1, "wrong": 1, "apart": 1, "model_wrong": 1, "model_wrong_told": 1
    }  # fmt: skip
    assert counted(*asked, decision("a", "ana", 0.0), outcome("a", 1.0)) == {"n": 1, "wrong": 1}


def test_what_was_shown_says_nothing_of_the_person_and_all_of_the_pull():
    handed = row("a", course=Course.HANDED_OVER, score=0.7, shown=True)
    assert counted(*handed, decision("a", "ana", 1.0)) == {"shown": 1, "shown_same": 1}
    wrong = {"shown": 1, "shown_same": 1, "wrong_shown": 1, "wrong_shown_same": 1}
    assert counted(*handed, decision("a", "ana", 1.0), outcome("a", 0.0)) == wrong
    hidden = row("a", course=Course.HANDED_OVER, score=0.7)
    assert counted(*hidden, decision("a", "ana", 0.0)) == {"n": 1, "wrong": 1, "apart": 1, "hidden": 1}


def test_an_audit_is_apart_from_what_people_decided_instead():
    (audit,) = sums_of(*row("a", course=Course.AUDITED, score=0.99), decision("a", "ana", 1.0))
    assert (audit.audited, audit.n, audit.wrong, audit.confidence) == (True, 1, 0, 0.99)
    assert sums_of(*row("a", course=Course.AUTOMATED, score=0.99)) == ()
    assert sums_of(*row("a", course=Course.ARM, score=0.99), decision("a", "ana", 1.0)) == ()


def test_who_saw_the_answer_all_the_same_does_not_count_for_people():
    asked = row("a", course=Course.ASKED, score=0.9)
    assert sums_of(*asked, decision("a", "ana", 1.0, saw=True))[0].n == 0
    assert sums_of(*asked, decision("a", "ana", 1.0, saw=False))[0].n == 1


@pytest.mark.parametrize("score", [float("nan"), 1.5, -0.1])
def test_a_row_on_which_the_model_said_nothing_compares_nothing(score):
    assert sums_of(*row("a", course=Course.ASKED, score=score), decision("a", "ana", 1.0)) == ()


def test_rows_count_once_their_time_is_over_and_decisions_that_come_in_time():
    asked = row("a", course=Course.ASKED, score=0.9, at_us=HOUR_US)
    assert sums_of(*asked, decision("a", "ana", 1.0), now_us=WAIT_US) == ()
    assert counted(*asked, decision("a", "ana", 1.0, at_us=HOUR_US + WAIT_US + 1)) == {"undecided": 1}
    assert counted(*asked) == {"undecided": 1}
    late = decision("a", "bob", 0.0, at_us=HOUR_US + WAIT_US + 1)
    assert counted(*asked, decision("a", "ana", 0.0), late) == {"n": 1, "wrong": 1, "apart": 1}


def test_waiting_for_a_person_is_no_failure_of_the_arm():
    journal = MemoryJournal()
    rows = [*row("a", course=Course.ASKED, score=0.9), *row("b", course=Course.HANDED_OVER, score=0.6, version=3)]
    journal.writer("w").append(rows)
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    found = CohortBook("r1").cohorts(rollout_of(), ledger=ledger, now_us=NOW_US)
    assert sum(c.live.failures + c.candidate.failures for c in found) == 0
    assert [(c.candidate.n, c.live.n) for c in found] == [(0, 1), (1, 0)], "what it handed over was dealt to it"


CASES = st.lists(
    st.tuples(
        st.sampled_from([Course.ASKED, Course.HANDED_OVER, Course.AUDITED]),
        st.sampled_from([0.03, 0.45, 0.55, 0.8, 0.97]),
        st.booleans(),
        st.lists(st.sampled_from([0.0, 1.0]), max_size=3),
        st.sampled_from([None, 0.0, 1.0]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(cases=CASES, seed=st.integers(0, 99))
def test_sums_are_those_of_a_plain_loop_in_any_order(cases, seed):
    frames, expected = (
        [],
        dict.fromkeys(
            ("n", "apart", "model_wrong", "person_wrong", "shown", "undecided", "wrong", "model_wrong_told"), 0
        ),
    )
    for i, (course, score, shown, said, truth) in enumerate(cases):
        frames += row(f"i{i}", course=course, score=score, shown=shown)
        frames += [decision(f"i{i}", f"p{k}", v, at_us=(2 + k) * HOUR_US) for k, v in enumerate(said)]
        frames += [] if truth is None else [outcome(f"i{i}", truth)]
        label, seen = float(score >= 0.5), shown and course is Course.HANDED_OVER
        if not said:
            expected["undecided"] += 1
            continue
        expected["shown"] += seen
        if seen:
            continue
        word = truth if truth is not None else said[-1] if len(said) > 1 else None
        apart = label != said[0]
        expected["n"] += 1
        expected["apart"] += apart
        expected["model_wrong"] += apart and word is not None and word != label
        expected["model_wrong_told"] += apart and truth is not None and truth != label
        expected["person_wrong"] += apart and word is not None and word == label
        expected["wrong"] += apart if word is None else word != label
    mixed = [frames[i] for i in np.random.default_rng(seed).permutation(len(frames))]
    found = sums_of(*mixed)
    assert {name: sum(getattr(s, name) for s in found) for name in expected} == expected
    assert found == sums_of(*frames)


def test_one_person_is_no_second_reader_of_himself():
    asked = row("a", course=Course.ASKED, score=0.9)
    twice = (decision("a", "ana", 0.0), decision("a", "ana", 1.0, at_us=4 * HOUR_US))
    assert counted(*asked, *twice) == {"n": 1, "wrong": 1, "apart": 1}


def test_some_are_settled_for_either_reason():
    for settle, second in itertools.product((0.0, 0.3, 1.0), repeat=2):
        assert PeopleFacts(settle=settle, second=second).settled == pytest.approx(settle + second - settle * second)
