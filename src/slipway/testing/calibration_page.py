"""Rows of a calibration session as a page that people read."""

from collections.abc import Iterable

from slipway.testing.calibration_rows import NullResult, PowerResult, Row

_HEAD = """# Calibration of the tests

Made by `make calibration` from seeded simulations; do not edit. Each line is one scenario.

"""
_NULL_HEAD = """## False alarms

A stream without an effect is looked at again and again; the line counts the streams in which the test *ever* alarmed.
The promise is a share of at most alpha; the limit adds the simulation error (exceeded with probability 0.001 if the
promise holds exactly). "Naive" is the usual fixed-n test at the same alpha, looked at just as often.

| test | scenario | alpha | streams | looks | false alarms | limit | naive peeking |
|---|---|---|---|---|---|---|---|
"""
_POWER_HEAD = """
## Delays

How soon an effect is found, at the same alpha. "Fixed n" is the sample size that the fixed-n test must plan for; it may
look only once, there. "Bound" is the information limit log(1/alpha)/KL, the best mean delay of any anytime-valid test
that knew the effect beforehand. "Goal" is the median delay that the suite demands.

| test | scenario | effect | streams | found | median delay | goal | fixed n (power) | bound |
|---|---|---|---|---|---|---|---|---|
"""


def page(rows: Iterable[Row]) -> str:
    """Render rows as Markdown: one table for false alarms, one for delays, each sorted by test and scenario."""
    rows = list(rows)
    nulls = sorted((r for r in rows if isinstance(r, NullResult)), key=lambda r: (r.test, r.scenario))
    powers = sorted((r for r in rows if isinstance(r, PowerResult)), key=lambda r: (r.test, r.scenario, r.effect))
    return _HEAD + _NULL_HEAD + "".join(map(_null_line, nulls)) + _POWER_HEAD + "".join(map(_power_line, powers))


def _null_line(row: NullResult) -> str:
    naive = "-" if row.naive_false_alarms is None else f"{row.naive_false_alarms / row.streams:.1%}"
    return (
        f"| {row.test} | {_cell(row.scenario)} | {row.alpha:g} | {row.streams:,} | {row.looks:,} "
        f"| {row.rate:.2%} | {row.limit / row.streams:.2%} | {naive} |\n"
    )


def _power_line(row: PowerResult) -> str:
    fixed = "-" if row.fixed_n is None else f"{row.fixed_n:,.0f} ({row.fixed_power:.0%})"
    return (
        f"| {row.test} | {_cell(row.scenario)} | {_cell(row.effect)} | {row.streams:,} | {row.found:.1%} "
        f"| {_count(row.median_delay)} {row.unit} | {_count(row.goal)} | {fixed} | {_count(row.bound)} |\n"
    )


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _cell(text: str) -> str:
    """Keep a bar, as in P(Y|X), from ending the cell."""
    return text.replace("|", "\\|")
