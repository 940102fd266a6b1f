"""Charts put things where the numbers say."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.records.run import Slice
from slipway.web.charts.days import Alarm, Day, days
from slipway.web.charts.difference import At, difference
from slipway.web.charts.dots import Estimate, dots
from slipway.web.charts.evidence import evidence
from slipway.web.charts.headroom import headroom
from slipway.web.charts.scale import Scale, span_of, ticks, time_ticks
from slipway.web.charts.shares import shares
from slipway.words import percent

DAY = 86_400_000_000
finite = st.floats(-1e9, 1e9)


@given(low=finite, size=st.floats(1e-6, 1e9), about=st.integers(2, 8))
def test_ticks_are_inside_evenly_apart_and_about_as_many_as_asked(low, size, about):
    high = low + size
    if not high - low > 1e-9 * max(1, abs(low)):
        return  # too narrow for its own precision
    found = ticks(low, high, about=about)
    assert len(found) <= 2 * about + 2
    assert all(low - 1e-6 * size <= t <= high + 1e-6 * size for t in found)


@given(start=st.integers(0, 4_000_000_000), seconds=st.integers(60, 400_000_000))
def test_time_ticks_are_inside_in_order_and_few(start, seconds):
    found = time_ticks(start * 1e6, (start + seconds) * 1e6, about=5)
    moments = [m for m, _ in found]
    assert moments == sorted(moments)
    assert len(found) <= 12
    assert all(start * 1e6 <= m <= (start + seconds) * 1e6 for m in moments)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True)))
def test_a_range_is_never_empty_and_never_infinite(values):
    low, high = span_of([v for v in values if abs(v) < 1e300 or not math.isfinite(v)])
    assert low < high
    assert math.isfinite(low)
    assert math.isfinite(high)


def test_a_scale_sends_infinity_out_of_sight():
    down = Scale(0, 1, 200, 0)
    assert down(math.inf) < -1000
    assert down(-math.inf) > 1200


def test_dots_lie_in_proportion():
    rows = [
        Estimate("a", 0.1, 0.1, 0.1, "base"),
        Estimate("b", 0.2, 0.2, 0.2, "base"),
        Estimate("c", 0.3, 0.3, 0.3, "base"),
    ]
    svg = dots(rows, name="n", title="t", say=percent, goal=None)
    at = [float(x) for x in re.findall(r'class="dot base" cx="([\d.]+)%"', svg)]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1], abs=0.02)
    assert "a 10.0 %" in svg


def test_evidence_beyond_the_alarm_is_drawn_above_its_line():
    svg = evidence([(0, 0.0), (DAY, 5.0)], alpha=0.05, name="n", title="t")
    line = float(re.search(r'class="level margin"[^>]*y1="([\d.]+)"', svg)[1])
    dot = float(re.search(r'class="dot harm"[^>]*cy="([\d.]+)"', svg)[1])
    assert dot < line
    assert "rolls back at 20 to 1" in svg


def test_evidence_of_minus_infinity_is_drawn_at_the_floor():
    svg = evidence([(0, 0.0), (DAY, -math.inf)], alpha=0.05, name="n", title="t")
    assert "nan" not in svg
    assert "inf" not in svg


def test_a_difference_wholly_below_the_margin_is_drawn_below_its_line():
    points = [At(0, 0.0, -math.inf, math.inf), At(DAY, -0.01, -0.02, -0.001)]
    svg = difference(points, margin=0.005, name="n", title="t", say=percent)
    margin = float(re.search(r'class="level margin"[^>]*y1="([\d.]+)"', svg)[1])
    dot = float(re.search(r'class="dot candidate"[^>]*cy="([\d.]+)"', svg)[1])
    assert dot > margin


def test_a_day_without_outcomes_leaves_a_gap_and_no_point():
    points = [Day(0, 0.1, 0.1), Day(DAY, math.nan, 0.1), Day(2 * DAY, 0.1, 0.1)]
    svg = days(points, [Alarm(DAY, "1", "<concept> drift", True)], name="n", title="t", say=percent)
    assert svg.count('class="dot faint"') == 2
    assert "&lt;concept&gt; drift" in svg


def test_the_days_on_which_a_finding_is_likely_to_have_begun_are_shaded():
    points = [Day(day * DAY, 0.1, 0.1) for day in range(11)]
    known = Alarm(8 * DAY, "1", "concept drift", True, (4 * DAY, 6 * DAY))
    svg = days(points, [known, Alarm(9 * DAY, "2", "data drift", True)], name="n", title="t", say=percent)
    (shade,) = re.findall(r'<rect class="area since" x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', svg)
    assert [float(part) for part in shade] == pytest.approx([40.0, 20.0])


def test_a_gap_that_is_next_to_nothing_looks_like_it():
    part = {"where": "a", "n": 100, "share": 0.1, "value": 0.2, "rest": 0.1, "low": 0.05, "high": 0.15}
    heights = []
    for level in (0.0, 0.199):
        slice_ = Slice(**part, level=level, headroom=(0.2 - level) * 0.1)
        drawn = str(headroom([slice_], name="h", title="t", say=lambda v: f"{100 * v:.1f} %"))
        heights.append(float(re.search(r'<rect class="area worse"[^>]* height="([\d.]+)"', drawn)[1]))
    assert heights[0] / 220 == pytest.approx(1 / 1.15, abs=0.01)
    assert heights[1] == pytest.approx(heights[0] * 0.001 / 0.2, abs=0.1)


@pytest.mark.parametrize(("label", "most"), [("ab", 4), ("0.01234 to 0.0567", 2)])
def test_names_of_bars_stand_side_by_side_only_as_far_as_they_fit(label, most):
    chart = shares([f"{label}{i}" for i in range(8)], [0.1] * 8, [0.1] * 8, name="c", title="c")
    assert len(re.findall(rf">{label}\d<", chart)) == most
