"""``slipway bench``: what the running server can do, and whether that is what the scope promises."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, show, tell

if TYPE_CHECKING:
    from slipway.cli.bench_page import Benched
    from slipway.project import Project
    from slipway.records.load_test import LoadTest

app = App(name="bench")


@app.default
def bench(
    *,
    qps: float | None = None,
    for_: Annotated[str, Parameter(name="--for")] = "5s",
    start: float = 100.0,
    precision: float = 0.1,
    p99_ms: float | None = None,
    errors: float = 0.001,
    arrivals: Literal["poisson", "constant"] = "poisson",
    connections: int = 64,
    rows: int = 1,
    entities: int = 10_000,
    generators: int = 1,
    seed: int = 0,
    during_rollout: bool = False,
    chart: Path | None = None,
    common: Common = COMMON,
) -> int:
    """Ask the running server under load, and find the highest rate that holds the scope's budgets.

    Requests are due by a schedule that does not wait for answers, and latency counts from when each was due. The
    result is kept. Ends with 1 if no rate held, or a budget of slipway.toml is broken.

    The rows are journalled under ids that begin with slipway-bench-; no gate, cohort or monitor counts them.

    Args:
        qps: Ask at this one rate, in requests a second, instead of searching.
        for_: How long to ask at each rate, after a second of warm-up.
        start: Rate at which the search begins.
        precision: The search ends when what held and what did not are so close, relatively.
        p99_ms: 99 % of the requests are answered sooner; that of slipway.toml if not given, else its deadline.
        errors: Part of the requests that may fail; 0.001 is 0.1 %.
        arrivals: By chance, as independent callers come, or evenly.
        connections: Connections to keep open.
        rows: Rows a request.
        entities: Different entities.
        generators: Processes that ask; add one where the result says that the generator was late.
        seed: Seed of all chance.
        during_rollout: Ask although a rollout runs; load slows its real callers, whose latency counts.
        chart: File to write a page with charts to.
        common: What every command takes.
    """
    project = common.open()
    from slipway.bench.ladder import Climb  # noqa: PLC0415 - as Common.open: --help must not wait for it
    from slipway.cli.bench_page import page, rung_line  # noqa: PLC0415 - as above
    from slipway.cli.when import duration_s  # noqa: PLC0415 - as above
    from slipway.project.benching import BenchPlan  # noqa: PLC0415 - as above
    from slipway.records.load_test import Arrivals, Limits  # noqa: PLC0415 - as above

    budget_ms = p99_ms or project.scope.budgets.latency_p99_ms or project.scope.serving.deadline_ms
    plan = BenchPlan(
        climb=Climb(qps=qps, start_qps=start, precision=precision, for_s=duration_s(for_, option="--for")),
        limits=Limits(latency_p99_ms=budget_ms, error_share=errors),
        arrivals=Arrivals(arrivals),
        connections=connections,
        rows=rows,
        entities=entities,
        generators=generators,
        seed=seed,
        during_rollout=during_rollout,
    )
    test = project.bench(plan, told=lambda rung: tell(rung_line(rung)))
    benched = _benched(project, test, chart=chart)
    return show(benched, human=page, common=common, holds=benched.holds)


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the load tests, oldest first."""
    return show(common.open().load_tests(), human=_list, common=common)


@app.command(name="show", sort_key=2)
def show_(test: str | None = None, /, *, chart: Path | None = None, common: Common = COMMON) -> int:
    """Show a load test: each rate, what the server took, and how the scope's budgets stand by it.

    Args:
        test: Id or start of an id; the newest if not given.
        chart: File to write a page with charts to.
        common: What every command takes.
    """
    project = common.open()
    from slipway.cli.bench_page import page  # noqa: PLC0415 - as above

    chosen = pick(test, project.load_tests(), what="load test", key=lambda t: t.id, name=lambda t: t.id)
    return show(_benched(project, chosen, chart=chart), human=page, common=common)


def _benched(project: "Project", test: "LoadTest", *, chart: Path | None) -> "Benched":
    from slipway.cli.bench_page import Benched  # noqa: PLC0415 - as above
    from slipway.web.load_page import write_load_page  # noqa: PLC0415 - as above

    judgements = project.judge_load(test)
    written = "" if chart is None else str(write_load_page(test, judgements=judgements, out=chart))
    return Benched(test=test, budgets=judgements, chart=written)


def _list(screen: Screen, known: list["LoadTest"]) -> None:
    from slipway.cli.bench_page import listed  # noqa: PLC0415 - as above

    listed(screen, known)
