"""Degrees of automation: what people decided passes, holds or fails; a threshold is fixed; harm goes back to people."""

import msgspec
import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import explain, problems
from slipway.deployment.replay import replay
from slipway.deployment.transition import begin, follow, roll_back
from slipway.errors import BadInput
from slipway.records.arm import Arm, ArmKind
from slipway.records.automation import Automation
from slipway.records.cohort import ArmSums, Cohort, VerdictInputs
from slipway.records.facts import Facts
from slipway.records.gate import Gate, GateKind
from slipway.records.people import PeopleFacts, PeopleSums
from slipway.records.plan_drafts import GateDraft, PlanTerms
from slipway.records.plan_template import default_plan
from slipway.records.rollout import Action, Decision, RolloutStatus, StageKind
from slipway.records.route import Route, Share
from slipway.records.task import Case
from slipway.stats.thresholds import THRESHOLDS
from slipway.testing.people import AUTOMATION, DESK_ROUTE, people_plan
from slipway.testing.rollouts import CANDIDATE, DAY_US

ROUTE = DESK_ROUTE


def plan(**changes):
    return msgspec.structs.replace(people_plan(), **changes)


def sums(rng, *, day, version, confidence, audited=False, n=0, model=0.0, person=0.07, shown=0, follow=0.0):
    """Rows of one degree of confidence; who differ are settled, a fifth of the others is read twice."""
    bad, human, other = rng.random(n) < model, rng.random(n) < person, rng.random(n) < person
    apart, twice = bad != human, rng.random(n) < 0.2
    wrong_seen = rng.random(shown) < model
    same = wrong_seen & (rng.random(shown) < follow) | ~wrong_seen & (rng.random(shown) >= person)
    hidden = int(0.4 * shown)
    hidden_same = int((rng.random(hidden) < (1 - model) * (1 - person)).sum())
    return PeopleSums(
        start_us=day * DAY_US, end_us=(day + 1) * DAY_US, route_version=version, confidence=confidence, audited=audited,
        n=n, wrong=int(bad.sum() - (bad & human).sum()), apart=int(apart.sum()),
        model_wrong=int((apart & bad).sum()), person_wrong=int((apart & human).sum()),
        split=int((~apart & twice & (human != other)).sum()), alone=int((apart & (human == other)).sum()),
        sided=int((apart & (human != other)).sum()),
        shown=shown, shown_same=int(same.sum()), hidden=hidden, hidden_same=hidden_same,
    )  # fmt: skip


def day_of(rng, rollout, route, *, day, model, follow_wrong):
    """One day of 400 cases, 160 of them at a confidence of .95; model errs there with `model`, elsewhere on a third."""
    stage, version = rollout.stage(), route.version
    blind = 1.0 if stage.share < 1 else 0.0
    shown = 120 if stage.kind is StageKind.ASSIST else 0
    made = {"day": day, "version": version}
    found = [
        sums(rng, **made, confidence=0.95, n=int(160 * blind), model=model, shown=shown, follow=follow_wrong),
        sums(rng, **made, confidence=0.6, n=int(240 * blind), model=0.33),
    ]
    if rollout.entries[-1].threshold is not None:
        found.append(sums(rng, **made, confidence=0.95, audited=True, n=int(160 * stage.share * 0.2), model=model))
    arm = ArmSums(n=400)
    cohort = Cohort(
        start_us=day * DAY_US, end_us=(day + 1) * DAY_US, route_version=version, share=stage.share, live=arm
    )
    return found, cohort


def live_through(*, model=0.01, later=None, days=120, seed=1, follow_wrong=0.2, p=None):
    rng, found, cohorts, verdicts = np.random.default_rng(seed), [], [], []
    rollout, route = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=p or plan(), now_us=0)
    for day in range(days):
        now_is = later if later is not None and rollout.entries[-1].threshold is not None else model
        more, cohort = day_of(rng, rollout, route, day=day, model=now_is, follow_wrong=follow_wrong)
        found, cohorts = [*found, *more], [*cohorts, cohort]
        facts = Facts(people=PeopleFacts(settle=1.0, second=0.2, sums=tuple(found)))
        now_us = (day + 1) * DAY_US
        verdicts.append((rollout, judge(rollout, cohorts, now_us=now_us, facts=facts), facts, tuple(cohorts)))
        rollout, changed = follow(verdicts[-1][1], rollout=rollout, route=route)
        route = changed or route
        if rollout.status is not RolloutStatus.RUNNING:
            break
    return rollout, route, verdicts


def test_from_people_alone_to_full_with_an_audit():
    rollout, route, _ = live_through()
    assert rollout.status is RolloutStatus.COMPLETED
    assert [e.stage for e in rollout.entries] == ["shadow", "assist", "partial", "full", "watch"]
    thresholds = [e.threshold for e in rollout.entries]
    assert thresholds[:2] == [None, None]
    assert 0.6 < thresholds[2] <= 0.95, "below it the model is wrong on a third"
    assert len({*thresholds[2:]}) == 1, "it stays as it was when the first partial stage was entered"
    (left,) = route.handovers
    assert (left.arm, left.person, left.threshold, left.audit) == ("candidate", "desk", thresholds[2], 0.2)
    assert route.shares == (Share(arm="candidate", share=1.0),)


def test_each_stage_hands_over_as_it_says():
    seen = {}
    rollout, route = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=plan(), now_us=0)
    seen["shadow"] = route
    _, _, verdicts = live_through()
    for before, verdict, _, _ in verdicts:
        after = follow(verdict, rollout=rollout, route=route)
        if after.route is not None:
            rollout, route = after
            seen[rollout.stage().name if rollout.status is RolloutStatus.RUNNING else "done"] = route
        assert before.plan == rollout.plan
    assert seen["shadow"].handovers == ()
    assert seen["shadow"].shadows == ("candidate",)
    assist, partial, full = (seen[name].handovers[0] for name in ("assist", "partial", "full"))
    assert (assist.threshold, assist.suggest, assist.hidden, assist.audit) == (None, True, 0.3, 0.0)
    assert (partial.suggest, partial.hidden, partial.audit) == (True, 0.3, 0.2)
    assert partial.threshold == full.threshold is not None
    assert [seen[n].share_of("candidate") for n in ("shadow", "assist", "partial", "full")] == [0, 0.3, 0.5, 1]
    assert seen["partial"].shadows == ("candidate",), "on what people decide alone it goes on to shadow them"


def test_an_error_that_audits_find_goes_back_to_people():
    rollout, route, verdicts = live_through(later=0.3)
    assert rollout.status is RolloutStatus.ROLLED_BACK
    assert rollout.entries[-1].stage == "partial"
    assert "evidence that it is above 5.0 %" in verdicts[-1][1].reason
    assert (route.shares, route.handovers) == ((Share(arm="desk", share=1.0),), ())


def test_a_completed_rollout_is_audited_for_ever():
    rollout, route, verdicts = live_through()
    _, last, facts, cohorts = verdicts[-1]
    now_us = last.at_us + DAY_US
    calm = judge(rollout, cohorts, now_us=now_us, facts=facts)
    assert (calm.decision, calm.action) == (Decision.HOLD, Action.STAY)
    assert "complete, and audited" in calm.reason
    rng = np.random.default_rng(3)
    bad = sums(rng, day=40, version=route.version, confidence=0.95, audited=True, n=150, model=0.4)
    people = msgspec.structs.replace(facts.people, sums=(*facts.people.sums, bad))
    alarm = judge(rollout, cohorts, now_us=now_us, facts=Facts(people=people))
    assert alarm.action is Action.ROLL_BACK
    back = follow(alarm, rollout=rollout, route=route)
    assert (back.route.shares, back.route.handovers) == ((Share(arm="desk", share=1.0),), ())
    assert back.rollout.status is RolloutStatus.ROLLED_BACK


def test_no_candidate_takes_the_place_of_a_model_that_hands_over():
    _, route, _ = live_through()
    replace = default_plan(Case.REPLACE, terms=PlanTerms(metric="error", margin=0.01))
    new = msgspec.structs.replace(CANDIDATE, name="new")
    with pytest.raises(BadInput, match="which hands over to desk"):
        begin("r2", route=route, candidate=new, plan=replace, now_us=0)


def test_a_model_that_is_sure_and_wrong_automates_nothing():
    rollout, _, verdicts = live_through(model=0.2, days=60)
    assert [e.stage for e in rollout.entries] == ["shadow"]
    assert "automate nothing: hold" in verdicts[-1][1].reason


def test_people_who_follow_wrong_suggestions_hold_the_rollout():
    p = plan()
    rollout, _, verdicts = live_through(model=0.02, follow_wrong=0.2, p=p, days=60)
    assert rollout.status is RolloutStatus.COMPLETED
    facts = verdicts[-1][2]
    pulled = tuple(
        msgspec.structs.replace(s, shown=500, shown_same=490, hidden=500, hidden_same=300) if s.shown else s
        for s in facts.people.sums
    )
    at, verdict, _, cohorts = next(v for v in verdicts if v[0].stage().name == "assist")
    swayed = Facts(people=msgspec.structs.replace(facts.people, sums=pulled))
    again = judge(at, cohorts, now_us=verdict.at_us, facts=swayed)
    assert again.decision is Decision.HOLD
    assert "more than the plan allows" in again.reason


def test_no_word_of_people_holds():
    rollout, _ = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=plan(), now_us=0)
    for facts in (Facts(), Facts(people=PeopleFacts(settle=1.0, second=0.2))):
        verdict = judge(rollout, [], now_us=DAY_US, facts=facts)
        assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.STAY)
    late = judge(rollout, [], now_us=100 * DAY_US, facts=Facts())
    assert late.action is Action.ROLL_BACK


def test_rows_that_nobody_decided_hold_what_would_pass():
    _, _, verdicts = live_through()
    at, verdict, facts, cohorts = next(v for v in verdicts if v[1].action is Action.ADVANCE)
    skipped = tuple(msgspec.structs.replace(s, undecided=s.n) for s in facts.people.sums)
    held = judge(
        at, cohorts, now_us=verdict.at_us, facts=Facts(people=msgspec.structs.replace(facts.people, sums=skipped))
    )
    assert held.decision is Decision.HOLD
    assert "undecided" in held.reason


def test_differences_that_nobody_settled_hold_the_comparison():
    _, _, verdicts = live_through()
    at, verdict, facts, cohorts = next(
        v for v in verdicts if v[0].stage().name == "full" and v[1].action is Action.ADVANCE
    )
    open_ = tuple(
        msgspec.structs.replace(s, model_wrong=0, person_wrong=0, alone=0, sided=0) for s in facts.people.sums
    )
    held = judge(
        at, cohorts, now_us=verdict.at_us, facts=Facts(people=msgspec.structs.replace(facts.people, sums=open_))
    )
    assert "too few of the differences that were to be settled are" in held.reason
    assert held.decision is Decision.HOLD


def test_verdicts_are_made_again_from_what_was_stored():
    _, _, verdicts = live_through()
    for at, verdict, facts, cohorts in verdicts:
        inputs = VerdictInputs(verdict="r1-1", now_us=verdict.at_us, upto={}, cohorts=cohorts, rollout=at, facts=facts)
        stored = msgspec.json.decode(msgspec.json.encode(inputs), type=VerdictInputs)
        assert replay(verdict, inputs=stored) == ()


def test_the_order_of_sums_is_no_matter():
    _, _, verdicts = live_through()
    at, verdict, facts, cohorts = verdicts[-1]
    turned = msgspec.structs.replace(facts.people, sums=facts.people.sums[::-1])
    assert judge(at, cohorts, now_us=verdict.at_us, facts=Facts(people=turned)) == verdict


def test_by_day_it_takes_days():
    p = people_plan(unit="day")
    rollout, _, verdicts = live_through(p=p, days=200)
    assert rollout.status is RolloutStatus.COMPLETED
    assert next(i for i, v in enumerate(verdicts) if v[1].action is Action.ADVANCE) >= 6
    bad, _, _ = live_through(p=p, days=200, later=0.3)
    assert bad.status is RolloutStatus.ROLLED_BACK


def compare(rng, *, model, person=0.1, n=4_000, settle=0.0, second=0.0, told=0.0):
    """A day of cases drawn as the person arm draws them, with outcomes for the part `told`: settled, read twice."""
    truth = rng.random(n) < 0.5
    by_model, first, other = (truth ^ (rng.random(n) < rate) for rate in (model, person, person))
    apart, twice, known = by_model != first, rng.random(n) < second, rng.random(n) < told
    settled, wrong = apart & (known | twice | (rng.random(n) < settle)), by_model != truth
    return PeopleSums(
        start_us=0, end_us=DAY_US, route_version=2, confidence=0.95, audited=False, n=n, apart=int(apart.sum()),
        model_wrong=int((settled & wrong).sum()), person_wrong=int((settled & ~wrong).sum()),
        model_wrong_told=int((apart & known & wrong).sum()), person_wrong_told=int((apart & known & ~wrong).sum()),
        split=int((~apart & twice & (other != first)).sum()), alone=int((apart & twice & (other == first)).sum()),
        sided=int((apart & twice & (other != first)).sum()),
    )  # fmt: skip


def compared(sums_, *, settle, second, margin=0.02):
    gate = Gate(kind=GateKind.PERSON, margin=margin, unit="row", min_units=10)
    p = plan(stages=(msgspec.structs.replace(plan().stages[0], gates=(gate,)),))
    rollout, _ = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=p, now_us=0)
    facts = Facts(people=PeopleFacts(settle=settle, second=second, sums=(sums_,)))
    (result,) = judge(rollout, [], now_us=DAY_US, facts=facts).gates
    return result


@pytest.mark.parametrize(("model", "expected"), [(0.07, Decision.PASS), (0.4, Decision.FAIL)])
def test_without_a_judge_people_are_the_yardstick(model, expected):
    seen = compare(np.random.default_rng(2), model=model, person=0.07, n=20_000, second=0.2)
    found = compared(seen, settle=0.0, second=0.2, margin=0.05)
    assert found.decision is expected
    assert "differs from a person more than a second person does" in found.reason
    assert "two people differ on 1" in found.reason
    unread = compared(msgspec.structs.replace(seen, split=0, alone=0, sided=0), settle=0.0, second=0.2, margin=0.05)
    assert unread.decision is Decision.HOLD
    assert "too few of the cases that were to be read twice are" in unread.reason


@pytest.mark.parametrize("told", [0.0, 0.05, 0.3, 0.85])
def test_few_outcomes_judge_nobody(told):
    seen = compare(np.random.default_rng(3), model=0.14, told=told)
    found = compared(seen, settle=0.0, second=0.0)
    assert found.decision is Decision.HOLD
    assert "nothing to hold the model against" in found.reason


@pytest.mark.parametrize(("model", "expected"), [(0.1, Decision.PASS), (0.2, Decision.FAIL)])
@pytest.mark.parametrize("second", [0.0, 0.2])
def test_outcomes_of_nearly_all_judge_where_people_settle_nothing(model, expected, second):
    seen = compare(np.random.default_rng(4), model=model, n=20_000, told=0.97, second=second)
    assert compared(seen, settle=0.0, second=second).decision is expected


@pytest.mark.parametrize("told", [0.0, 0.5, 1.0])
def test_outcomes_beside_a_sample_that_people_settle_do_not_count_for_more_than_they_are(told):
    made = [compare(np.random.default_rng(i), model=0.12, n=20_000, settle=0.25, told=told) for i in range(40)]
    found = [compared(s, settle=0.25, second=0.0).interval.estimate for s in made]
    assert np.mean(found) == pytest.approx(0.02, abs=0.003)


def read(rng, *, alone, shared, second, n=4_000, audited=False, version=2):
    """Cases of which the model has a part wrong alone, and a part together with the first reader."""
    kind, twice = rng.random(n), rng.random(n) < second
    apart, both = kind < alone, (kind >= alone) & (kind < alone + shared)
    seen = int((both & twice).sum())
    return PeopleSums(
        start_us=0, end_us=DAY_US, route_version=version, confidence=0.95, audited=audited, n=n,
        wrong=int(apart.sum()) + seen, apart=int(apart.sum()), model_wrong=int(apart.sum()), alone=int(apart.sum()),
        agreed=n - int(apart.sum()), agreed_twice=int((twice & ~apart).sum()), shared=seen, split=seen,
    )  # fmt: skip


def looked_for(sums_, *, second, p=None):
    shadow = next(s for s in people_plan().stages if s.kind is StageKind.SHADOW)
    rollout, _ = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=p or plan(stages=(shadow,)), now_us=0)
    facts = Facts(people=PeopleFacts(settle=1.0, second=second, sums=sums_))
    return next(g for g in judge(rollout, [], now_us=DAY_US, facts=facts).gates if g.gate.kind is GateKind.AUTOMATION)


@pytest.mark.parametrize("second", [0.1, 0.2, 0.5, 1.0])
def test_an_error_that_reader_and_model_share_counts_for_those_that_nobody_saw(second):
    bad = looked_for((read(np.random.default_rng(5), alone=0.03, shared=0.06, second=second),), second=second)
    assert bad.decision is Decision.HOLD
    assert "automate nothing" in bad.reason
    good = looked_for((read(np.random.default_rng(6), alone=0.01, shared=0.005, second=second),), second=second)
    assert good.decision is Decision.PASS, good.reason


def test_a_sentence_says_where_one_reader_is_all_there_is():
    found = looked_for((read(np.random.default_rng(5), alone=0.01, shared=0.06, second=0.0),), second=0.0)
    assert "as far as outcomes and one reader tell, for no case is read twice" in found.reason


def test_second_readings_that_do_not_come_hold():
    one = read(np.random.default_rng(6), alone=0.01, shared=0.0, second=0.1)
    found = looked_for((one,), second=0.5)
    assert found.decision is Decision.HOLD
    assert "too few of the cases that were to be read twice are" in found.reason


def test_an_audit_weighs_them_too():
    _, _, verdicts = live_through()
    at, verdict, facts, cohorts = next(v for v in verdicts if v[0].stage().name == "partial")
    version = at.entries[-1].route_version
    for shared, expected in ((0.2, Decision.FAIL), (0.06, Decision.HOLD), (0.01, Decision.PASS)):
        one = read(
            np.random.default_rng(7), alone=0.01, shared=shared, second=0.2, n=600, audited=True, version=version
        )
        mixed = Facts(people=PeopleFacts(settle=1.0, second=0.2, sums=(*facts.people.sums, one)))
        (found,) = (
            g for g in judge(at, cohorts, now_us=verdict.at_us, facts=mixed).gates if g.gate.kind is GateKind.AUTOMATION
        )
        assert found.decision is expected, found.reason


def pulled(days, *, unit, level=0.2, min_units=1):
    """What the gate says of days, each (shown, shown_same, hidden, hidden_same) and, it may be, the same of wrong."""
    names = ("shown", "shown_same", "hidden", "hidden_same")
    fields = (*names, *(f"wrong_{name}" for name in names))
    found = tuple(
        PeopleSums(
            start_us=i * DAY_US, end_us=(i + 1) * DAY_US, route_version=2, confidence=0.95, audited=False,
            **dict(zip(fields, day, strict=False)),
        )
        for i, day in enumerate(days)
    )  # fmt: skip
    assist = next(s for s in people_plan().stages if s.kind is StageKind.ASSIST)
    gate = Gate(kind=GateKind.ANCHORING, level=level, unit=unit, min_units=min_units)
    p = plan(stages=(msgspec.structs.replace(assist, gates=(gate,)),))
    rollout, _ = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=p, now_us=0)
    facts = Facts(people=PeopleFacts(settle=1.0, second=0.0, sums=found))
    (result,) = judge(rollout, [], now_us=len(days) * DAY_US, facts=facts).gates
    return result


def test_days_that_differ_make_the_pull_less_known_than_as_many_decisions():
    days = [(800, 760, 400, 380), (800, 760, 400, 240)] * 4
    assert pulled(days, unit="row", level=0.25).decision is Decision.PASS
    by_day = pulled(days, unit="day", level=0.25)
    assert by_day.decision is Decision.HOLD
    assert "by day" in by_day.reason
    same = [(200, 190, 100, 90), (200, 180, 100, 85)] * 15
    assert pulled(same, unit="day", level=0.25).decision is Decision.PASS


@pytest.mark.parametrize("unit", ["row", "day"])
def test_a_pull_by_fewer_units_than_asked_for_holds(unit):
    days = [(400, 380, 400, 375)] * 30
    assert pulled(days, unit=unit).decision is Decision.PASS
    few = pulled(days, unit=unit, min_units=13_000)
    assert few.decision is Decision.HOLD
    assert "of at least 13,000" in few.reason


def test_wrong_suggestions_that_people_follow_hold_before_there_are_many():
    calm, followed = (2_000, 1_900, 2_000, 1_800), (70, 39, 29, 1)
    held = pulled([(*calm, *followed)], unit="row")
    assert held.decision is Decision.HOLD
    assert "39 of 70 shown and 1 of 29 hidden" in held.reason
    assert pulled([(*calm, 70, 3, 29, 1)], unit="row").decision is Decision.PASS
    assert pulled([calm], unit="row").decision is Decision.PASS
    assert "wrong suggestions" in pulled([(*calm, 900, 30, 900, 20)], unit="row").reason


def test_a_command_rolls_back_to_people():
    rollout, route, _ = live_through()
    back = roll_back(rollout, route=route, now_us=10**15)
    assert back.route.shares == (Share(arm="desk", share=1.0),)
    assert back.route.handovers == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"automation": None}, "kind 'assist' needs people"),
        ({"metric": "absolute-error"}, "questions of two classes only"),
    ],
)
def test_plans_that_cannot_be_meant(change, words):
    assert any(words in found for found in problems(plan(**change)))


def test_a_partial_stage_wants_a_threshold_found_before_it():
    stages = plan().stages
    bare = (msgspec.structs.replace(stages[0], gates=()), *stages[2:])
    assert any("want a gate 'automation' in a stage before it" in found for found in problems(plan(stages=bare)))
    harm = msgspec.structs.replace(stages[0], gates=(Gate(kind=GateKind.HARM),))
    assert any("both answer at once" in found for found in problems(plan(stages=(harm, *stages[1:]))))
    pull = msgspec.structs.replace(stages[0], gates=(Gate(kind=GateKind.ANCHORING, level=0.1),))
    assert any("none is shown in the shadow" in found for found in problems(plan(stages=(pull, *stages[1:]))))


def test_plans_and_live_arms_that_do_not_fit_are_refused():
    replace = default_plan(Case.REPLACE, terms=PlanTerms(metric="error", margin=0.01))
    with pytest.raises(BadInput, match="want person = 'desk'"):
        begin("r1", route=ROUTE, candidate=CANDIDATE, plan=replace, now_us=0)
    rule = Arm(name="rule", kind=ArmKind.RULE, rule="x > 1")
    other = Route(name="main", version=1, salt="s", shares=(Share(arm="rule", share=1.0),), arms=(rule,))
    with pytest.raises(BadInput, match="live is rule"):
        begin("r1", route=other, candidate=CANDIDATE, plan=plan(), now_us=0)


def test_the_template_is_the_degrees_of_automation():
    p = default_plan(Case.ASSIST, terms=PlanTerms(metric="error", margin=0.02, automation=AUTOMATION))
    assert [(s.kind.value, s.share) for s in p.stages] == [
        ("shadow", 0.0), ("assist", 0.1), ("partial", 0.25), ("partial", 0.5), ("full", 1.0), ("watch", 1.0),
    ]  # fmt: skip
    assert problems(p) == ()
    told = " ".join(explain(p))
    for words in ("sees nothing of what the candidate says", "20.0 %", "wrong on at most 5.0 %", "audits do not show"):
        assert words in told.replace("30.0 %", "20.0 %")
    assert "wrong on more than 5.0 % is taken with chance 10.0 % at most" in told
    assert "'not-worse' would" not in told, "which plans with people refuse"
    assert (
        problems(plan(stages=(msgspec.structs.replace(p.stages[0], gates=(Gate(kind=GateKind.PERSON, margin=0.1),)),)))
        == ()
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Automation(person="desk", error_bound=5), "For 5 % write 0.05"),
        (lambda: Automation(person="desk", audit=0), "nobody would learn"),
        (lambda: Automation(person="desk", hidden=1), "Where every suggestion is hidden"),
        (lambda: GateDraft(kind=GateKind.ANCHORING), "gate anchoring: want 0 < level < 1"),
    ],
)
def test_shares_that_are_none_are_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()


def test_confidences_of_sums_are_thresholds():
    assert {0.6, 0.95} <= {*THRESHOLDS}
