"""The page of a load test says what was found, also where that is bad, and needs no network."""

import math
import re

import pytest

from slipway.records.load_test import Arrivals, Hold, Limits, LoadTest, Rung, Usage
from slipway.scoping.judge import Judgement, Standing
from slipway.stats.log_counts import LogCounts, count_log
from slipway.web.load_page import render_load_test, write_load_page

LATE = count_log([50.0] * 2000, error=0.01)


def rung(qps, *, p99_ms=4.0, endless=0, hold=Hold.HOLDS):
    latency = count_log([*[p99_ms * 1000] * (2000 - endless), *[math.inf] * endless], error=0.01)
    return Rung(
        qps=qps, for_s=2.0, answered_qps=qps, latency=latency, outcomes={"200": 2000 - endless, "503": endless},
        late=LATE, generator_cores=0.2, usage=(Usage(name="worker-0", cpu_cores=0.5, memory_bytes=60_000_000),),
        hold=hold, reason=f"<p99> {p99_ms} ms",
    )  # fmt: skip


def load_test(*rungs, held=0.0):
    return LoadTest(
        id="slipway-bench-1", at_us=0, url="http://127.0.0.1:1/predict/r", route="r", route_version=3, arms=("a",),
        arrivals=Arrivals.POISSON, connections=8, rows=1, entities=10, generators=1, seed=0,
        limits=Limits(latency_p99_ms=20.0), searched=True, rungs=rungs, held_qps=held, machine="2 processors",
    )  # fmt: skip


JUDGED = (Judgement(promise="latency", standing=Standing.HOLDS, reason="4 against 20 ms"),)


def test_the_page_shows_each_rate_what_held_and_the_budgets():
    test = load_test(rung(1000), rung(2000, p99_ms=90, hold=Hold.BREAKS), held=1000.0)
    page = render_load_test(test, judgements=JUDGED)
    assert "1,000 requests a second" in page
    assert page.count('<svg class="plot"') == 2
    assert "4 against 20 ms" in page
    assert "worker-0" in page
    assert "&lt;p99&gt; 90" in page
    assert not re.search(r"(src|href)=|<script|https?://(?!127)", page)
    assert page == render_load_test(test, judgements=JUDGED)


@pytest.mark.parametrize(
    "rungs",
    [
        (),
        (rung(10, endless=2000, hold=Hold.BREAKS),),
        (rung(10, endless=100, hold=Hold.BREAKS), rung(5, hold=Hold.VOID)),
    ],
)
def test_what_failed_is_drawn_without_a_number_that_is_none(rungs):
    page = render_load_test(load_test(*rungs), judgements=())
    assert "0 requests a second" in page
    assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', page)
    assert ("never" in page) == any(r.latency.endless for r in rungs)


def test_no_request_at_all_is_said_too(tmp_path):
    empty = Rung(
        qps=1.0, for_s=1.0, answered_qps=0.0, latency=LogCounts(error=0.01), outcomes={}, late=LogCounts(error=0.01),
        generator_cores=0.0, usage=(), hold=Hold.VOID, reason="0 requests",
    )  # fmt: skip
    path = write_load_page(load_test(empty), judgements=(), out=tmp_path / "page.html")
    assert "0 requests" in path.read_text()
