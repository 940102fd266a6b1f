"""Rules: what they say, and which ones are refused."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.records.arm import Arm, ArmKind
from slipway.runtime.rule import RuleRuntime
from slipway.testing.models import MIXED

COLUMNS = {
    "delay": np.array([14.0, 15.0, 16.0, np.nan]),
    "carrier": np.array(["EV", "AA", None, "EV"], object),
    "night": np.array([1.0, 0.0, np.nan, 1.0]),
}


def score(rule):
    return RuleRuntime(Arm(name="r", kind=ArmKind.RULE, rule=rule), signature=MIXED).score(COLUMNS, rows=4).tolist()


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("delay > 15", [0, 0, 1, np.nan]),
        ("delay >= 15", [0, 1, 1, np.nan]),
        ("delay < 15", [1, 0, 0, np.nan]),
        ("delay <= 15", [1, 1, 0, np.nan]),
        ("delay == 15", [0, 1, 0, np.nan]),
        ("delay != 15", [1, 0, 1, np.nan]),
        ("delay>-1e3", [1, 1, 1, np.nan]),
        ('carrier == "EV"', [1, 0, np.nan, 1]),
        ("carrier != 'EV'", [0, 1, np.nan, 0]),
        ("night == true", [1, 0, np.nan, 1]),
    ],
)
def test_each_operator(rule, wanted):
    assert score(rule) == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("delay", "want a rule 'field operator value'"),
        ("delay = 15", "want a rule"),
        ("dely > 15", "Did you mean 'delay'?"),
        ("delay > soon", "want a finite number"),
        ("delay > inf", "want a finite number"),
        ("carrier > 'A'", "is a category"),
        ("carrier == EV", "is a category"),
        ("__import__('os') > 1", "want a rule"),
    ],
)
def test_refused(rule, says):
    with pytest.raises(BadInput, match="arm r") as caught:
        score(rule)
    assert says in str(caught.value)
