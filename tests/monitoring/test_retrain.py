"""When a retraining is due: one at a time, with a pause, never beside a rollout, never twice for one finding."""

import msgspec
import pytest

from slipway.monitoring.retrain import due, retraining_troubles, since_us
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.retraining import Retrain, Retraining, RetrainingState
from slipway.stats.evidence import EValue

DAY_S = 86_400.0
FINDING = Finding(
    id="f1", model="trees", kind=FindingKind.CONCEPT_DRIFT, opened_us=5, since_us=3, evidence=EValue(log_e=9.0, n=9),
    relevant=True, go_back_to=Step.MODELING, sentence="It moved.",
)  # fmt: skip


def one(**changes):
    return msgspec.structs.replace(FINDING, **changes)


def was(state, *, finding="f1", began_us=0):
    return Retraining(id="r", finding=finding, model="trees", state=state, by="ada", began_us=began_us, why="x")


def asked(*findings, before=(), rollout_runs=False, now_us=0, answering=("trees",)):
    return due(
        findings,
        answering=answering,
        before=before,
        rollout_runs=rollout_runs,
        pause_s=7 * DAY_S,
        now_us=now_us,
    )


@pytest.mark.parametrize(
    ("finding", "is_due"),
    [
        (one(), True),
        (one(go_back_to=Step.DATA), True),
        (one(go_back_to=Step.SCOPING), False),
        (one(go_back_to=Step.DEPLOYMENT), False),
        (one(relevant=False), False),
        (one(closed_us=9), False),
        (one(model="candidate"), False),
    ],
)
def test_only_an_open_finding_that_matters_about_the_model_that_answers(finding, is_due):
    assert (asked(finding) is not None) == is_due


def test_none_beside_a_rollout_or_another_and_none_within_the_pause():
    assert asked(one(), rollout_runs=True) is None
    assert asked(one(), before=[was(RetrainingState.RUNNING)], now_us=10**15) is None
    refused = was(RetrainingState.REFUSED)
    assert asked(one(), before=[refused], now_us=round(7 * DAY_S * 1e6) - 1) is None
    assert asked(one(), before=[refused], now_us=round(7 * DAY_S * 1e6)) is not None


def test_a_finding_whose_new_model_has_entered_starts_no_other():
    entered = was(RetrainingState.ENTERED)
    assert asked(one(), before=[entered], now_us=10**15) is None
    assert asked(one(), one(id="f2"), before=[entered], now_us=10**15).id == "f2"


def test_where_x_moved_all_rows_still_hold_and_where_y_means_something_else_only_those_since():
    assert since_us(one(kind=FindingKind.DATA_DRIFT)) is None
    assert since_us(one()) == 3


@pytest.mark.parametrize(
    ("before", "when", "said"),
    [
        ((), Retrain.ASK, ["info is due."]),
        ((), Retrain.RUN, []),
        ((), Retrain.OFF, []),
        ((was(RetrainingState.RUNNING),), Retrain.RUN, ["info is under way."]),
        ((was(RetrainingState.REFUSED),), Retrain.RUN, ["warning could not be done."]),
        ((was(RetrainingState.REFUSED), was(RetrainingState.ENTERED)), Retrain.RUN, []),
    ],
)
def test_people_are_told_what_is_due_and_what_could_not_be_done(before, when, said):
    told = retraining_troubles([one()], answering={"trees"}, before=before, when=when)
    assert [f"{t.severity} {t.sentence.split('newer rows ')[1]}" for t in told] == said
