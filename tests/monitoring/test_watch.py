"""The monitors: what moved, since when, what it costs, which step to go back to; one finding, not forty."""

import msgspec
import numpy as np
import polars as pl
import pytest

from slipway.control.ledger import Ledger
from slipway.control.slices import Model, input_sums, outcome_sums
from slipway.control.terms import Terms
from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor, begin, take
from slipway.records.alert import FindingKind, Step
from slipway.records.field import Field, FieldKind
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import InputSums
from slipway.stats.coding import Coder
from slipway.storage.columns import encode_columns
from slipway.testing.memory import MemoryJournal

DAY_US = 86_400_000_000
ROWS = 150
FIELDS = (
    Field(name="delay", kind=FieldKind.NUMBER, unit="min"),
    Field(name="noise", kind=FieldKind.NUMBER),
    Field(name="carrier", kind=FieldKind.CATEGORY),
)
SCORING = Scoring(kind=TaskKind.BINARY)


def rows(rng, *, day, delay=0.0, noise=0.0, concept=0.0, ev=0.2, missing=0.0):
    """One day of rows: its delays stick together, and the score is the chance, if ``concept`` is 0."""
    weather = rng.normal(0, 0.5)
    x = rng.normal(delay + weather, 1.0, size=ROWS)
    carrier = np.where(rng.random(ROWS) < ev, "EV", "UA").astype(object)
    p = 1 / (1 + np.exp(-(1.5 * x - 1.0 + 0.5 * (carrier == "EV"))))
    y = (rng.random(ROWS) < np.clip(p + concept * (p < 0.5), 0, 1)).astype(float)
    given = np.where(rng.random(ROWS) < missing, np.nan, x)
    at_us = day * DAY_US + np.arange(ROWS) * 1000
    return at_us, {"delay": given, "noise": rng.normal(noise, 1, ROWS), "carrier": carrier}, p, y


@pytest.fixture(scope="module")
def monitor():
    rng = np.random.default_rng(0)
    days = [rows(rng, day=d) for d in range(90)]
    at_us, p, y = (np.concatenate([day[i] for day in days]) for i in (0, 2, 3))
    x = {name: np.concatenate([day[1][name] for day in days]) for name in ("delay", "noise", "carrier")}
    held_out = np.flatnonzero(at_us >= 45 * DAY_US)
    reference, calibration = make_reference(
        pl.DataFrame({**x, "carrier": x["carrier"].tolist()}),
        fields=FIELDS,
        times_us=at_us,
        held_out=held_out,
        scores=p[held_out],
        y=y[held_out],
        scoring=SCORING,
    )
    instruments = instruments_of(reference, unit="day")
    watching = Monitor(
        model="model-1",
        reference=reference,
        instruments=instruments,
        limits=Limits(metric="error", tolerance=0.01),
        units={f.name: f.unit for f in FIELDS},
        alpha=0.01,
    )
    return watching, Model(
        arm="model-1", reference=reference, calibration=calibration, coder=Coder(instruments.inputs.reference)
    )


def live(monitor, *, seed, quiet=20, then=40, after=0, labels=True, late=0, **change):
    """Watch quiet days, then changed ones, then quiet ones again; outcomes are looked at so many days late."""
    watching, model = monitor
    rng = np.random.default_rng(seed)
    journal, ledger = MemoryJournal(), Ledger(Terms(), coder=lambda _: model.coder)
    writer = journal.writer("worker")
    for day in range(100, 100 + quiet + then + after):
        changed = quiet <= day - 100 < quiet + then
        at_us, x, p, y = rows(rng, day=day, **(change if changed else {}))
        ids = [f"p{day}-{i}" for i in range(ROWS)]
        frame = PredictionFrame(
            route="main", route_version=1, at_us=at_us.tolist(), id=ids, entity=ids, arm=["model-1"] * ROWS,
            fallback=[False] * ROWS, score=p.tolist(), latency_us=[1] * ROWS, x=encode_columns(x),
        )  # fmt: skip
        writer.append([frame])
        if labels:
            writer.append([OutcomeFrame(at_us=(at_us + 1000).tolist(), id=ids, value=y.tolist())])
    ledger.catch_up(journal)
    watched, waiting = begin(watching), []
    for block in ledger.blocks("main"):
        place = {"model": model, "ledger": ledger, "start_us": block.start_us, "end_us": block.end_us}
        waiting.append(outcome_sums(block, **place, wait_us=DAY_US))
        known = [waiting.pop(0)] if len(waiting) > late else []
        for sums in (input_sums(block, **place), *known):
            watched = take(watched, monitor=watching, sums=sums, now_us=block.end_us)
    return watched.findings


def day_of(at_us):
    return at_us // DAY_US - 100


def test_quiet_days_raise_nothing(monitor):
    assert [live(monitor, seed=s, quiet=60, then=0) for s in range(5)] == [()] * 5


def test_inputs_that_move_are_data_drift_with_the_column_the_size_and_the_moment(monitor):
    (finding,) = live(monitor, seed=1, delay=1.0)
    assert finding.kind is FindingKind.DATA_DRIFT
    assert finding.columns[0].name == "delay"
    assert finding.columns[0].unit == "min"
    assert 0.6 < finding.columns[0].size < 1.4
    assert abs(day_of(finding.since_us) - 20) <= 2
    assert 20 <= day_of(finding.opened_us) <= 45
    assert finding.closed_us is None


def test_a_meaning_that_changes_is_concept_drift_with_the_cost(monitor):
    (finding,) = live(monitor, seed=2, concept=0.25)
    assert finding.kind is FindingKind.CONCEPT_DRIFT
    assert finding.columns == ()
    assert finding.relevant
    assert finding.go_back_to is Step.MODELING
    assert finding.gap is not None
    assert finding.gap.estimate > 0
    assert "the same inputs now mean something else".lower() in finding.sentence.lower()


def test_both_at_once_are_both(monitor):
    (finding,) = live(monitor, seed=3, then=60, delay=1.0, concept=0.3)
    assert finding.kind is FindingKind.BOTH
    assert finding.go_back_to is Step.DATA


def test_a_move_that_costs_nothing_is_reported_and_sends_nobody_back(monitor):
    (finding,) = live(monitor, seed=4, noise=1.0)
    assert [c.name for c in finding.columns] == ["noise"]
    assert not finding.relevant
    assert finding.go_back_to is Step.NONE
    assert "not proven" in finding.sentence  # of 15 days the limits are wider than a point


def test_what_was_harmless_before_any_outcome_is_doubtful_once_they_do_not_show_it(monitor):
    patient = (msgspec.structs.replace(monitor[0], limits=Limits(metric="error", tolerance=0.03)), monitor[1])
    (before,) = live(patient, seed=4, then=20, late=40, noise=1.0)
    assert (before.loss.now, before.doubtful) == (None, False)
    (after,) = live(patient, seed=4, then=20, late=14, noise=1.0)
    assert after.loss.labelled
    assert (after.relevant, after.doubtful) == (False, True)
    assert "not proven: look again with more outcomes" in after.sentence


def test_missing_values_and_categories_are_named(monitor):
    (finding,) = live(monitor, seed=5, missing=0.3)
    assert finding.columns[0].detail.startswith("delay: missing in 0.0% of the rows before, in 3")
    assert 0.27 < finding.columns[0].size < 0.33
    (finding,) = live(monitor, seed=6, ev=0.6)
    assert finding.columns[0].name == "carrier"
    assert 0.3 < finding.columns[0].size < 0.5


def test_without_outcomes_the_inputs_are_still_watched(monitor):
    (finding,) = live(monitor, seed=7, delay=1.0, labels=False)
    assert finding.kind is FindingKind.DATA_DRIFT
    assert finding.gap is None
    assert "No outcome since then" in finding.sentence


def test_drift_that_stays_is_one_finding_and_drift_that_goes_is_closed(monitor):
    (finding,) = live(monitor, seed=8, then=150, delay=1.0)
    assert finding.closed_us is None
    (finding,) = live(monitor, seed=8, then=40, after=150, delay=1.5)
    assert finding.closed_us is not None
    assert day_of(finding.closed_us) > 60


def test_a_finding_says_how_seldom_such_an_alarm_is_false(monitor):
    (finding,) = live(monitor, seed=1, delay=1.0)
    assert finding.promise.alpha == 0.01
    assert finding.promise.within_s == 90 * 86_400
    assert finding.promise.run_length_s == pytest.approx(90 * 86_400 * (2 / 0.01 - 1 - 0.01))


def test_a_finding_says_between_which_days_it_began(monitor):
    days = []
    for seed in range(20, 30):
        (finding,) = live(monitor, seed=seed, delay=1.2)
        days.append((day_of(finding.since_low_us), day_of(finding.since_us), day_of(finding.since_high_us)))
    assert all(low <= at <= high for low, at, high in days)
    assert sum(low <= 20 <= high for low, _, high in days) >= 8
    assert sorted(high - low for low, _, high in days)[5] <= 15


def test_what_inputs_explain_of_the_change_in_loss_and_what_they_do_not(monitor):
    (moved,) = live(monitor, seed=1, delay=1.0)
    assert moved.loss.explained.low < moved.loss.explained.estimate < moved.loss.explained.high
    assert moved.loss.unexplained.low < 0 < moved.loss.unexplained.high
    (meant,) = live(monitor, seed=2, concept=0.25)
    assert meant.loss.explained.low < 0 < meant.loss.explained.high
    assert meant.loss.unexplained.low > 0
    for loss in (moved.loss, meant.loss):
        parts = loss.explained.estimate + loss.unexplained.estimate
        assert loss.now - loss.before == pytest.approx(parts, abs=0.01)  # inputs and outcomes: not quite the same rows
    (blind,) = live(monitor, seed=7, delay=1.0, labels=False)
    assert (blind.loss.now, blind.loss.unexplained, blind.loss.labelled) == (None, None, 0)


def test_a_change_after_a_quiet_year_is_found_as_soon_as_one_after_three_weeks(monitor):
    delays = {q: day_of(live(monitor, seed=11, quiet=q, delay=1.0)[0].opened_us) - q for q in (20, 365)}
    assert delays[365] <= delays[20] + 3


def test_scores_that_move_alone_are_found_and_named(monitor):
    """As when the model behind an arm is not the one that was packaged: X is what it was, the answers are not."""
    watching, _ = monitor
    rng = np.random.default_rng(9)
    profile = watching.reference.score.profile
    counts = watching.instruments.inputs.reference
    watched = begin(watching)
    for day in range(100, 160):
        _, x, p, _ = rows(rng, day=day)
        sums = InputSums(
            start_us=day * DAY_US,
            end_us=(day + 1) * DAY_US,
            rows=ROWS,
            counts=counts.tick(x).counts,
            expected=0.2 * ROWS,
            answers=profile.tick(np.sqrt(p)).counts,
        )
        watched = take(watched, monitor=watching, sums=sums, now_us=(day + 1) * DAY_US)
    (finding,) = watched.findings
    assert finding.kind is FindingKind.DATA_DRIFT
    assert [c.name for c in finding.columns] == ["score"]
