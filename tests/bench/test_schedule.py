"""When requests are due, what they say, whether a rate was held, and which comes next."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.bench.arrivals import moments
from slipway.bench.judge import LEAST_REQUESTS, judge
from slipway.bench.ladder import Climb, climb
from slipway.bench.search import held_qps, next_qps
from slipway.bench.wire import MARK, Target, rows_of, templates
from slipway.errors import BadInput
from slipway.records.field import Field, FieldKind
from slipway.records.load_test import Arrivals, Hold, Limits, Rung
from slipway.serving.decode import RowDecoder
from slipway.stats.log_counts import LogCounts, count_log
from slipway.testing import models

LIMITS = Limits(latency_p99_ms=10.0, error_share=0.01)


@pytest.mark.parametrize("kind", Arrivals)
def test_a_schedule_has_its_rate_and_its_length(kind):
    due = moments(kind, qps=1000, for_s=10, rng=np.random.default_rng(1))
    assert len(due) == pytest.approx(10_000, rel=0.05)
    assert (np.diff(due) >= 0).all()
    assert 0 <= due[0] <= due[-1] < 10


def test_gaps_between_poisson_arrivals_are_exponential_and_those_between_even_ones_are_even():
    gaps = np.diff(moments(Arrivals.POISSON, qps=1000, for_s=20, rng=np.random.default_rng(2)))
    assert np.std(gaps) / np.mean(gaps) == pytest.approx(1.0, rel=0.05)  # an exponential's coefficient of variation
    assert (gaps > 0.003).mean() == pytest.approx(math.exp(-3), rel=0.1)
    even = np.diff(moments(Arrivals.CONSTANT, qps=1000, for_s=1, rng=np.random.default_rng(2)))
    assert even == pytest.approx(0.001)


@pytest.mark.parametrize("wrong", [{"qps": 0}, {"qps": math.nan}, {"for_s": -1}])
def test_a_rate_that_is_none_is_refused(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        moments(Arrivals.POISSON, **{"qps": 1, "for_s": 1} | wrong, rng=np.random.default_rng(0))


@pytest.mark.parametrize("rows", [1, 3])
def test_what_is_sent_is_taken_by_the_server_and_names_the_load_test(rows):
    made = templates(
        rows_of(models.mixed_batch(20), fields=models.MIXED.fields),
        target=Target(host="127.0.0.1", port=80, headers=(("x-key", "k"),)),
        entity="plane",
        entities=3,
        id_name="id",
        prefix="slipway-bench-7-",
        rows_a_request=rows,
        count=50,
        rng=np.random.default_rng(0),
    )
    decoder = RowDecoder(models.MIXED, entity="plane", load_test=True)
    ids, entities = set(), set()
    for number, request in enumerate(made):
        head, _, body = request.replace(MARK, b"%08x" % number).partition(b"\r\n\r\n")
        assert f"content-length: {len(body)}\r\n".encode() in head + b"\r\n"
        assert b"x-key: k" in head
        assert b"slipway-load-test: 1" in head
        asked = decoder.decode(body)
        ids |= set(asked.ids)
        entities |= set(asked.entities)
        assert json.loads(body)
    assert len(ids) == 50 * rows, "an id that came twice would count once"
    assert all(i.startswith("slipway-bench-7-") for i in ids)
    assert entities == {"bench-1", "bench-2", "bench-3"}


def test_an_entity_that_is_a_field_stays_as_it_was():
    field = Field(name="plane", kind=FieldKind.CATEGORY)
    (only,) = templates(
        rows_of({"plane": np.array(["N1"], object)}, fields=[field]),
        target=Target(host="::1", port=80), entity="plane", entities=3, id_name="id", prefix="p", rows_a_request=1,
        count=1, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert b'"plane":"N1"' in only
    assert b"\r\nhost: localhost\r\n" in only


def us(ms, *, n=2000, endless=0):
    return count_log([ms * 1000] * (n - endless) + [math.inf] * endless, error=0.01)


PROMPT = us(0.05)


def test_a_rate_is_held_only_if_the_slow_and_the_failed_are_few():
    assert judge(LIMITS, latency=us(5), outcomes={"200": 2000}, late=PROMPT)[0] is Hold.HOLDS
    assert judge(LIMITS, latency=us(11), outcomes={"200": 2000}, late=PROMPT)[0] is Hold.BREAKS
    hold, reason = judge(LIMITS, latency=us(5, endless=21), outcomes={"200": 1979, "503": 21}, late=PROMPT)
    assert hold is Hold.BREAKS
    assert "503: 21" in reason


def test_a_server_does_not_become_fast_by_refusing():
    lenient = Limits(latency_p99_ms=10.0, error_share=0.5)
    hold, _ = judge(lenient, latency=us(1, endless=200), outcomes={"200": 1800, "503": 200}, late=PROMPT)
    assert hold is Hold.BREAKS


def test_a_late_generator_voids_what_it_may_have_caused_and_nothing_else():
    assert judge(LIMITS, latency=us(5), outcomes={"200": 2000}, late=us(3))[0] is Hold.VOID
    assert judge(LIMITS, latency=us(12), outcomes={"200": 2000}, late=us(3))[0] is Hold.VOID
    assert judge(LIMITS, latency=us(100), outcomes={"200": 2000}, late=us(3))[0] is Hold.BREAKS
    never_noticed = us(0.05, endless=100)
    assert judge(LIMITS, latency=us(5), outcomes={"200": 2000}, late=never_noticed)[0] is Hold.VOID


@pytest.mark.parametrize("n", [0, 1, LEAST_REQUESTS - 1])
def test_few_requests_hold_nothing(n):
    latency = us(1, n=n) if n else LogCounts(error=0.01)
    assert judge(LIMITS, latency=latency, outcomes={"200": n}, late=latency)[0] is Hold.VOID


def rung(qps, hold):
    return Rung(
        qps=qps, for_s=1, answered_qps=qps, latency=PROMPT, outcomes={"200": 2000}, late=PROMPT, generator_cores=0.1,
        usage=(), hold=hold, reason="",
    )  # fmt: skip


@given(st.floats(20, 1e5), st.floats(10, 1e4), st.floats(0.02, 0.5))
def test_the_search_ends_just_below_what_the_server_can(limit, start, precision):
    rungs = []
    while qps := next_qps(rungs, start_qps=start, precision=precision, most_qps=1e6):
        rungs.append(rung(qps, Hold.HOLDS if qps <= limit else Hold.BREAKS))
        assert len(rungs) < 60
    assert limit / (1 + precision) * 0.99 <= held_qps(rungs) <= limit


def test_luck_above_a_rate_that_broke_does_not_count():
    tried = [rung(100, Hold.HOLDS), rung(200, Hold.BREAKS), rung(400, Hold.HOLDS)]
    assert held_qps(tried) == 100
    assert held_qps([*tried, rung(100, Hold.BREAKS)]) == 0
    assert held_qps([rung(100, Hold.VOID)]) == 0


def test_the_search_never_asks_for_more_than_it_may():
    assert next_qps([], start_qps=500, precision=0.1, most_qps=300) == 300
    assert next_qps([rung(300, Hold.HOLDS)], start_qps=300, precision=0.1, most_qps=300) is None
    assert next_qps([rung(1, Hold.BREAKS)], start_qps=1, precision=0.1, most_qps=300) is None


def ladder(holds, **changes):
    asked = []

    def ask(qps, for_s):
        asked.append((qps, for_s))
        return rung(qps, Hold.HOLDS if holds(qps, len(asked)) else Hold.BREAKS)

    return climb(Climb(**{"start_qps": 100, "for_s": 2.0} | changes), ask=ask), asked


def test_the_rate_that_was_found_is_asked_once_more_for_longer():
    rungs, asked = ladder(lambda qps, _: qps <= 1234)
    assert asked[-1][1] == 4.0
    assert asked[-1][0] == held_qps(rungs) == pytest.approx(1234, rel=0.1)
    assert min(for_s * qps for qps, for_s in asked) >= LEAST_REQUESTS


def test_a_search_that_was_lucky_steps_down_until_a_rate_holds():
    lucky = len(ladder(lambda qps, _: qps <= 1234)[1])
    rungs, asked = ladder(lambda qps, i: qps <= (1234 if i < lucky else 700))
    assert 0.8 * 700 <= held_qps(rungs) <= 700
    assert asked[-1] == (held_qps(rungs), 4.0)


def test_a_server_that_holds_nothing_is_not_asked_for_ever():
    rungs, asked = ladder(lambda *_: False)
    assert held_qps(rungs) == 0
    assert len(asked) < 5


def test_a_machine_that_is_too_busy_to_tell_is_not_asked_for_ever():
    rates = []

    def ask(qps, for_s):
        rates.append(qps)
        return rung(qps, Hold.VOID)

    rungs = climb(Climb(start_qps=2000), ask=ask)
    assert rates == [2000, 500]
    assert held_qps(rungs) == 0


def test_one_rate_is_asked_once_as_it_was_said():
    assert ladder(lambda *_: True, qps=7.5)[1] == [(7.5, 2.0)]


@pytest.mark.parametrize("wrong", [{"precision": 0.0}, {"for_s": 0}, {"qps": -1}, {"start_qps": math.nan}])
def test_a_climb_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        Climb(**wrong)
