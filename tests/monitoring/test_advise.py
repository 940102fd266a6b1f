import math

import msgspec
import pytest

from slipway.monitoring.advise import Limits, advise
from slipway.monitoring.attribute import Cause
from slipway.monitoring.track import Since
from slipway.records.alert import FindingKind, LossChange, MovedPart, Step
from slipway.stats.evidence import EValue, FixedInterval

LIMITS = Limits(metric="error", tolerance=0.02, kill_above=0.15)


def estimated(value):
    return FixedInterval(low=value - 0.01, high=value + 0.01, estimate=value, alpha=0.05, n=30)


def cause(*, explained=0.0, unexplained=0.03, now=0.11, **changes):
    """A change of meaning that costs three points, on inputs that did not move."""
    told = {
        "kind": FindingKind.CONCEPT_DRIFT,
        "since": Since(0, 0, 0),
        "columns": (),
        "inputs_moved": False,
        "gap_moved": True,
        "evidence": EValue(log_e=9.0, n=30),
        "gap": None,
    }
    loss = LossChange(
        metric="error",
        before=0.08,
        now=now,
        at_least=0.09,
        explained=estimated(explained),
        unexplained=estimated(unexplained),
        labelled=1000,
        missing=0,
    )
    return Cause(**(told | changes), loss=loss)


def test_a_costly_change_of_meaning_goes_back_to_modeling():
    advice = advise(cause(), limits=LIMITS)
    assert (advice.relevant, advice.step) == (True, Step.MODELING)


def test_a_change_for_the_better_is_told_and_alarms_nobody():
    advice = advise(cause(explained=0.025, unexplained=-0.03, now=0.075), limits=LIMITS)
    assert (advice.relevant, advice.step) == (False, Step.NONE)
    assert "-3.00 points they do not" in advice.sentence


def test_an_unexplained_loss_without_evidence_is_not_counted():
    assert not advise(cause(gap_moved=False), limits=LIMITS).relevant


@pytest.mark.parametrize("unexplained", [0.021, 0.05, 0.2])
def test_costlier_is_never_less_relevant(unexplained):
    assert advise(cause(unexplained=unexplained), limits=LIMITS).relevant


@pytest.mark.parametrize(
    ("explained", "relevant", "doubtful", "says"),
    [
        (0.005, False, False, "less than the tolerance"),
        (0.025, False, True, "not proven"),  # between 1.5 and 3.5 points, of which 2 matter
        (0.035, True, False, "Go back to data"),
    ],
)
def test_what_inputs_explain_matters_once_its_lower_limit_does(explained, relevant, doubtful, says):
    moved = {"kind": FindingKind.DATA_DRIFT, "inputs_moved": True, "gap_moved": False}
    advice = advise(cause(explained=explained, unexplained=0.0, **moved), limits=LIMITS)
    assert (advice.relevant, advice.doubtful) == (relevant, doubtful)
    assert says in advice.sentence


def test_the_estimate_decides_where_there_are_no_limits_yet():
    one = msgspec.structs.replace(
        cause(gap_moved=False),
        loss=msgspec.structs.replace(
            cause().loss, explained=FixedInterval(low=-math.inf, high=math.inf, estimate=0.03, alpha=0.05, n=2)
        ),
    )
    assert advise(one, limits=LIMITS).relevant


def moved_with(rise, *, unexplained=0.0):
    """Inputs that explain half a point, beside outcomes that say something of their own."""
    one = cause(explained=0.005, unexplained=unexplained, kind=FindingKind.DATA_DRIFT, gap_moved=False)
    return msgspec.structs.replace(one, loss=msgspec.structs.replace(one.loss, rise=rise))


def test_harmless_is_only_what_outcomes_show_to_be():
    dear = advise(moved_with(estimated(0.078), unexplained=0.073), limits=LIMITS)
    assert (dear.relevant, dear.doubtful) == (False, True)
    assert "That this costs less than the tolerance is not proven" in dear.sentence
    assert "hardly chance at one look, but not proven over all looks" in dear.sentence
    cheap = advise(moved_with(estimated(0.002)), limits=LIMITS)
    assert (cheap.relevant, cheap.doubtful) == (False, False)
    assert "(which may be chance)" in cheap.sentence


def test_a_rise_without_limits_counts_as_it_is_estimated():
    one = FixedInterval(low=-math.inf, high=math.inf, estimate=0.05, alpha=0.05, n=2)
    assert advise(moved_with(one), limits=LIMITS).doubtful


def moved_part(gap, *, half=0.03, name="carrier = UA"):
    limits = FixedInterval(low=gap - half, high=gap + half, estimate=gap, alpha=0.05, n=30)
    return MovedPart(name=name, n=90, gap=limits, evidence=EValue(log_e=9.0, n=30))


def test_a_part_that_is_much_worse_matters_though_the_whole_hardly_moved():
    advice = advise(cause(unexplained=0.012, now=0.09, parts=(moved_part(0.15),)), limits=LIMITS)
    assert (advice.relevant, advice.doubtful, advice.step) == (True, False, Step.MODELING)
    assert "Over all rows this costs less than the tolerance, but not where carrier = UA." in advice.sentence
    assert "check the labels of these rows, and train on their recent outcomes" in advice.sentence
    assert "nothing to do" not in advice.sentence


def test_where_inputs_moved_too_a_part_sends_back_to_modeling():
    both = {"kind": FindingKind.BOTH, "inputs_moved": True, "parts": (moved_part(0.15),)}
    assert advise(cause(unexplained=0.012, now=0.09, **both), limits=LIMITS).step is Step.MODELING
    assert advise(cause(unexplained=0.03, **both), limits=LIMITS).step is Step.DATA


@pytest.mark.parametrize(
    ("gap", "relevant", "doubtful", "says"),
    [
        (-0.15, False, False, "less than the tolerance: nothing to do"),  # for the better
        (0.04, False, True, "that it does where carrier = UA is not proven"),  # between 1 and 7 points
        (0.06, True, False, "but not where carrier = UA"),
    ],
)
def test_a_part_matters_by_its_limits(gap, relevant, doubtful, says):
    advice = advise(cause(unexplained=0.005, now=0.085, parts=(moved_part(gap),)), limits=LIMITS)
    assert (advice.relevant, advice.doubtful) == (relevant, doubtful)
    assert says in advice.sentence


def test_only_parts_that_matter_are_said_to():
    parts = (moved_part(-0.1, name="carrier = AA"), moved_part(0.15))
    said = advise(cause(unexplained=0.0, now=0.08, parts=parts), limits=LIMITS).sentence
    assert "but not where carrier = UA." in said


def test_a_part_without_limits_matters_as_it_is_estimated():
    part = moved_part(0.05, half=math.inf)
    assert advise(cause(unexplained=0.0, now=0.08, parts=(part,)), limits=LIMITS).relevant


def test_the_kill_rule_comes_before_a_part():
    worst = msgspec.structs.replace(
        cause(unexplained=0.0, parts=(moved_part(0.15),)), loss=msgspec.structs.replace(cause().loss, at_least=0.2)
    )
    advice = advise(worst, limits=msgspec.structs.replace(LIMITS, tolerance=0.05))
    assert (advice.step, "kill rule" in advice.sentence) == (Step.SCOPING, True)
