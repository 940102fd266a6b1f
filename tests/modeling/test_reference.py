"""The reference adds up, is honest about what the model knew, and finds what sticks together."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from slipway.errors import BadInput, Corrupt
from slipway.modeling.blocks import DAY_US, HOUR_US
from slipway.modeling.frame import as_x
from slipway.modeling.reference import make_reference
from slipway.modeling.train import Trained
from slipway.records.calibration import LossByScore, decode_calibration, encode_calibration, expected_loss
from slipway.records.field import Field, FieldKind
from slipway.records.reference import Reference, decode_reference
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.calibration import Isotonic
from slipway.stats.residuals import Measure

RNG = np.random.default_rng(2)
NUMBER = (Field(name="x", kind=FieldKind.NUMBER),)


def reference_of(trained: Trained, **changes: object) -> Reference:
    given = {
        "fields": trained.fields,
        "times_us": trained.times_us,
        "held_out": trained.held_out,
        "scores": trained.answers,
        "y": trained.y[trained.held_out],
        "scoring": trained.scoring,
    }
    return make_reference(trained.x, **(given | changes))[0]


def test_blocks_add_up_to_the_whole(trained: Trained) -> None:
    reference = reference_of(trained)
    assert reference.block_us == DAY_US
    assert len(reference.block_starts) == 40
    for column in reference.columns:
        assert column.block_counts.shape == (40, column.profile.counts.size)
        assert column.block_counts.sum() == trained.x.height
    loss = trained.scoring.loss(trained.y[trained.held_out], answers=trained.answers)
    assert sum(b.loss for b in reference.held_out) == pytest.approx(loss.sum())
    assert sum(b.n for b in reference.held_out) == reference.held_out_rows == trained.held_out.size
    assert sum(b.gap.n for b in reference.held_out) == reference.gap.n
    total = sum(b.gap.totals for b in reference.held_out) / 2**30 / reference.gap.n
    assert total == pytest.approx(reference.gap.means, abs=1e-6)


def test_days_that_differ_make_the_day_the_unit_and_what_does_not_stick_together_is_counted_in_rows(
    trained: Trained,
) -> None:
    reference = reference_of(trained)
    assert reference.unit.unit == "day"
    assert "rows of one day stick together" in reference.unit.reason
    assert reference.column("delay").unit.unit == "row"


def test_a_short_time_is_kept_by_the_hour(trained: Trained) -> None:
    hours = np.arange(trained.x.height) * (3 * DAY_US // trained.x.height)
    assert reference_of(trained, times_us=hours).block_us == HOUR_US


def test_without_a_time_rows_are_the_unit_and_the_reason_says_what_that_risks(trained: Trained) -> None:
    reference = reference_of(trained, times_us=None)
    assert (reference.unit.unit, reference.block_us, reference.block_starts) == ("row", 0, (0,))
    assert "nobody can tell which rows stick together" in reference.unit.reason


def test_the_gap_is_measured_with_a_calibration_that_has_not_seen_the_row() -> None:
    """Scores without any meaning: fitted and judged on the same rows, they would seem to have one."""
    n = 400
    scores, y = RNG.random(n), RNG.integers(0, 2, n).astype(float)
    x = pl.DataFrame({"x": scores})
    reference, calibration = make_reference(
        x,
        fields=NUMBER,
        times_us=np.arange(n) * (40 * DAY_US // n),
        held_out=np.arange(n),
        scores=scores,
        y=y,
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    same_rows = abs(np.mean(calibration.apply(scores) - y))
    assert same_rows < 0.02
    realised = sum(b.loss for b in reference.held_out) / n
    expected = sum(b.expected for b in reference.held_out) / n
    assert realised == pytest.approx(0.5, abs=0.06)
    assert expected == pytest.approx(realised, abs=0.06)


def test_categories_and_missing_values_have_profiles() -> None:
    n = 600
    table = pl.DataFrame({"port": [("EWR", "JFK", None)[i % 3] for i in range(n)], "x": [None, 1.0] * (n // 2)})
    fields = (Field(name="port", kind=FieldKind.CATEGORY), *NUMBER)
    reference, _ = make_reference(
        as_x(table, fields=fields),
        fields=fields,
        times_us=None,
        held_out=np.arange(n),
        scores=RNG.random(n),
        y=RNG.integers(0, 2, n).astype(float),
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    port = reference.column("port").category
    assert set(port.names) == {"EWR", "JFK"}
    assert port.counts[-1] / port.n == pytest.approx(1 / 3, abs=0.05)
    assert reference.column("x").number.missing_share == pytest.approx(0.5, abs=0.06)
    with pytest.raises(BadInput, match=r"want one of \['port', 'x'\], got 'prt'"):
        reference.column("prt")


def test_a_regression_expects_its_loss_from_its_answer() -> None:
    n = 5000
    scores = RNG.uniform(0, 10, n)
    y = scores + RNG.normal(0, 1 + scores, n)
    scoring = Scoring(kind=TaskKind.REGRESSION)
    reference, calibration = make_reference(
        pl.DataFrame({"x": scores}),
        fields=NUMBER,
        times_us=None,
        held_out=np.arange(n),
        scores=scores,
        y=y,
        scoring=scoring,
    )
    assert reference.gap.measures == (Measure.LOSS,)
    assert isinstance(calibration, LossByScore)
    # The mean absolute value of a normal is its standard deviation times sqrt(2 / pi).
    wanted = np.sqrt(2 / np.pi) * (1 + np.array([1.0, 9.0]))
    assert expected_loss(calibration, scores=[1.0, 9.0], scoring=scoring) == pytest.approx(wanted, rel=0.2)
    again = decode_calibration(encode_calibration(calibration))
    assert again.apply([3.0]) == calibration.apply([3.0])


def test_a_calibration_of_another_kind_of_task_is_refused() -> None:
    identity = Isotonic(scores=np.array([0.0, 1.0]), probabilities=np.array([0.0, 1.0]))
    with pytest.raises(BadInput, match="want a loss by score for a regression task"):
        expected_loss(identity, scores=[0.5], scoring=Scoring(kind=TaskKind.REGRESSION))


def test_junk_is_called_corrupt(kit: SimpleNamespace) -> None:
    for decode in (decode_reference, decode_calibration):
        with pytest.raises(Corrupt):
            decode(b"\x80")


def test_too_few_rows_to_calibrate_on_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 4 to calibrate on, got 3"):
        make_reference(
            pl.DataFrame({"x": [1.0, 2.0, 3.0]}),
            fields=NUMBER,
            times_us=None,
            held_out=np.arange(3),
            scores=np.array([0.1, 0.2, 0.3]),
            y=np.array([0.0, 1.0, 0.0]),
            scoring=Scoring(kind=TaskKind.BINARY),
        )
