"""A version tells what the data are, what is wrong with them, and what a model must beat."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.baseline import baselines, trivial_answer
from slipway.data.clusters import microseconds
from slipway.data.dataset import Prepared, prepare
from slipway.data.diff import compare_tables
from slipway.data.dividing import truth_of
from slipway.data.profile import profile
from slipway.data.version import content
from slipway.errors import BadInput
from slipway.records.dataset import SplitKind, SplitRule
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import Task, TaskKind

N = 1000
FIELDS = (
    Field(name="delay", kind=FieldKind.NUMBER, unit="min"),
    Field(name="port", kind=FieldKind.CATEGORY),
    Field(name="night", kind=FieldKind.BOOLEAN),
)
TASK = Task(x="delay", y="late", kind=TaskKind.BINARY, target="late", entity="tail", time="at")
BINARY = Scoring(kind=TaskKind.BINARY)


def flights(seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    delay = rng.normal(0, 20, N)
    late = (delay + rng.normal(0, 10, N) > 10).astype(int)
    return pl.DataFrame(
        {
            "tail": [f"N{i % 50}" for i in range(N)],
            "at": [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(N)],
            "delay": delay,
            "port": rng.choice(["EWR", "JFK"], N),
            "night": rng.random(N) < 0.3,
            "rule": (delay > 10).astype(float),
            "late": pl.Series(late.tolist()[:-10] + [None] * 10),
        }
    )


def prepared(
    table: pl.DataFrame, task: Task = TASK, present: str | None = "rule", rule: SplitRule | None = None
) -> Prepared:
    return prepare(
        table,
        name="flights",
        fields=FIELDS,
        task=task,
        scoring=BINARY,
        rule=rule or SplitRule(seed=3),
        seed=3,
        source="made up",
        created_us=1_800_000_000_000_000,
        present=present,
    )


def test_a_version_says_it_all() -> None:
    table = flights()
    version, labelled, split = prepared(table)
    assert version.content == content(table).id != version.id
    assert version.splits == {"train": 792, "test": 198, "unlabelled": 10}
    assert version.split_kind is SplitKind.TIME
    assert [c.name for c in version.checks if not c.passed] == []
    trivial, simple, present = version.baselines
    y = truth_of(labelled[split.test], target="late")
    assert trivial.value == pytest.approx(y.mean())
    assert present.value == pytest.approx(np.mean(labelled[split.test]["rule"].to_numpy() != y))
    assert trivial.low < trivial.value < trivial.high
    assert present.n == 198
    assert simple.value < trivial.value
    assert "delay" in simple.what


def test_the_same_rows_have_one_id_and_another_split_another() -> None:
    table = flights().with_columns(tail=pl.format("N{}", pl.int_range(pl.len())))
    first = prepared(table, task=UNTIMED).version
    shuffled = prepared(table.sample(fraction=1, shuffle=True, seed=1), task=UNTIMED).version
    assert (shuffled.id, shuffled.held_out) == (first.id, first.held_out)
    for rule in (SplitRule(seed=4), SplitRule(seed=3, test_share=0.3), SplitRule(seed=3, kind=SplitKind.STRATIFIED)):
        other = prepared(table, task=UNTIMED, rule=rule).version
        assert (other.content, other.id == first.id) == (first.content, False)
    timed = prepared(table).version
    assert timed.id == prepared(table, rule=SplitRule(seed=9)).version.id  # no chance deals by time


def test_a_label_that_is_mended_moves_no_row() -> None:
    for task in (UNTIMED, TASK):
        version, labelled, split = prepared(flights(), task=task)
        mended = flights().with_columns(1 - pl.col("late"))
        again, relabelled, same = prepared(mended, task=task)
        assert again.id != version.id
        assert same.test.tolist() == split.test.tolist()
        assert relabelled["tail"].to_list() == labelled["tail"].to_list()


UNTIMED = Task(x="", y="", kind=TaskKind.BINARY, target="late", entity="tail")


def test_without_a_time_entities_with_several_rows_are_held_out_whole() -> None:
    version, labelled, split = prepared(flights(), task=UNTIMED)
    assert version.split_kind is SplitKind.GROUP
    assert not set(labelled[split.test]["tail"]) & set(labelled[split.train]["tail"])
    assert [c.name for c in version.checks].count("time travel") == 0


def test_without_a_time_rows_of_different_entities_are_dealt_by_chance() -> None:
    alone = flights().with_columns(tail=pl.format("N{}", pl.int_range(pl.len())))
    assert prepared(alone, task=UNTIMED).version.split_kind is SplitKind.RANDOM


def test_rows_of_one_entity_on_both_sides_are_said() -> None:
    found = prepared(flights(), task=UNTIMED, rule=SplitRule(kind=SplitKind.RANDOM)).version.checks
    [failed] = [c for c in found if not c.passed]
    assert failed.name == "entities across splits"
    assert "are of a 'tail' that was learned from. Write data.split = 'group'" in failed.detail


def test_the_scope_may_say_how_to_divide() -> None:
    for rule, kind in (
        (SplitRule(kind=SplitKind.STRATIFIED), SplitKind.STRATIFIED),
        (SplitRule(kind=SplitKind.STRATIFIED, by="tail"), SplitKind.STRATIFIED),
        (SplitRule(kind=SplitKind.GROUP, by="port"), SplitKind.GROUP),
        (SplitRule(kind=SplitKind.COLUMN, by="night"), SplitKind.COLUMN),
    ):
        version, labelled, split = prepared(flights(), rule=rule)
        assert version.split_kind is kind
        if rule.by == "night":
            assert labelled[split.test]["night"].all()
    with pytest.raises(BadInput, match=r"want the column 'prot' .* Did you mean 'port'\?"):
        prepared(flights(), rule=SplitRule(kind=SplitKind.GROUP, by="prot"))
    with pytest.raises(BadInput, match=r"want task\.time"):
        prepared(flights(), task=UNTIMED, rule=SplitRule(kind=SplitKind.TIME))


def test_what_the_task_needs_and_the_table_lacks_is_named() -> None:
    with pytest.raises(BadInput, match=r"got none of the name \['tail'\]"):
        prepared(flights().drop("tail"))
    with pytest.raises(BadInput, match="want rows with a 'late', got none in 1000 rows"):
        prepared(flights().with_columns(late=pl.lit(None, dtype=pl.Int64)))
    with pytest.raises(BadInput, match="target 'late': want numbers or booleans, got String"):
        prepared(flights().with_columns(late=pl.lit("yes")))


@pytest.mark.parametrize("name", ["row", "entity", "several", "whose", "count", "value"])
def test_a_field_may_have_any_name(name: str) -> None:
    for was in ("delay", "port"):
        fields = tuple(Field(name=name if f.name == was else f.name, kind=f.kind) for f in FIELDS)
        table = flights().rename({was: name}).with_columns(other=pl.Series(np.random.default_rng(1).random(N)))
        fields = (*fields, Field(name="other", kind=FieldKind.NUMBER))
        table = pl.concat([table, table[700:703].with_columns(tail=pl.lit("N1000"), at=pl.lit(table["at"].max()))])
        version = prepare(
            table,
            name="flights",
            fields=fields,
            task=TASK,
            scoring=BINARY,
            rule=SplitRule(seed=3),
            seed=3,
            source="made up",
            created_us=1_800_000_000_000_000,
        ).version
        (copies,) = (c for c in version.checks if c.name == "copies under new ids")
        assert not copies.passed, copies


@pytest.mark.parametrize("named", [True, False], ids=["by entity", "by place"])
def test_failing_rows_are_named_in_the_whole_table_though_rows_without_a_label_come_first(named: bool) -> None:
    table = flights().with_columns(other=pl.Series(np.random.default_rng(1).random(N)))
    first = table.head(500).with_columns(late=pl.lit(None, dtype=pl.Int64), delay=pl.col("other") - 1)
    first[5, "delay"] = float("inf")
    again = table[700:703].with_columns(pl.col("at").dt.offset_by("100y"))
    table = pl.concat([first, table, again])  # the copies stand at 1500 to 1502
    if named:
        table = table.with_columns(tail=pl.format("N{}", pl.int_range(pl.len())))
    version = prepare(
        table,
        name="flights",
        fields=(*FIELDS, Field(name="other", kind=FieldKind.NUMBER)),
        task=TASK,
        scoring=BINARY,
        rule=SplitRule(seed=3),
        seed=3,
        source="made up",
        created_us=1_800_000_000_000_000,
    ).version
    failed = {c.name: c.detail for c in version.checks if not c.passed}
    rows = "tail N1500, N1501, N1502" if named else "rows 1500, 1501, 1502"
    assert f"rows lie after today: {rows}" in failed["time travel"]
    assert f": {rows}. " in failed["copies under new ids" if named else "overlap of splits"]
    assert f"are infinite: {'tail N5' if named else 'rows 5'} (got inf)" in failed["delay: finite"]


def test_missing_entities_that_turn_the_split_to_groups_say_so() -> None:
    table = flights().with_columns(tail=pl.format("N{}", pl.int_range(pl.len())))
    gone = table.with_columns(pl.when(pl.int_range(pl.len()) > 3).then("tail").alias("tail"))

    def said(table: pl.DataFrame, rule: SplitRule | None = None) -> tuple[SplitKind, str]:
        version = prepared(table, UNTIMED, rule=rule).version
        return version.split_kind, next(c.detail for c in version.checks if c.name == "tail: required")

    assert said(table)[0] is SplitKind.RANDOM
    kind, detail = said(gone)
    assert kind is SplitKind.GROUP
    assert detail == (
        "4 of 1000 rows have no value: rows 0, 1, 2, 3. They count as one entity, which is why rows are divided by "
        "group: every other 'tail' has one row."
    )
    assert "by group" not in said(gone, SplitRule(kind=SplitKind.GROUP))[1]
    assert "by group" not in said(flights().with_columns(gone["tail"].str.slice(0, 3)))[1]


def test_a_profile_agrees_with_numpy() -> None:
    table = flights()
    by_name = {p.name: p for p in profile(table, hashes=content(table).columns)}
    delay = table["delay"].to_numpy()
    assert by_name["delay"].mean == pytest.approx(delay.mean())
    assert by_name["delay"].sd == pytest.approx(delay.std(ddof=1))
    assert by_name["delay"].quantiles[3] == np.quantile(delay, 0.5, method="nearest")
    assert by_name["late"].missing_share == 0.01
    assert by_name["night"].kind is FieldKind.BOOLEAN
    assert by_name["night"].mean == pytest.approx(table["night"].to_numpy().mean())
    assert dict(by_name["port"].top)["EWR"] == pytest.approx((table["port"] == "EWR").to_numpy().mean())
    assert len(by_name["tail"].top) == 20
    assert by_name["at"].quantiles[0] == datetime(2013, 1, 1, tzinfo=UTC).timestamp()


def test_a_column_without_a_value_has_a_profile_too() -> None:
    empty = pl.DataFrame({"a": [None, None], "b": pl.Series([None, None], dtype=pl.String), "c": [float("nan")] * 2})
    for p in profile(empty, hashes=content(empty).columns):
        assert (p.missing_share, p.distinct, p.mean, p.quantiles, p.top) == (1.0, 0, None, (), ())


def test_baselines_count_days_where_there_is_a_time() -> None:
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(20), 50)
    bad = rng.random(20) < 0.3
    y = (rng.random(1000) < np.where(bad, 0.9, 0.1)[days]).astype(float)
    [by_day] = baselines([0, 0, 1], test_y=y, scoring=BINARY, clusters=days)
    [by_row] = baselines([0, 0, 1], test_y=y, scoring=BINARY)
    assert by_day.value == by_row.value
    assert by_day.high - by_day.low > 3 * (by_row.high - by_row.low)


def test_the_trivial_number_is_the_median() -> None:
    assert trivial_answer([1.0, 2.0, 100.0], scoring=Scoring(kind=TaskKind.REGRESSION)) == 2.0


def test_silence_of_the_present_system_counts_as_an_error() -> None:
    scores = baselines([0, 0, 1], test_y=[0.0, 1.0, 0.0, 1.0], scoring=BINARY, present=[0.0, 1.0, np.nan, np.nan])
    assert scores[1].value == 0.5
    with pytest.raises(BadInput, match="scores: want finite numbers"):
        baselines([1.0, 2.0], test_y=[1.0, 2.0], scoring=Scoring(kind=TaskKind.REGRESSION), present=[1.0, np.nan])


def test_days_are_told_from_moments_of_any_sort() -> None:
    moments = pl.Series([datetime(1970, 1, 1, 23, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC)])
    assert (microseconds(moments.dt.date()) // 86_400_000_000).tolist() == [0, 2]
    assert (microseconds(moments) // 3_600_000_000).tolist() == [23, 48]
    with pytest.raises(BadInput, match="time 'when': want moments"):
        microseconds(pl.Series("when", ["monday"]))


@given(
    kept=st.sets(st.integers(0, 30)),
    came=st.sets(st.integers(31, 60)),
    relabelled=st.sets(st.integers(0, 30)),
    edited=st.sets(st.integers(0, 30)),
)
def test_a_difference_counts_what_was_done(kept: set, came: set, relabelled: set, edited: set) -> None:
    old = pl.DataFrame({"id": range(31), "x": range(31), "y": [0] * 31})
    new = pl.DataFrame(
        {
            "id": sorted(kept | came),
            "x": [-1 if i in edited else i for i in sorted(kept | came)],
            "y": [int(i in relabelled) for i in sorted(kept | came)],
        },
        schema=old.schema,
    )
    changes = compare_tables(old, new=new, row_id="id", target="y")
    assert changes.added == len(came)
    assert changes.removed == 31 - len(kept)
    assert changes.relabelled == len(kept & relabelled)
    assert changes.edited == len(kept & edited)
    assert (changes.words == "nothing changed") == (content(old).id == content(new).id)


def test_without_an_id_rows_are_known_by_their_content() -> None:
    old, new = pl.DataFrame({"x": [1, 1, 2]}), pl.DataFrame({"x": [1, 2, 2, 3]})
    changes = compare_tables(old, new=new, row_id=None, target=None)
    assert (changes.added, changes.removed) == (2, 1)
    wider = new.with_columns(z=1)
    assert compare_tables(old, new=wider, row_id=None, target=None).words == "+2 rows, -1 rows, new column z"


def test_an_id_that_comes_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"row id 'id': want .* got 0 missing and 1 repeated in the table after"):
        compare_tables(pl.DataFrame({"id": [1]}), new=pl.DataFrame({"id": [1, 1]}), row_id="id", target=None)


@given(st.lists(st.none() | st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=40))
def test_a_profile_holds_what_its_words_say_in_any_order(values: list[float | None]) -> None:
    seen = [v for v in values if v is not None and not math.isnan(v)]
    table = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64, strict=False)})
    [p] = profile(table, hashes={"x": ""})
    assert p.missing_share == (len(values) - len(seen)) / len(values)
    assert p.distinct == len({v + 0.0 for v in seen})
    assert p.quantiles == profile(table.reverse(), hashes={"x": ""})[0].quantiles
    if seen:
        assert p.quantiles == tuple(sorted(p.quantiles))
        assert (p.quantiles[0], p.quantiles[-1]) == (min(seen), max(seen))
        assert set(p.quantiles) <= set(seen)
        assert p.mean == pytest.approx(np.mean(seen), abs=1e-6)


@given(st.lists(st.none() | st.sampled_from("abcde"), min_size=1, max_size=40))
def test_the_most_frequent_categories_come_first(values: list[str | None]) -> None:
    [p] = profile(pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}), hashes={"x": ""})
    shares = [share for _, share in p.top]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + p.missing_share == pytest.approx(1)
    assert dict(p.top) == {v: pytest.approx(values.count(v) / len(values)) for v in set(values) if v is not None}


def test_what_cannot_be_measured_is_refused_with_its_rows() -> None:
    odd = flights().with_columns(late=pl.when(pl.int_range(pl.len()) < 2).then(2.0).otherwise(pl.col("late")))
    with pytest.raises(BadInput, match=r"target 'late': want 0 or 1, got 2 in rows 0, 1 \(2 such rows\)"):
        prepared(odd)
    with pytest.raises(BadInput, match=r"none of the name \['late'\].*Did you mean 'lates'"):
        prepared(flights().rename({"late": "lates"}))


@pytest.mark.parametrize(
    ("change", "failed", "said"),
    [
        (pl.lit(1.0).alias("late"), "late: classes", "all 200 rows held out have 1."),
        (pl.lit(None, dtype=pl.String).alias("tail"), "tail: required", "1000 of 1000 rows have no value: rows 0, 1,"),
        (pl.int_range(pl.len()).cast(pl.Float64).alias("delay"), "row numbers", "say nothing of them: delay."),
        (pl.lit(float("inf")).alias("delay"), "delay: finite", "1000 of 1000 rows are infinite"),
        ((pl.int_range(pl.len()) + 2**53).alias("delay"), "delay: exact", "1000 of 1000 rows reach 2^53"),
        (pl.col("at").dt.offset_by("200y"), "time travel", "rows lie after today: rows 0, 1, "),
    ],
)
def test_what_is_suspect_fails_its_check(change: pl.Expr, failed: str, said: str) -> None:
    checks = {c.name: c for c in prepared(flights().with_columns(change)).version.checks}
    assert not checks[failed].passed
    assert said in checks[failed].detail
