"""A load test as people read it."""

from slipway.cli.screen import Screen
from slipway.records.base import Record
from slipway.records.load_test import Hold, LoadTest, Rung
from slipway.scoping.judge import Judgement, Standing
from slipway.words import moment, number, percent

HEADS = (">rate", ">answered", ">p50", ">p90", ">p99", ">p99.9", ">max ms", ">failed", ">late p99", "held")


class Benched(Record, frozen=True, kw_only=True):
    """A load test, how the scope's budgets stand by it, and the page with charts if one was asked for."""

    test: LoadTest
    budgets: tuple[Judgement, ...]
    chart: str = ""

    @property
    def holds(self) -> bool:
        """Whether a rate held and no budget is broken."""
        return self.test.held_qps > 0 and all(j.standing is not Standing.BROKEN for j in self.budgets)


def rung_line(rung: Rung) -> str:
    """Say one rate in a line, as it is known."""
    return f"{number(rung.qps)} a second: {rung.hold}. {rung.reason}"


def page(screen: Screen, benched: Benched) -> None:
    """Print one load test whole."""
    test = benched.test
    screen.title(f"Load test {test.id}")
    screen.line(f"  {sentence(test)}")
    screen.line()
    screen.facts(
        [
            ("begun", moment(test.at_us)),
            ("asked", f"{test.url}, route version {test.route_version}, arms {', '.join(test.arms)}"),
            ("arrivals", f"{test.arrivals}, {number(test.rows)} rows a request, {number(test.entities)} entities"),
            ("from", f"{test.generators} x generator, {test.connections} connections, seed {test.seed}"),
            ("machine", test.machine),
            ("held means", f"p99 {number(test.limits.latency_p99_ms)} ms, {percent(test.limits.error_share)} failed"),
        ]
    )
    screen.line()
    screen.title("Rates, in requests a second; latency in ms from when each request was due")
    screen.table(HEADS, [_row(r) for r in test.rungs])
    screen.line()
    best = test.best
    if best is not None and best.usage:
        screen.title(f"What the server took at {number(best.qps)} a second")
        rows = [(u.name, f"{u.cpu_cores:.2f}", f"{u.memory_bytes / 1e6:,.0f}") for u in best.usage]
        screen.table(("process", ">cores", ">MB"), [*rows, ("generator", f"{best.generator_cores:.2f}", "")])
        screen.line()
    screen.title("Budgets of slipway.toml")
    rows_ = [(j.promise, j.standing, j.reason) for j in benched.budgets]
    screen.table(("budget", "", "by this test"), rows_, none="slipway.toml states none.")
    if benched.chart:
        screen.line()
        screen.line(benched.chart)


def listed(screen: Screen, known: list[LoadTest]) -> None:
    """Print one line a load test."""
    rows = []
    for test in known:
        best = test.best
        p99 = "" if best is None else _ms(best.latency_ms(0.99))
        limit = f"p99 {number(test.limits.latency_p99_ms)} ms"
        rows.append((test.id, moment(test.at_us), number(test.held_qps), p99, limit, str(test.route_version)))
    heads = ("load test", "begun", ">held a second", ">p99 ms", "held means", ">route version")
    screen.table(heads, rows, none="No load test yet. 'slipway bench' makes one.")


def sentence(test: LoadTest) -> str:
    """Say what a load test found, and what it leaves open."""
    limits = f"p99 {number(test.limits.latency_p99_ms)} ms and {percent(test.limits.error_share)} failures"
    above = [r for r in test.rungs if r.hold is not Hold.HOLDS]
    lowest = min(above, key=lambda r: r.qps, default=None)
    why = "" if lowest is None else f" {number(lowest.qps)} a second: {lowest.hold}, for {lowest.reason}"
    if not test.held_qps:
        return f"No rate was found that holds {limits}.{why}"
    void = lowest is not None and lowest.hold is Hold.VOID
    least = "at least " if void or lowest is None else ""
    return f"{least.capitalize()}{number(round(test.held_qps, 1))} requests a second hold {limits}.{why}"


def _row(rung: Rung) -> tuple[str, ...]:
    quantiles = tuple(_ms(rung.latency_ms(q)) for q in (0.5, 0.9, 0.99, 0.999, 1.0))
    answered = f"{rung.answered_qps:,.0f}"
    late = _ms(rung.late.quantile(0.99) / 1000)
    return (
        number(round(rung.qps, 1)),
        answered,
        *quantiles,
        f"{rung.latency.n * rung.failed_share:,.0f}",
        late,
        rung.hold,
    )


def _ms(value: float) -> str:
    return "never" if value == float("inf") else number(value, digits=3)
