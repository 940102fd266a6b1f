"""What people are shown of the service: what nobody measured is unknown, and what is not kept comes first."""

import msgspec
import pytest

from slipway.control.service_metrics import service_lines
from slipway.monitoring.service_report import service_report
from slipway.records.scope import Budgets
from slipway.records.service_report import Kept

from .test_service import BUDGETS, Life


def report(life, *, later_s=0, budgets=BUDGETS):
    now_us = life.now_us + later_s * 1_000_000
    return service_report(life.book, route="flights", budgets=budgets, queue_rows=100, now_us=now_us)


def test_each_budget_has_what_was_taken_of_it():
    life = Life().go(600, rows=200, failed=1, slow=1)
    found = report(life)
    use = {str(one.budget): one.use_ratio for one in found.budgets}
    assert found.kept is Kept.KEPT
    assert use["error_share"] == pytest.approx(0.5)
    assert use["latency_p99_ms"] == pytest.approx(0.5)
    assert use["qps"] == pytest.approx(20 / 50, rel=0.05)
    assert use["memory_mb"] == pytest.approx(100 / 512)
    assert use["cpu_cores"] == pytest.approx(0.25)
    five = found.windows[1]
    assert five.qps == pytest.approx(20, rel=0.05)
    assert (five.p50_ms, five.p99_ms) == ((0.0, 10.0), (0.0, 10.0))
    assert five.waiting == 3
    assert {(t.name, t.what) for t in found.taken} == {("worker-0", "process"), ("new", "arm")}


def test_what_is_not_kept_is_said_with_its_reason():
    found = report(Life().go(900, rows=100, failed=60))
    assert found.kept is Kept.NOT_KEPT
    assert "budgets.error_share = 0.01: rows not answered are more than" in found.sentence


@pytest.mark.parametrize(("quiet_s", "failed"), [(0, 1000), (500, 1)])
def test_what_is_above_its_budget_is_not_kept_though_no_alert_is_due(quiet_s, failed):
    """One answer and then an outage that is a minute old; and one and seven rows in an hour, none of them answered."""
    life = Life().go(10, rows=1)
    for _ in range(7):
        life.go(quiet_s).go(10, rows=failed, failed=failed)
    assert not life.book.unkept, "no alert yet"
    found = report(life)
    (errors,) = (one for one in found.budgets if one.budget == "error_share")
    assert errors.use_ratio > 50
    assert (errors.kept, found.kept) == (Kept.NOT_KEPT, Kept.NOT_KEPT)
    assert "rows not answered are" in found.sentence
    assert "most of it is new; no alert is open for it" in found.sentence, "the arm that fails is named at once"
    assert 'slipway_budget_kept{budget="error_share"} 0' in service_lines(found)


def test_where_nobody_looks_now_nothing_is_kept():
    life = Life().go(600, rows=100)
    assert report(life).kept is Kept.KEPT
    found = report(life, later_s=3600)
    assert found.kept is Kept.UNKNOWN
    assert "how it does now is not known" in found.sentence
    assert all(one.kept is Kept.UNKNOWN for one in found.budgets)
    assert not [line for line in service_lines(found) if line.startswith("slipway_budget_kept{")]


def test_where_no_request_came_nobody_can_tell():
    found = report(Life().go(600))
    assert found.kept is Kept.UNKNOWN
    assert found.windows[0].p99_ms is None
    assert found.windows[0].failed_share is None


def test_a_worker_that_says_nothing_is_no_budget_kept():
    life = Life().go(600, rows=100)
    life.heard = False
    life.go(20)
    assert report(life).kept is Kept.UNKNOWN
    assert "worker-0 says nothing since" in report(life).sentence


def test_slow_answers_counted_by_another_budget_say_nothing_of_this_one():
    life = Life().go(600, rows=100)
    other = Budgets(latency_p99_ms=5.0)
    (latency,) = (one for one in report(life, budgets=other).budgets if one.budget == "latency_p99_ms")
    assert (latency.use_ratio, latency.kept) == (None, Kept.UNKNOWN)


def test_it_is_data_for_machines():
    found = report(Life().go(600, rows=100))
    assert msgspec.json.decode(msgspec.json.encode(found))["kept"] == "kept"
