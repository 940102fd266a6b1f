"""Any two tables: the right kind is named, nothing is found where nothing moved, and bad tables get a clear answer."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest

import slipway
from slipway.errors import BadInput
from slipway.records.alert import FindingKind
from slipway.records.quality import Fault
from slipway.records.two_tables import Standing, TwoTables

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def table(rows, *, seed, shift=0.0, flipped=0.0, days=0, bump=0.0):
    """Rows of a model that is calibrated: x moves the score, z does not; `flipped` of the truths are turned round."""
    rng = np.random.default_rng(seed)
    day = np.arange(rows) * days // rows if days else np.zeros(rows, dtype=int)
    x = rng.normal(size=rows) + shift + (bump * rng.normal(size=max(days, 1)))[day]
    p = 1 / (1 + np.exp(-(2 * x - 1)))
    y = (rng.random(rows) < p).astype(int)
    y = np.where(rng.random(rows) < flipped, 1 - y, y)
    columns = {
        "x": x,
        "z": rng.normal(size=rows),
        "city": rng.choice(["a", "b", "c"], rows),
        "prediction": p,
        "label": y,
    }
    if days:
        columns["at"] = [
            MONDAY + timedelta(days=int(d), hours=int(h)) for d, h in zip(day, rng.integers(0, 24, rows), strict=True)
        ]
    return pl.DataFrame(columns)


REFERENCE = table(8000, seed=1)


def found(current, **terms):
    return slipway.monitor(REFERENCE, current, **terms).found


def test_alike_tables_are_left_alone():
    answer = found(table(4000, seed=2))
    assert answer.standing is Standing.NOTHING
    assert answer.findings == ()
    assert not any(c.moved for c in answer.columns)


def test_moved_inputs_that_cost_nothing_are_told_and_not_alarmed():
    answer = found(table(4000, seed=3, shift=-0.5))  # further from the threshold: fewer errors
    assert answer.standing is Standing.HARMLESS
    assert answer.findings[0].kind is FindingKind.DATA_DRIFT
    assert {c.name for c in answer.columns if c.moved} == {"x", "prediction"}


def test_moved_inputs_are_not_harmless_while_the_loss_rose_by_more_than_the_tolerance():
    moved = table(300, seed=3, shift=-0.5)  # fewer errors expected ...
    wrong = moved.with_columns(
        label=pl.when(pl.int_range(300) % 12 == 0)
        .then(~pl.col("label").cast(pl.Boolean))
        .otherwise(pl.col("label").cast(pl.Boolean))
    )
    answer = found(wrong)
    assert answer.loss_now > answer.loss_before + answer.tolerance  # ... and more made
    assert answer.standing is not Standing.HARMLESS


def test_moved_inputs_that_cost_something_matter_and_are_no_concept_drift():
    answer = found(table(4000, seed=4, shift=0.5), tolerance=0.01)
    assert answer.standing is Standing.MATTERS
    assert answer.findings[0].kind is FindingKind.DATA_DRIFT
    assert answer.findings[0].go_back_to == "data"


def test_the_same_inputs_that_mean_something_else_are_concept_drift():
    answer = found(table(4000, seed=5, flipped=0.15))
    assert answer.standing is Standing.MATTERS
    assert answer.findings[0].kind is FindingKind.CONCEPT_DRIFT
    assert answer.findings[0].go_back_to == "modeling"
    assert not any(c.moved for c in answer.columns)
    assert answer.loss_now - answer.expected_now == pytest.approx(0.15 * (1 - 2 * answer.expected_now), abs=0.03)


def test_both_at_once_are_told_apart():
    assert found(table(6000, seed=6, shift=0.5, flipped=0.15)).findings[0].kind is FindingKind.BOTH


def test_without_labels_what_the_answers_expect_is_told():
    answer = found(table(4000, seed=7, shift=0.5).drop("label"), tolerance=0.01)
    assert answer.loss_now is None
    assert answer.expected_now > answer.loss_before + answer.tolerance
    assert answer.findings[0].kind is FindingKind.DATA_DRIFT
    assert "No outcome" in answer.sentence


def test_without_answers_the_columns_are_watched_and_the_cost_is_said_to_be_unknown():
    answer = slipway.monitor(REFERENCE.select("x", "z"), table(2000, seed=8, shift=0.5).select("x", "z")).found
    assert answer.standing is Standing.MATTERS
    assert "cannot be told" in answer.sentence
    assert (answer.metric, answer.loss_before, answer.expected_now) == ("", None, None)


def test_a_few_rows_cannot_tell():
    answer = slipway.monitor(REFERENCE.select("x"), {"x": [0.1]}).found
    assert answer.standing is Standing.CANNOT_TELL
    assert "no change of x alone however large could be proven" in answer.sentence


def test_days_that_differ_by_nature_are_found_to_be_the_unit_and_raise_nothing():
    reference, current = (table(6000, seed=s, days=60, bump=0.5) for s in (9, 10))
    answer = slipway.monitor(reference, current).found
    assert answer.unit == "day"
    assert "stick together" in answer.unit_reason
    assert answer.standing is Standing.NOTHING
    by_row = slipway.monitor(reference, current, unit="row").found
    assert by_row.findings, "rows would have cried wolf on the same tables, or this test shows nothing"


def test_a_change_in_the_middle_is_dated():
    before, after = table(4000, seed=11, days=40), table(4000, seed=12, days=40, flipped=0.25)
    current = pl.concat([before, after.with_columns(pl.col("at") + timedelta(days=40))])
    told = slipway.monitor(table(6000, seed=13, days=60), current.with_columns(pl.col("at") + timedelta(days=60)))
    answer = told.found
    changed = MONDAY + timedelta(days=100)
    since, low, high = (
        datetime.fromtimestamp(us / 1e6, tz=UTC)
        for us in (answer.findings[0].since_us, answer.findings[0].since_low_us, answer.findings[0].since_high_us)
    )
    assert low <= changed <= high
    assert f"since {since:%Y-%m-%d} (between {low:%Y-%m-%d} and {high:%Y-%m-%d})" in told.html()
    assert "explained by today&#39;s inputs" in told.html()
    assert answer.findings[0].loss.unexplained.low > 0
    assert b'"unexplained":{"low":' in told.json()
    assert abs(since - changed) <= timedelta(days=5)
    assert answer.findings[0].kind is FindingKind.CONCEPT_DRIFT
    by_month = {p.name: p.kind for p in answer.periods}
    assert by_month["2026-03"] == ""
    assert by_month["2026-05"] == "concept drift"


@pytest.mark.parametrize("days", [0, 60])
def test_columns_that_part_are_found_though_each_stays_what_it_was(days):
    rng = np.random.default_rng(32)

    def pair(together, *, first):
        x = rng.normal(size=(6000, 2)) @ np.linalg.cholesky(np.array([[1, together], [together, 1]])).T
        columns = {"load": x[:, 0], "price": x[:, 1], "noise": rng.normal(size=6000)}
        if days:
            columns["at"] = [MONDAY + timedelta(days=first + i * days // 6000) for i in range(6000)]
        return pl.DataFrame(columns)

    terms = {"unit": "day"} if days else {}
    reference = pair(0.8, first=0)
    answer = slipway.monitor(reference, pair(0.3, first=days), **terms).found
    assert answer.findings[0].columns[0].name == "load with price"
    assert "go together less" in answer.sentence
    assert not any(c.moved for c in answer.columns)
    assert slipway.monitor(reference, pair(0.8, first=days), **terms).found.findings == ()


def test_numbers_are_held_by_their_absolute_error():
    rng = np.random.default_rng(14)

    def numbers(rows, *, off):
        x = rng.normal(size=rows)
        return {"x": x, "prediction": 3 * x, "label": 3 * x + rng.normal(size=rows) * off}

    answer = slipway.monitor(numbers(4000, off=1.0), numbers(2000, off=2.0)).found
    assert answer.metric == "absolute-error"
    assert answer.findings[0].kind is FindingKind.CONCEPT_DRIFT


@pytest.mark.parametrize("form", ["polars", "pandas", "arrow", "dict", "rows"])
def test_every_sort_of_table_gives_the_same_answer(form):
    current = table(1000, seed=15, shift=1.0)
    made = {
        "polars": lambda t: t,
        "pandas": lambda t: pd.DataFrame(t.to_dict(as_series=False)),
        "arrow": pl.DataFrame.to_arrow,
        "dict": lambda t: t.to_dict(as_series=False),
        "rows": pl.DataFrame.to_dicts,
    }[form]
    assert slipway.monitor(REFERENCE, made(current)).found == found(current)


def test_the_order_of_columns_changes_nothing_but_itself():
    current = table(1000, seed=16, shift=1.0)
    turned = current.select(reversed(current.columns))
    assert found(turned) == found(current)


def test_the_page_holds_all_that_it_shows_and_json_gives_the_record_back(tmp_path):
    current = table(2000, seed=17, shift=0.5, days=20).rename({"city": "<script>alert(1)</script>"})
    reference = table(4000, seed=18, days=40).rename({"city": "<script>alert(1)</script>"})
    answer = slipway.monitor(reference, current)
    page = answer.save(tmp_path / "a.html").read_text()
    assert not re.search(r"(src|href)\s*=|@import|url\(|<script", page)
    assert "default-src 'none'" in page
    assert answer.found.sentence.split(".")[0] in page
    assert page == answer.html()
    kept = msgspec.json.decode(answer.save(tmp_path / "a.json").read_bytes(), type=TwoTables)
    assert kept.standing is answer.found.standing
    assert "&lt;iframe" not in answer._repr_html_()
    assert answer._repr_html_().startswith("<iframe srcdoc=")


class TestBadTables:
    def test_empty(self):
        with pytest.raises(BadInput, match="want at least one row"):
            found(REFERENCE.clear())

    def test_no_table(self):
        with pytest.raises(BadInput, match="want a table"):
            found(42)

    def test_no_common_column(self):
        with pytest.raises(BadInput, match="want a column that the reference has"):
            slipway.monitor({"a": [1.0, 2.0] * 40}, {"b": [1.0] * 20})

    def test_a_column_without_any_value(self):
        answer = found(table(1000, seed=19).with_columns(pl.lit(None).alias("z")))
        assert (Fault.EMPTY, "z", True) in [(q.fault, q.column, q.serious) for q in answer.quality]
        assert "z" not in {c.name for c in answer.columns}

    def test_one_class_in_the_reference(self):
        answer = slipway.monitor(REFERENCE.with_columns(pl.lit(0).alias("label")), table(1000, seed=20)).found
        assert answer.metric == ""
        assert any(q.fault is Fault.LABELS and "one class only" in q.detail for q in answer.quality)

    def test_one_class_in_the_current_table(self):
        assert found(table(1000, seed=21).with_columns(pl.lit(0).alias("label"))).findings

    def test_a_renamed_column(self):
        answer = found(table(1000, seed=22).rename({"city": "City"}))
        renamed = [q for q in answer.quality if q.fault is Fault.RENAMED]
        assert "city is gone and City is new" in renamed[0].detail
        assert "city" in {name for name, _ in answer.roles.ignored}

    def test_mixed_types(self):
        values = ["1.5", "oops", None] * 400
        answer = found(table(1200, seed=23).with_columns(pl.Series("z", values)))
        wrong = [q for q in answer.quality if q.fault is Fault.TYPE]
        assert "400 of 1,200 values are none" in wrong[0].detail
        assert "'oops'" in wrong[0].detail

    def test_text_labels(self):
        with pytest.raises(BadInput, match="Write 1 where the class in question is true"):
            slipway.monitor(REFERENCE.with_columns(pl.lit("yes").alias("label")), REFERENCE)

    def test_unknown_name(self):
        with pytest.raises(BadInput, match="Did you mean 'prediction'"):
            found(REFERENCE, prediction="predction")

    def test_two_columns_of_moments(self):
        two = table(200, seed=24, days=20).with_columns(pl.col("at").alias("also"))
        with pytest.raises(BadInput, match="Say which: time='at'"):
            slipway.monitor(two, two)

    def test_a_reference_too_short_for_its_days(self):
        with pytest.raises(BadInput, match="longer reference, or '--unit row'"):
            slipway.monitor(table(200, seed=25, days=2), table(200, seed=26, days=2), unit="day")

    def test_a_constant_column_a_sentinel_and_a_silence(self):
        reference = table(2000, seed=27, days=40)
        current = table(1000, seed=28, days=20).with_columns(z=pl.lit(0.5), x=pl.lit(-999.0))
        late = current.with_columns(
            at=pl.when(pl.int_range(pl.len()) > 900).then(pl.col("at") + timedelta(days=90)).otherwise(pl.col("at"))
        )
        serious = {(q.fault, q.column) for q in slipway.monitor(reference, late).found.quality if q.serious}
        assert {(Fault.CONSTANT, "z"), (Fault.RANGE, "x"), (Fault.STALE, "at")} <= serious

    def test_rows_that_repeat(self):
        current = pl.concat([table(500, seed=29)] * 2)
        assert any(q.fault is Fault.DUPLICATES and q.serious for q in found(current).quality)

    def test_columns_that_name_or_count_rows_are_left_out_and_told(self):
        reference = REFERENCE.with_columns(id=pl.int_range(pl.len()), name=pl.int_range(pl.len()).cast(pl.String))
        answer = slipway.monitor(reference, reference.tail(500)).found
        assert {name for name, _ in answer.roles.ignored} == {"id", "name"}
        assert answer.standing is Standing.NOTHING

    def test_no_number_anywhere(self):
        infinite = REFERENCE.head(500).with_columns(z=pl.lit(float("inf")), x=pl.lit(float("nan")))
        assert isinstance(found(infinite), TwoTables)

    @pytest.mark.parametrize("columns", [300, pytest.param(5000, marks=pytest.mark.slow)])
    def test_many_columns(self, columns):
        rng = np.random.default_rng(30)
        wide = {f"c{i}": rng.normal(size=120) for i in range(columns)}
        answer = slipway.monitor(wide, wide | {"c7": wide["c7"] + 3.0}).found
        assert [c.name for c in answer.columns if c.moved] == ["c7"]

    @pytest.mark.slow
    def test_ten_million_rows(self):
        rng = np.random.default_rng(31)
        reference = {"x": rng.normal(size=100_000), "city": rng.integers(0, 5, 100_000).astype(str)}
        many = {"x": rng.normal(size=10_000_000) + 0.05, "city": np.tile(np.array(list("01234")), 2_000_000)}
        answer = slipway.monitor(reference, many).found
        assert answer.rows_now == 10_000_000
        assert [c.name for c in answer.columns if c.moved] == ["x"]


def months(*stretches, seed):
    """Days in a row from the 27th of March on; each stretch is its days and what differs in them."""
    parts, first = [], 80
    for i, (days, differs) in enumerate(stretches):
        part = table(100 * days, seed=seed + i, days=days, **differs)
        parts.append(part.with_columns(pl.col("at") + timedelta(days=first)))
        first += days
    return pl.concat(parts)


def test_two_bad_weeks_are_not_unsaid_by_quiet_ones_that_follow_in_their_month():
    current = months((6, {}), (14, {"flipped": 0.3}), (17, {}), (40, {}), seed=41)
    answer = slipway.monitor(table(6000, seed=40, days=60), current, unit="day").found
    assert {p.name: p.kind for p in answer.periods if p.kind} == {"2026-04": "concept drift"}


def test_a_stretch_that_cost_something_counts_though_it_ended_well():
    current = months((6, {}), (30, {"shift": 0.5}), (60, {"shift": -0.5}), seed=51)
    answer = slipway.monitor(table(6000, seed=50, days=60), current, unit="day", tolerance=0.002).found
    assert not answer.findings[-1].relevant
    assert answer.standing is Standing.MATTERS
    assert answer.sentence.endswith("That is how it ends; it cost more in 2026-04.")


def test_means_are_those_of_the_rows_however_far_they_went():
    answer = slipway.monitor(REFERENCE.select("x"), table(2000, seed=60, shift=100.0).select("x")).found
    assert answer.columns[0].detail.endswith("before, 100 now")


def test_what_moved_comes_before_remarks_on_the_data():
    page = slipway.monitor(REFERENCE.drop("z"), table(4000, seed=61, shift=1.0).drop("city").with_columns(new=1)).html()
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads == ["Findings", "The data themselves", "Columns", "How this was judged"]


def test_a_finding_of_tables_without_time_has_no_date():
    assert "1970" not in slipway.monitor(REFERENCE, table(4000, seed=62, shift=1.0)).html()


def test_a_long_quiet_stretch_is_quiet_though_what_stays_becomes_the_usual_in_it():
    """Days are held against all before them: even the largest change is the usual after half a year."""
    answer = slipway.monitor(table(2000, seed=61, days=40), table(12_000, seed=60, days=240), unit="day").found
    assert answer.standing is Standing.NOTHING
    assert "Nothing was found" in answer.sentence


def test_what_moved_is_said_where_a_server_has_no_finding_of_it(monkeypatch):
    monkeypatch.setattr("slipway.project.two_tables.run._findings", lambda parts, *, monitor: ())
    answer = found(table(3000, seed=62, shift=0.5))
    assert answer.standing is not Standing.NOTHING
    assert answer.log_e > 20
    assert "The monitors have no finding here" in answer.sentence
    assert next(c.name for c in answer.columns if c.moved) in answer.sentence


def test_answers_that_are_no_shares_beside_classes_are_told_loudly():
    percents = pl.col("prediction") * 100
    current = table(1000, seed=2)
    answer = slipway.monitor(REFERENCE.with_columns(percents), current.with_columns(percents)).found
    told = [q for q in answer.quality if q.serious and q.column == "prediction" and "--threshold" in q.detail]
    assert len(told) == 1, "one for both tables"
    assert told[0].detail.count("values in") == 2
    said = slipway.monitor(REFERENCE.with_columns(percents), current.with_columns(percents), threshold=50.0).found
    assert not any("--threshold" in q.detail for q in said.quality)
    assert not any("--threshold" in q.detail for q in found(current).quality)


def test_answers_and_truths_the_wrong_way_round_are_told_loudly():
    answer = found(table(1000, seed=2), prediction="label", label="prediction")
    assert any(q.serious and "the wrong way round?" in q.detail for q in answer.quality)


def test_days_that_are_counted_out_of_caution_alone_are_not_said_to_stick_together():
    answer = slipway.monitor(table(6000, seed=9, days=40), table(900, seed=10, days=6)).found
    assert (answer.unit, answer.standing) == ("day", Standing.CANNOT_TELL)
    assert "cannot be ruled out" in answer.unit_reason
