"""The gap in parts of the rows: silent where nothing changed, and one carrier of ten or twenty is found and named.

Two tables each, of 300 flights a day of five carriers: all monitors run, by days that have their weather, and by rows
that are independent. Then the tests of parts alone, over parts that overlap. Whole monitors are dear: CI runs a ninth
of their streams.
"""

import numpy as np
import pytest

import slipway
from slipway.modeling import reference as packaging
from slipway.records.alert import FindingKind
from slipway.stats.part_gap import BlockPartGap, PartGap
from slipway.stats.part_sums import Part, PartSums
from slipway.stats.residuals import GapReference
from slipway.testing.calibration import null_result, power_result
from slipway.testing.carriers import carrier_table

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(580)]

ALPHA, LOOKS = 0.05, 40
FIRST_DAY, DAYS = 16_000, 60
WEATHER = {"day": 0.3, "row": 0.0}
TENTHS = [Part(0, i, i) for i in range(10)]
PARTS = [Part(0, i, i) for i in range(6)] + [Part(0, i, i + 2) for i in range(4)]


def watched(seed: int, *, unit: str, alpha: float, share: float = 0.1, wrong: float = 0.0, days: int = DAYS):
    """Return what was found between 60 days and the next, and after how many of these; -1 for nothing."""
    rng = np.random.default_rng([seed, unit == "row"])
    told = {"share": share, "day_sd": WEATHER[unit]}
    before = carrier_table(rng, first_day=FIRST_DAY, **told)
    after = carrier_table(rng, first_day=FIRST_DAY + DAYS, days=days, wrong=wrong, **told)
    found = slipway.monitor(before, after, alpha=alpha, unit=unit).found.findings
    return found, min((f.opened_us // 86_400_000_000 - FIRST_DAY - DAYS for f in found), default=-1)


@pytest.mark.parametrize(("unit", "days"), [("day", DAYS), ("row", 20)])
def test_nothing_is_found_where_nothing_changed(unit, days, record, streams_of) -> None:
    found = [watched(seed, unit=unit, alpha=ALPHA, days=days) for seed in range(streams_of(streams_of(75)))]
    record(
        null_result(
            [day >= 0 for _, day in found],
            test="monitor of two tables",
            scenario=f"nine parts of the rows, by {unit}; {days} days after 60 of 300 rows, all monitors",
            alpha=ALPHA,
            looks=days,
        ).demand()
    )


@pytest.mark.parametrize(
    ("unit", "share", "wrong", "parts"),
    [("day", 0.1, 0.15, True), ("day", 0.1, 0.15, False), ("day", 0.07, 0.3, True), ("row", 0.07, 0.3, True)],
)
def test_one_carrier_is_found_while_the_whole_hardly_moves(  # noqa: PLR0917 - cases and fixtures
    unit, share, wrong, parts, record, streams_of, monkeypatch
) -> None:
    if not parts:
        monkeypatch.setattr(packaging, "choose_parts", lambda *_, **__: ())
    found = [
        watched(1_000 + seed, unit=unit, alpha=0.01, share=share, wrong=wrong)
        for seed in range(streams_of(streams_of(15)))
    ]
    row = power_result(
        [day for _, day in found],
        np.arange(DAYS + 1),
        test="monitor of two tables" if parts else "the same without parts",
        scenario=f"one carrier with {share:.0%} of the rows, by {unit}; 60 days of 300 rows before and after",
        effect=f"chance of an error there + {wrong:g}",
        unit="days",
        alpha=0.01,
    )
    record(row.demand(found=0.8) if parts else row)
    if parts:
        told = [f for findings, _ in found for f in findings if f.kind is not FindingKind.DATA_DRIFT]
        assert np.mean([bool(f.parts) and f.parts[0].name == "carrier = UA" for f in told]) >= 0.8


def rows_of(rng: np.random.Generator, n: int, *, centre: float, bad: float = 0.0) -> dict[str, np.ndarray]:
    """Return rows of a calibrated model, whose parts differ in it; ``bad`` makes a day's answers too low."""
    bins = rng.choice(6, size=(n, 1), p=[0.05, 0.1, 0.15, 0.2, 0.2, 0.3]).astype(np.uint8)
    p = 1 / (1 + np.exp(-rng.normal(centre + bins[:, 0] / 3 - 1, 1.0)))
    y = (rng.random(n) < 1 / (1 + np.exp(-np.log(p / (1 - p)) - bad))).astype(float)
    return {"bins": bins, "predicted": p, "outcome": y, "over": (y != (p > 0.5)) - np.minimum(p, 1 - p)}


def test_parts_by_rows_while_x_walks(record, streams_of) -> None:
    rng, alarms, naive = np.random.default_rng(7), [], []
    for _ in range(streams_of(240)):
        centre, rows = rng.normal(0, 1), 10 ** rng.uniform(1.5, 3)
        held = rows_of(rng, int(10 ** rng.uniform(2.5, 4.3)), centre=centre)
        reference = GapReference.of_classes(held["predicted"], y=held["outcome"])
        test = PartGap.learn(PartSums.of(PARTS, reference=reference, **held), reference=reference)
        state, alarm, loud = test.start(), False, False
        residuals, squares = np.zeros(6), np.zeros(6)
        for _ in range(LOOKS):
            centre += rng.normal(0, 0.2)
            live = rows_of(rng, rng.poisson(rows), centre=centre)
            state = test.update(state, PartSums.of(PARTS, reference=reference, **live))
            alarm |= test.evidence(state).rejects(alpha=ALPHA)
            left = live["outcome"] - live["predicted"]
            residuals += np.bincount(live["bins"][:, 0], weights=left, minlength=6)
            squares += np.bincount(live["bins"][:, 0], weights=left**2, minlength=6)
            loud |= bool(((np.abs(residuals) > 2.64 * np.sqrt(squares)) & (squares > 5)).any())  # .05 / 6, two-sided
        alarms.append(alarm)
        naive.append(loud)
    record(
        null_result(
            alarms,
            test="gap in parts",
            scenario="ten parts that overlap, X walks, references of 300 to 20,000 rows; naive: z of each part, shared",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )


def test_parts_by_blocks_whose_gaps_differ(record, streams_of) -> None:
    """Days are good or bad for the model, all parts at once; a small part is empty on some days."""
    rng, alarms, naive = np.random.default_rng(8), [], []
    for _ in range(streams_of(240)):
        sd, rows = rng.uniform(0, 0.5), int(10 ** rng.uniform(1.3, 2.3))
        days = [rows_of(rng, rng.poisson(rows) + 1, centre=0.0, bad=rng.normal(0, sd)) for _ in range(30 + LOOKS)]
        held = {name: np.concatenate([day[name] for day in days[:30]]) for name in days[0]}
        reference = GapReference.of_classes(held["predicted"], y=held["outcome"])
        sums = [PartSums.of(PARTS, reference=reference, **day) for day in days]
        test = BlockPartGap.learn(sums[:30])
        state, alarm, loud, live = test.start(), False, False, []
        before = np.array([day["over"].mean() for day in days[:30]])
        for day, each in zip(days[30:], sums[30:], strict=True):
            state = test.update(state, each)
            alarm |= test.evidence(state).rejects(alpha=ALPHA)
            live.append(day["over"].mean())
            loud |= len(live) > 4 and _far(np.array(live), before)
        alarms.append(alarm)
        naive.append(loud)
    record(
        null_result(
            alarms,
            test="gap in parts",
            scenario="ten parts that overlap, 30 days that differ by up to .5 logits; naive: Welch's t of daily gaps",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )


@pytest.mark.parametrize(
    ("before", "now"),
    [(60, 300), (230, 2_000), (300, 30), (2_000, 230)],
)
def test_parts_by_blocks_with_other_numbers_of_rows(before, now, record, streams_of) -> None:
    """A canary's days have fewer rows than the reference's, a sample's reference fewer than the days that follow."""
    rng, alarms = np.random.default_rng([9, before, now]), []
    for _ in range(streams_of(60)):
        held = _rare(rng, 5_000)
        reference = GapReference.of_classes(held["predicted"], y=held["outcome"])
        sums = [PartSums.of(TENTHS, reference=reference, **_rare(rng, before)) for _ in range(DAYS)]
        test = BlockPartGap.learn(sums)
        state, alarm = test.start(), False
        for _ in range(LOOKS):
            state = test.update(state, PartSums.of(TENTHS, reference=reference, **_rare(rng, now)))
            alarm |= test.evidence(state).rejects(alpha=ALPHA)
        alarms.append(alarm)
    record(
        null_result(
            alarms,
            test="gap in parts",
            scenario=f"ten parts, an outcome in ten rows; 60 days of {before:,} rows, then days of {now:,}",
            alpha=ALPHA,
            looks=LOOKS,
        ).demand()
    )


def _rare(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Return rows of a calibrated model of what happens in one of ten, so that residuals are skewed."""
    p = rng.beta(1, 9, size=n)
    y = (rng.random(n) < p).astype(float)
    return {"bins": rng.integers(0, 10, size=(n, 1)).astype(np.uint8), "predicted": p, "outcome": y, "over": y - p}


def _far(now: np.ndarray, before: np.ndarray) -> bool:
    error = np.sqrt(now.var(ddof=1) / len(now) + before.var(ddof=1) / len(before))
    return bool(abs(now.mean() - before.mean()) > 1.96 * error)
