"""What is made of the workers' counts, and when it is told: never by one slow request, never by silence."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.monitoring.service_alarms import judge
from slipway.monitoring.service_book import GAP_S, HOURS, MINUTES, look
from slipway.monitoring.service_told import service_troubles
from slipway.monitoring.service_window import asked_rows, failed_rows, quantile, window
from slipway.records.scope import Budgets
from slipway.records.service import GpuUse, ServiceCounts
from slipway.records.service_book import ServiceBook, ServiceBudget, Snapshot, WorkerSaid
from slipway.records.trouble import Severity
from slipway.records.usage import ArmUsage, WorkerUsage

BUDGETS = Budgets(latency_p99_ms=20.0, qps=50.0, memory_mb=512.0, cpu_cores=2.0)
EDGES_S = (0.01, 0.1)
START_S = 1_800_000_000


class Life:
    """A worker that counts, a clock, and the book that is kept of them."""

    def __init__(self):
        self.book = ServiceBook(edges_s=EDGES_S)
        self.now_s = START_S
        self.since_s = START_S - 10.0
        self.counts = ServiceCounts(latency=(0, 0, 0))
        self.memory_mb, self.cores, self.heard = 100, 0.5, True
        self.seen = []

    def go(self, seconds, *, rows=0, slow=0, failed=0, fallback=0, refused=0, step_s=10, arm="new"):
        """So many rows in each step, some of them bad."""
        for _ in range(0, seconds, step_s):
            self.now_s += step_s
            errors = {"unanswered": failed, "http_400": refused}
            self.counts = self.counts.plus(
                ServiceCounts(
                    answered=rows - failed,
                    fallback=fallback,
                    slow=slow,
                    judged=rows,
                    latency=(rows - slow, 0, slow),
                    errors={kind: n for kind, n in errors.items() if n},
                    arm_failures={arm: failed} if failed else {},
                    arm_busy_s={arm: 1.0},
                )
            )
            self.book = judge(look(self.book, self.snapshot()), budgets=BUDGETS, now_us=self.now_us)
            self.seen.append(self.unkept())
        return self

    @property
    def now_us(self):
        return self.now_s * 1_000_000

    def snapshot(self):
        arms = {"new": ArmUsage(memory_bytes=(self.memory_mb - 10) << 20, cores=self.cores)}
        usage = WorkerUsage(name="worker-0", memory_bytes=self.memory_mb << 20, cores=self.cores, arms=arms)
        said = WorkerSaid(
            name="worker-0", since_s=self.since_s, counts=self.counts, slow_over_ms=20.0, waiting=3, usage=usage
        )
        return Snapshot(at_us=self.now_us, said=(said,) if self.heard else (), expected=("worker-0",))

    def restart(self):
        self.since_s, self.counts = float(self.now_s), ServiceCounts(latency=(0, 0, 0))

    def unkept(self):
        return {str(one.budget) for one in self.book.unkept}

    def raised(self):
        """How often the trouble came and went."""
        return sum(bool(now) and not before for before, now in zip([set(), *self.seen], self.seen, strict=False))

    def troubles(self, **more):
        return service_troubles(self.book, route="flights", budgets=BUDGETS, **more)


def test_a_service_that_keeps_its_budgets_is_quiet():
    life = Life().go(2 * 3600, rows=100, step_s=30)
    assert not life.troubles()
    assert life.raised() == 0


@pytest.mark.parametrize(("what", "budget"), [("failed", "error_share"), ("slow", "latency_p99_ms")])
def test_what_fails_and_what_is_slow_is_one_critical_trouble_from_minutes_on_until_it_is_over(what, budget):
    life = Life().go(1800, rows=100)
    began_s = life.now_s
    life.go(600, rows=100, **{what: 80})
    (one,) = life.book.unkept
    assert (one.budget, one.severity, one.arm) == (budget, Severity.CRITICAL, "new")
    assert one.since_us / 1e6 - began_s <= 240
    (trouble,) = life.troubles()
    life.go(300, rows=100, **{what: 80})
    assert life.troubles() == [trouble], "nothing happened, so the sentence is the same"
    life.go(3600, rows=100)
    assert not life.troubles()
    assert life.raised() == 1


@pytest.mark.parametrize("before_s", [120, 3600, 20_000])
@pytest.mark.parametrize("rows", [2, 100])
def test_what_is_over_is_not_raised_again_once_a_longer_window_was_watched_for_long_enough(before_s, rows):
    life = Life().go(before_s, rows=rows, step_s=60)
    life.go(600, rows=rows, failed=rows // 2, step_s=20).go(7 * 3600, rows=rows, step_s=90)
    assert life.raised() == 1
    assert not life.unkept()


def test_a_little_too_much_for_days_is_a_warning():
    """1.5 % over days: the budget of 1 % is not kept, and nobody has to get up."""
    life = Life().go(7 * 3600, rows=200, slow=3, step_s=90)
    (one,) = life.book.unkept
    assert (one.budget, one.severity) == (ServiceBudget.LATENCY, Severity.WARNING)
    assert life.raised() == 1
    life.go(7 * 3600, rows=200, step_s=90)
    assert not life.unkept()
    assert life.raised() == 1


def test_exactly_the_budget_raises_nothing():
    assert Life().go(7 * 3600, rows=200, slow=2, step_s=90).raised() == 0


def test_one_slow_request_at_night_wakes_nobody_however_many_rows_it_had():
    life = Life().go(3600, rows=0, step_s=30)
    life.go(10, rows=1000, slow=1000)
    life.go(3600, rows=0, step_s=30)
    assert life.raised() == 0
    life.go(1800, rows=1, slow=1, step_s=600)  # three more, far between
    assert life.raised() == 0


def test_what_the_callers_did_wrong_is_no_failure_of_ours():
    life = Life().go(3600, rows=10, refused=100)
    assert life.raised() == 0
    assert failed_rows(window(life.book, length_s=3600.0, now_us=life.now_us).counts) == 0


def test_an_arm_that_another_has_to_stand_in_for_is_a_warning():
    life = Life().go(900, rows=100, fallback=90)
    (one,) = life.book.unkept
    assert (one.budget, one.severity) == (ServiceBudget.FALLBACK, Severity.WARNING)


def test_silence_after_a_failure_does_not_resolve_it():
    life = Life().go(1800, rows=100).go(600, rows=100, failed=90)
    life.go(2 * 3600, rows=0, step_s=90)
    assert life.unkept() == {"error_share"}
    life.go(600, rows=100)
    assert not life.unkept()
    assert life.raised() == 1


def test_a_level_counts_over_minutes_and_is_kept_again_only_well_below_its_budget():
    life = Life().go(600, rows=100)
    life.memory_mb = 600
    life.go(20, rows=100)
    life.memory_mb = 100
    life.go(600, rows=100)
    assert life.raised() == 0, "a peak"
    life.memory_mb = 600
    life.go(600, rows=100)
    (one,) = life.book.unkept
    assert (one.budget, one.severity, one.arm) == (ServiceBudget.MEMORY, Severity.WARNING, "new")
    life.memory_mb = 505
    life.go(900, rows=100)
    assert life.unkept() == {"memory_mb"}
    life.memory_mb = 300
    life.go(600, rows=100)
    assert not life.unkept()
    assert life.raised() == 1


def test_rows_a_second_and_cores_have_their_budgets():
    life = Life()
    life.cores = 2.5
    life.go(900, rows=700)
    assert life.unkept() == {"qps", "cpu_cores"}
    (trouble,) = life.troubles(candidate="new")
    assert "budgets.qps = 50: got 70" in trouble.sentence
    assert "roll back if it came with new" in trouble.sentence
    assert trouble.about == "flights"


def test_several_budgets_are_one_trouble_with_a_line_each():
    life = Life().go(1800, rows=100)
    life.memory_mb = 900
    life.go(900, rows=100, failed=50, slow=60)
    (trouble,) = life.troubles()
    assert trouble.severity is Severity.CRITICAL
    assert all(f"budgets.{key}" in trouble.sentence for key in ("error_share", "latency_p99_ms", "memory_mb"))


def test_a_worker_that_says_nothing_is_said_and_is_never_fine():
    life = Life().go(600, rows=100)
    life.heard = False
    life.go(50)
    assert not life.troubles(), "one that is started again says something within seconds"
    life.go(60)
    (trouble,) = life.troubles()
    assert trouble.severity is Severity.CRITICAL
    assert "worker-0" in trouble.sentence
    assert window(life.book, length_s=300.0, now_us=life.now_us).silent_s >= 100
    life.heard = True
    life.go(10, rows=1)
    assert not life.troubles()


def test_a_worker_that_was_not_heard_once_loses_no_count():
    life = Life().go(600, rows=100)
    life.heard = False
    life.go(10, rows=100)
    life.heard = True
    life.go(10, rows=100)
    assert window(life.book, length_s=3600.0, now_us=life.now_us).counts.answered == 61 * 100


def test_a_restart_counts_anew_and_loses_nothing_that_was_said():
    life = Life().go(600, rows=100)
    before = window(life.book, length_s=3600.0, now_us=life.now_us).counts.answered
    life.restart()
    life.go(60, rows=1000)  # more than before at the first look: no counter went back
    after = window(life.book, length_s=3600.0, now_us=life.now_us).counts.answered
    assert after - before == 6000


def test_what_was_counted_while_nobody_looked_is_left_out_and_not_spread():
    life = Life().go(600, rows=100)
    life.go(3600, rows=100_000, step_s=3600)
    hour = window(life.book, length_s=7200.0, now_us=life.now_us)
    assert hour.counts.answered == 59 * 100
    assert hour.watched_s == 590
    assert hour.watched_s < hour.length_s
    assert GAP_S < 3600


@pytest.mark.parametrize("jump_s", [-7200, -30, 7200, 86_400 * 400])
def test_a_clock_that_jumps_neither_raises_nor_breaks_anything(jump_s):
    life = Life().go(3600, rows=100)
    life.now_s += jump_s
    life.go(1800, rows=100)
    assert life.raised() == 0
    starts = [m.start_us for m in life.book.minutes]
    assert starts == sorted(set(starts))
    assert all(at <= life.now_us for at in starts)
    recent = window(life.book, length_s=1200.0, now_us=life.now_us)
    assert recent.counts.answered / recent.watched_s == pytest.approx(10.0, rel=0.05)
    life.go(900, rows=100, failed=90)
    assert life.unkept() == {"error_share"}


def test_the_book_is_of_bounded_size():
    life = Life().go(3600, rows=3, step_s=60)
    full = life.book.minutes[-1]
    for name, most, length_s in (("minutes", MINUTES, 60), ("hours", HOURS, 3600)):
        starts = (life.now_us - n * length_s * 1_000_000 for n in range(most + 3, 0, -1))
        many = tuple(msgspec.structs.replace(full, start_us=at) for at in starts)
        life.book = msgspec.structs.replace(life.book, **{name: many[-most:]})
    life.go(7200, rows=3, step_s=60)
    assert len(life.book.minutes) == MINUTES
    assert len(life.book.hours) == HOURS
    assert len(msgspec.msgpack.encode(life.book)) < 2_000_000
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(life.book), type=ServiceBook) == life.book


def test_gpus_are_kept_where_there_are_any_and_absent_is_not_nought():
    life = Life().go(60, rows=1)
    assert life.book.minutes[-1].gpu_busy == {}
    gpu = GpuUse(name="0 H100", busy=0.5, memory_bytes=1 << 30, room_bytes=80 << 30)
    life.now_s += 10
    book = look(life.book, msgspec.structs.replace(life.snapshot(), gpus=(gpu,)))
    assert book.minutes[-1].gpu_busy["0 H100"].mean == 0.5
    assert book.minutes[-1].gpu_room_bytes == {"0 H100": 80 << 30}


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_lies_between_its_edges(latency, q):
    found = quantile(latency, edges_s=EDGES_S, q=q)
    values = [0.005] * latency[0] + [0.05] * latency[1] + [0.5] * latency[2]
    exact = sorted(values)[max(0, -int(-q * len(values) // 1) - 1)]
    assert found.low_ms <= exact * 1e3 <= found.high_ms


def test_rows_asked_are_those_answered_and_those_that_we_failed():
    counts = ServiceCounts(answered=7, errors={"unanswered": 2, "overloaded": 5, "http_503": 1, "http_404": 9})
    assert (asked_rows(counts), failed_rows(counts)) == (14, 7)
