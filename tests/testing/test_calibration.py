import math

import numpy as np
import pytest
from scipy import stats

from slipway.errors import BadInput, NotFound
from slipway.testing.calibration import (
    NullResult,
    Recorder,
    false_alarm_limit,
    first_alarm,
    main,
    null_result,
    power_result,
    read_rows,
)
from slipway.testing.calibration_page import page


@pytest.mark.parametrize(("streams", "alpha"), [(2000, 0.05), (300, 0.01), (5000, 0.1), (20, 0.5)])
def test_limit_is_the_binomial_quantile(streams, alpha):
    assert false_alarm_limit(streams=streams, alpha=alpha) == stats.binom.isf(1e-3, streams, alpha)


def test_a_broken_promise_fails_the_test_that_demands_it():
    alarms = np.zeros(2000, bool)
    alarms[:132] = True
    row = null_result(alarms, test="t", scenario="s", alpha=0.05, looks=10)
    with pytest.raises(AssertionError, match="want at most 131 false alarms in 2000 streams"):
        row.demand()


def test_first_alarm_refuses_silence():
    with pytest.raises(BadInput, match="NaN"):
        first_alarm([[math.nan]], threshold=1.0)


def test_a_median_that_was_never_reached_fails_its_goal():
    row = power_result([-1, -1, 0], [5], test="t", scenario="s", effect="e", unit="u", alpha=0.05, goal=10)
    assert row.median_delay is None
    with pytest.raises(AssertionError, match=r"got 33\.3% and None"):
        row.demand()


def test_delays_per_stream():
    row = power_result([0, 1, 1], [[1, 2], [3, 4], [5, 6]], test="t", scenario="s", effect="e", unit="u", alpha=0.05)
    assert (row.found, row.median_delay) == (1.0, 4.0)
    row.demand()


def test_rows_come_back_and_become_a_page(tmp_path):
    rows = tmp_path / "rows"
    recorder = Recorder(rows, name="test_x")
    null = NullResult(test="x", scenario="s", alpha=0.05, streams=100, looks=7, false_alarms=3, naive_false_alarms=40)
    power = power_result([-1], [1], test="x", scenario="s", effect="e", unit="rows", alpha=0.05, bound=3.0)
    recorder(null)
    recorder(power)
    assert read_rows(rows) == [null, power]
    Recorder(rows, name="test_x")(null)
    assert read_rows(rows) == [null]
    target = tmp_path / "docs" / "page.md"
    assert main([str(target), str(rows)]) == 0
    assert "| x | s | 0.05 | 100 | 7 | 3.00% |" in target.read_text()


def test_processes_of_one_session_keep_each_others_rows(tmp_path):
    rows = [
        NullResult(test="x", scenario=s, alpha=0.05, streams=100, looks=7, false_alarms=3, naive_false_alarms=None)
        for s in ("first", "second", "third")
    ]
    for row in rows:  # such as two workers of pytest-xdist, each with some tests of one module
        Recorder(tmp_path, name="test_x", session="run 1")(row)
    assert read_rows(tmp_path) == rows
    Recorder(tmp_path, name="test_x", session="run 2")(rows[0])
    assert read_rows(tmp_path) == rows[:1]


def test_no_rows_is_an_error_not_an_empty_page(tmp_path, capsys):
    with pytest.raises(NotFound, match="make calibration"):
        read_rows(tmp_path)
    assert main([str(tmp_path / "page.md"), str(tmp_path)]) == 1
    assert "found none" in capsys.readouterr().err
    assert main([]) == 2


def test_a_bar_in_a_scenario_does_not_end_its_cell():
    row = null_result(np.zeros(100, dtype=bool), test="gap", scenario="P(Y|X) stays", alpha=0.05, looks=1)
    assert "| P(Y\\|X) stays |" in page([row])
