"""The page shows each budget, and what was taken of it over time beside the line it has to stay under."""

import re

import msgspec

from slipway.monitoring.service_report import service_report
from slipway.records.scope import Budgets
from slipway.records.service import Gauge, ServiceCounts, Spell
from slipway.records.service_book import ServiceBook
from slipway.web.charts.series import At, series
from slipway.web.report import render
from slipway.web.sections.service import served

BUDGETS = Budgets(latency_p99_ms=20.0, memory_mb=100.0)
MINUTE_US = 60_000_000


def book(minutes, *, rows=100):
    counts = ServiceCounts(answered=rows, judged=rows, latency=(rows, 0, 0))
    spells = tuple(
        Spell(
            start_us=at * MINUTE_US,
            length_s=60.0,
            watched_s=60.0,
            slow_over_ms=20.0,
            counts=counts,
            memory_bytes={"worker-0": Gauge().read(float(50 << 20))},
        )
        for at in minutes
    )
    return ServiceBook(at_us=(minutes[-1] + 1) * MINUTE_US, edges_s=(0.01, 0.1), minutes=spells)


def shown(kept):
    report = service_report(kept, route="flights", budgets=BUDGETS, queue_rows=10, now_us=kept.at_us)
    return served(report, book=kept, budgets=BUDGETS)


def test_each_budget_is_a_row_and_each_measure_a_chart_with_its_budget():
    page = shown(book(range(100, 130)))
    assert [row.budget for row in page.rows] == ["error_share", "fallback", "latency_p99_ms", "memory_mb"]
    assert [row.stands for row in page.rows] == ["kept"] * 4
    charts = dict(page.charts)
    assert "budget 20 ms" in charts["99th percentile of the latency, by minute"]
    assert "budget 100 MB" in charts["Memory of the largest worker, by minute"]
    assert "budget" not in charts["Rows a second, by minute"]


def test_where_nobody_looked_there_is_no_line():
    whole = series([At(n * MINUTE_US, 1.0, 1.0) for n in range(6)], step_s=60, budget=2.0, name="a", title="t", say=str)
    gap = series(
        [At(n * MINUTE_US, 1.0, 1.0) for n in (0, 1, 40, 41)], step_s=60, budget=2.0, name="a", title="t", say=str
    )
    assert len(re.findall('class="curve ', whole)) == 1
    assert len(re.findall('class="curve ', gap)) == 2


def test_what_is_above_its_budget_is_said_to_those_who_cannot_see():
    drawn = series([At(0, 3.0, 5.0), At(MINUTE_US, 1.0, 1.0)], step_s=60, budget=2.0, name="a", title="t", say=str)
    assert "1 of them above the budget of 2.0" in drawn


def test_the_report_has_it_only_where_somebody_looked(data):
    assert 'id="service"' not in render(data)
    kept = book(range(100, 130))
    report = service_report(kept, route="flights", budgets=BUDGETS, queue_rows=10, now_us=kept.at_us)
    page = render(msgspec.structs.replace(data, service=report, book=kept))
    assert 'id="service"' in page
    assert "Every budget is kept." in page
    assert page == render(msgspec.structs.replace(data, service=report, book=kept)), "the same bytes again"
