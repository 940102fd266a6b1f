import math

import msgspec
import pytest

from slipway.monitoring.advise import Limits, advise
from slipway.monitoring.attribute import Cause
from slipway.monitoring.track import Since
from slipway.records.alert import FindingKind, LossChange, Step
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
