"""A load test as one page for a browser without a network."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from slipway.records.load_test import LoadTest
from slipway.scoping.judge import Judgement
from slipway.web.charts.load import by_rate, by_share
from slipway.words import moment, number, percent

_QUANTILES = (0.5, 0.9, 0.99, 0.999, 1.0)


def render_load_test(test: LoadTest, *, judgements: Sequence[Judgement]) -> str:
    """Return the page: styles and charts inline, no script, no address. The same test gives the same bytes."""
    pages = Environment(
        loader=PackageLoader("slipway.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    best = test.best
    rungs = [
        {
            "qps": number(round(r.qps, 1)),
            "answered": f"{r.answered_qps:,.0f}",
            "quantiles": [_ms(r.latency_ms(q)) for q in _QUANTILES],
            "failed": percent(r.failed_share, digits=2),
            "hold": r.hold,
            "reason": r.reason,
        }
        for r in test.rungs
    ]
    return pages.get_template("load_test.html").render(
        test=test,
        begun=moment(test.at_us),
        held=number(round(test.held_qps, 1)),
        limits=f"p99 {number(test.limits.latency_p99_ms)} ms, {percent(test.limits.error_share)} failures",
        by_rate=by_rate(test) if test.rungs else "",
        by_share=by_share(best) if best is not None and best.latency.n else "",
        rungs=rungs,
        usage=best.usage if best is not None else (),
        judgements=judgements,
    )


def write_load_page(test: LoadTest, *, judgements: Sequence[Judgement], out: Path) -> Path:
    """Write the page and return the file's absolute path; a reader sees the old page or the new one."""
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_text(render_load_test(test, judgements=judgements), encoding="utf-8")
    fresh.replace(out)
    return out.absolute()


def _ms(value: float) -> str:
    return "never" if value == float("inf") else number(value, digits=3)
