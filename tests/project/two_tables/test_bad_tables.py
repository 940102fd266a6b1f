"""Tables that nobody would wish for: each gets a clear answer, or an error that names the thing and the way out."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

import slipway
from slipway.errors import BadInput
from slipway.records.quality import Fault
from slipway.records.two_tables import Standing

ROWS, NOW = 3000, 800
BEGUN = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - as in tables that know no zones


def table(rows, *, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    p = 1 / (1 + np.exp(-2 * x))
    y = (rng.random(rows) < p).astype(int)
    return pl.DataFrame({"x": x, "city": rng.choice(["a", "b", "c"], rows), "prediction": p, "label": y})


BEFORE, AFTER = table(ROWS, seed=0), table(NOW, seed=1)


def both(**columns):
    """Return the two tables with columns more, or in the place of others; each is made from its number of rows."""
    return tuple(
        t.with_columns(pl.Series(name, make(t.height), strict=False) for name, make in columns.items())
        for t in (BEFORE, AFTER)
    )


def now(**columns):
    return BEFORE, both(**columns)[1]


def before(**columns):
    return both(**columns)[0], AFTER


def moments(rows):
    return [BEGUN + dt.timedelta(minutes=40 * i) for i in range(rows)]


def holes(rows):
    return [None if i % 3 == 0 else at for i, at in enumerate(moments(rows))]


def numbers(rows):
    return np.random.default_rng(rows).integers(0, 9, rows)


REFUSED = {
    "empty current": ((BEFORE, AFTER.head(0)), "current: want at least one row"),
    "empty reference": ((BEFORE.head(0), AFTER), "reference: want at least one row"),
    "no columns": ((BEFORE, pl.DataFrame()), "current: want at least one row"),
    "one name twice": ((pd.DataFrame([[1, 2]], columns=["a", "a"]), AFTER), "want each column once, got ['a']"),
    "one name twice in Arrow": ((pa.table([[1], [2]], names=["a", "a"]), AFTER), "want each column once, got ['a']"),
    "lists only": ((pl.DataFrame({"l": [[1]]}), AFTER), "want a column to watch, got none: l: neither numbers"),
    "moments only": ((pl.DataFrame({"at": moments(9)}),) * 2, "it has no others than at"),
    "two moments": (before(at=moments, until=moments), "want one column of moments, got ['at', 'until']"),
    "no moment now": (both(at=moments)[:1] + now(at=lambda n: ["soon"] * n)[1:], "column 'at': want moments"),
    "null moments": (both(at=moments)[:1] + now(at=lambda n: pl.Series([None] * n, dtype=pl.Datetime))[1:], "in at"),
    "all at once": (both(at=lambda n: [BEGUN] * n), "want 3 blocks of a day or more, got 1"),
    "text for truths": (before(label=lambda n: ["yes"] * n), "column 'label': want numbers (0 and 1 for two classes)"),
    "text for answers": (before(prediction=lambda n: ["yes"] * n), "column 'prediction': want numbers"),
    "a third class": (now(label=lambda n: [2] * n), "column 'label': want 0 and 1, as the reference has, got 2"),
    "all renamed": ((BEFORE, AFTER.rename(lambda name: f"new_{name}")), "want a column that the reference has"),
    "all null": ((BEFORE.select("x"), pl.DataFrame({"x": [None] * 9})), "x has no value in any row"),
    "no table": ((BEFORE, [1, 2]), "want a table (polars, pandas, Arrow, a dict of columns), got list"),
    "a name": ((BEFORE, "b.parquet"), "got str. Read the file first: pl.read_parquet(...)."),
    "nothing": ((None, AFTER), "reference: want a table"),
    "ragged": ((BEFORE, {"x": [1, 2], "city": ["a"]}), "height of column 'city' (1) does not match"),
    "mixed objects": ((BEFORE, pd.DataFrame({"x": ["a", 1]})), "values of several sorts in column 'x': int, str"),
    "a file away": ((pl.scan_parquet("away.parquet"), AFTER), "No such file"),
}


@pytest.mark.parametrize(("tables", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_judged_is_refused_in_one_line(tables, said):
    with pytest.raises(BadInput) as refused:
        slipway.monitor(*tables)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


MATTERS, NOTHING, CANNOT = Standing.MATTERS, Standing.NOTHING, Standing.CANNOT_TELL

ANSWERED = {
    "one row now": ((BEFORE, AFTER.head(1)), CANNOT, None),
    "one row before": ((BEFORE.head(1), AFTER), CANNOT, Fault.LABELS),
    "rows alike before": ((pl.concat([BEFORE.head(1)] * 99), AFTER), MATTERS, Fault.LABELS),
    "rows alike now": ((BEFORE, pl.concat([AFTER.head(1)] * 99)), None, Fault.DUPLICATES),
    "the same table": ((BEFORE, BEFORE), NOTHING, None),
    "lists": (both(l=lambda n: [[1]] * n), NOTHING, Fault.LEFT_OUT),
    "structs": (both(l=lambda n: [{"a": 1}] * n), NOTHING, Fault.LEFT_OUT),
    "bytes": (both(l=lambda n: [b"a"] * n), NOTHING, Fault.LEFT_OUT),
    "spans and times of day": (both(d=lambda n: [dt.timedelta(1)] * n, t=lambda n: [dt.time(1)] * n), NOTHING, None),
    "text that became lists": (now(city=lambda n: [["a"]] * n), None, Fault.TYPE),
    "numbers that became days": (now(x=lambda n: [dt.date(2026, 1, 1)] * n), None, Fault.TYPE),
    "numbers that became text": (now(x=lambda n: ["n/a", "1.5"] * (n // 2)), CANNOT, Fault.TYPE),
    "text that became numbers": (now(city=numbers), CANNOT, Fault.TYPE),
    "no value now": (now(x=lambda n: [None] * n), None, Fault.EMPTY),
    "not a number now": (now(x=lambda n: np.full(n, np.nan)), None, Fault.EMPTY),
    "no value before": (before(z=lambda n: [None] * n), NOTHING, Fault.LEFT_OUT),
    "infinite": (now(x=lambda n: np.where(np.arange(n) % 2, np.inf, 0.1)), None, Fault.RANGE),
    "infinite all over": (both(z=lambda n: np.full(n, np.inf)), NOTHING, Fault.EMPTY),
    "beyond 2^53": (both(k=lambda n: numbers(n) + 2**53), NOTHING, None),
    "nearly beyond floats": (both(k=lambda n: numbers(n) * 1e307), NOTHING, None),
    "decimals": (both(k=lambda n: pl.Series(numbers(n)).cast(pl.Decimal(9, 2))), NOTHING, None),
    "a column of categories": (both(k=lambda n: pl.Series(["u", "v"] * (n // 2), dtype=pl.Categorical)), NOTHING, None),
    "columns in another order": ((BEFORE, AFTER.select(reversed(AFTER.columns))), NOTHING, None),
    "a column renamed": ((BEFORE, AFTER.rename({"city": "City"})), NOTHING, Fault.RENAMED),
    "moments as text": (both(at=lambda n: [str(at) for at in moments(n)]), NOTHING, None),
    "moments in no order": (both(at=lambda n: moments(n)[::-1]), NOTHING, None),
    "moments missing": (both(at=holes), NOTHING, Fault.MISSING),
    "moments with zones": (
        both(at=lambda n: pl.Series(moments(n)).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")),
        NOTHING,
        None,
    ),
    "moments absent": (before(at=moments), NOTHING, Fault.ABSENT),
    "the end of time": (
        both(at=moments)[:1] + now(at=lambda n: [BEGUN.replace(year=9999)] * n)[1:],
        CANNOT,
        None,
    ),
    "one class before": (before(label=lambda n: [1] * n), NOTHING, Fault.LABELS),
    "one class now": (now(label=lambda n: [1] * n), MATTERS, None),
    "classes 1 and 2": (both(label=lambda n: [1, 2] * (n // 2)), None, Fault.LABELS),
    "truths as text": (now(label=lambda n: ["yes"] * n), NOTHING, Fault.TYPE),
    "no truths before": (before(label=lambda n: [None] * n), NOTHING, Fault.LABELS),
    "no truths now": (now(label=lambda n: [None] * n), NOTHING, None),
    "one answer for all": (now(prediction=lambda n: [0.5] * n), MATTERS, None),
    "answers that are none": (now(prediction=lambda n: np.full(n, np.nan)), NOTHING, Fault.EMPTY),
    "answers absent": ((BEFORE, AFTER.drop("prediction")), NOTHING, Fault.ABSENT),
    "truths without answers": ((BEFORE.drop("prediction"), AFTER.drop("prediction")), NOTHING, None),
    "a name that is a script": ([t.rename({"x": "<script>alert(1)</script>"}) for t in (BEFORE, AFTER)], NOTHING, None),
    "lazy": ((BEFORE.lazy(), AFTER.lazy()), NOTHING, None),
    "pandas": ((BEFORE.to_pandas(), AFTER.to_pandas()), NOTHING, None),
    "Arrow": ((BEFORE.to_arrow(), AFTER.to_arrow()), NOTHING, None),
    "a dataset of Arrow": ((BEFORE, pyarrow.dataset.dataset(AFTER.to_arrow())), NOTHING, None),
    "a stream of Arrow": ((BEFORE, AFTER.to_arrow().to_reader()), NOTHING, None),
}


@pytest.mark.parametrize(("tables", "standing", "fault"), ANSWERED.values(), ids=ANSWERED)
def test_what_can_be_judged_gets_an_answer_that_says_what_was_wrong(tables, standing, fault):
    with warnings.catch_warnings(action="error"):
        answer = slipway.monitor(*tables)
    assert standing in (None, answer.found.standing)
    assert fault is None or fault in {q.fault for q in answer.found.quality}
    assert "<script" not in answer.html()
    assert answer.json().startswith(b"{")


def test_days_without_answers_do_not_look_cheap():
    """With no answer there is no loss, and that is no loss of zero: half the days without one look no less dear."""
    at = {"at": moments}
    reference, current = both(**at)
    days = current["at"].dt.day().to_numpy()
    half = current.with_columns(prediction=pl.when(pl.Series(days % 2 == 0)).then("prediction"))
    whole = slipway.monitor(reference, current, unit="row").found
    answer = slipway.monitor(reference, half, unit="row").found
    assert answer.expected_now == pytest.approx(whole.expected_now, abs=0.02)


@pytest.mark.slow
def test_five_thousand_columns_and_what_moved_among_them():
    rng = np.random.default_rng(3)
    reference, current = ({f"c{i}": rng.normal(size=rows) for i in range(5000)} for rows in (2000, 1500))
    current["c4321"] = current["c4321"] + 2
    answer = slipway.monitor(reference, current)
    assert [c.name for c in answer.found.columns if c.moved] == ["c4321"]
    assert len(answer.html()) < 2_000_000


@pytest.mark.slow
def test_ten_million_rows():
    rng = np.random.default_rng(4)
    reference, current = (pl.DataFrame({"x": rng.normal(size=rows)}) for rows in (100_000, 10_000_000))
    answer = slipway.monitor(reference, current).found
    assert (answer.rows_now, answer.standing) == (10_000_000, Standing.NOTHING)
