"""Approval: a person lets a stage end, or refuses; nobody's silence, and no word on another stage, counts."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.transition import begin
from slipway.errors import BadInput
from slipway.records.facts import Approval, Facts
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, Plan, Stage, StageKind
from slipway.testing.rollouts import CANDIDATE, DAY_US, ROUTE


def asked(**terms):
    gate = Gate(kind=GateKind.APPROVAL, **terms)
    stage = Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(gate,), min_s=0.0, max_s=30 * 86400.0)
    full = msgspec.structs.replace(stage, name="full", kind=StageKind.FULL, share=1.0)
    return begin("r1", route=ROUTE, candidate=CANDIDATE, plan=Plan(stages=(stage, full)), now_us=10, by="Ada").rollout


def say(by, *, approved=True, at_us=20, **other):
    said = Approval(rollout="r1", stage="shadow", by=by, approved=approved, why="looked at the cases", at_us=at_us)
    return msgspec.structs.replace(said, **other)


def judged(*said, rollout=None, now_us=DAY_US):
    return judge(rollout or asked(), [], now_us=now_us, facts=Facts(approvals=said))


def test_nobodys_word_holds_and_says_how_to_speak():
    verdict = judged()
    assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.STAY)
    assert "'slipway rollout approve r1 --stage shadow --by WHO --why ...'" in verdict.reason
    assert judged(now_us=31 * DAY_US).action is Action.ROLL_BACK


def test_an_approval_advances_and_a_refusal_rolls_back_with_the_persons_words():
    assert judged(say("Ben")).action is Action.ADVANCE
    refused = judged(say("Ben"), say("Cem", approved=False))
    assert refused.action is Action.ROLL_BACK
    assert "refused by Cem: looked at the cases" in refused.reason


def test_the_last_word_of_a_person_counts():
    said = say("Ben", approved=False), say("Ben", at_us=30)
    assert judged(*said).decision is Decision.PASS
    assert judged(*reversed(said)).decision is Decision.PASS


@pytest.mark.parametrize("other", [{"stage": "full"}, {"rollout": "r2"}, {"at_us": 9}, {"at_us": DAY_US + 1}])
def test_a_word_on_something_else_or_of_another_time_says_nothing(other):
    assert judged(say("Ben", **other)).decision is Decision.HOLD
    assert judged(say("Ben", approved=False, **other)).decision is Decision.HOLD


def test_where_names_are_stated_only_they_count_and_never_for_their_own():
    four_eyes = asked(by=("Ada", "Ben"))
    assert judged(say("Cem"), rollout=four_eyes).decision is Decision.HOLD
    assert judged(say("Cem", approved=False), rollout=four_eyes).decision is Decision.HOLD
    assert judged(say("Ada"), rollout=four_eyes).decision is Decision.HOLD  # she started it
    assert judged(say("Ben"), rollout=four_eyes).decision is Decision.PASS
    assert judged(say("Ada")).decision is Decision.PASS  # no names stated: anybody, the starter too


def test_a_plan_may_ask_for_more_than_one_person():
    two = asked(min_units=2)
    assert judged(say("Ben"), say("Ben", at_us=40), rollout=two).decision is Decision.HOLD
    assert judged(say("Ben"), say("Cem"), rollout=two).decision is Decision.PASS


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"kind": GateKind.HARM, "by": ("Ada",)}, "gate harm: want no 'by'"),
        ({"kind": GateKind.APPROVAL, "by": (" ",)}, "want names in 'by'"),
        ({"kind": GateKind.METRIC}, "want the metric's name, got none"),
        ({"kind": GateKind.METRIC, "metric": "revenue"}, "want better = 'higher' or 'lower' for revenue"),
        ({"kind": GateKind.AGREEMENT}, "want 0 < level < 1, got None"),
        ({"kind": GateKind.SERVICE, "level": 0.9}, "A gate 'agreement' has one: take it out here"),
    ],
)
def test_a_setting_that_is_missing_or_anothers_is_refused(terms, says):
    with pytest.raises(BadInput, match=says):
        Gate(**terms)
