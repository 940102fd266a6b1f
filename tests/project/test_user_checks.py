"""A pandera schema of the user's refuses a table with the rows that fail, and leaves evidence where it holds."""

import sys

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, MissingExtra, NotFound
from slipway.project.user_checks import user_checks

POLARS = """
import polars as pl
import pandera.polars as pa
schema = pa.DataFrameSchema(
    {
        "sample": pa.Column(str, unique=True),
        "radius": pa.Column(float, [pa.Check.ge(0), pa.Check.lt(50, raise_warning=True, error="plausible")]),
        "kind": pa.Column(str, pa.Check.isin(["a", "b"]), nullable=True),
    },
    checks=pa.Check(lambda data: data.lazyframe.select(pl.col("radius") != 13), name="no thirteen"),
)
"""
MODEL = """
import polars as pl
import pandera.polars as pa
class Rows(pa.DataFrameModel):
    sample: str = pa.Field(unique=True)
    radius: float = pa.Field(ge=0)
    kind: str = pa.Field(isin=["a", "b"], nullable=True)
def schema():
    return Rows
"""
PANDAS = """
import pandera.pandas as pa
schema = pa.DataFrameSchema(
    {
        "sample": pa.Column(str, unique=True),
        "radius": pa.Column(float, [pa.Check.ge(0), pa.Check.lt(50, raise_warning=True, error="plausible")]),
        "kind": pa.Column(str, pa.Check.isin(["a", "b"]), nullable=True),
    },
    checks=pa.Check(lambda data: data["radius"] != 13, name="no thirteen"),
)
"""
FAILING = """
import pandera.polars as pa
schema = pa.DataFrameSchema({"radius": pa.Column(float, pa.Check(lambda data: 1 / 0))})
"""
TABLE = pl.DataFrame(
    {"sample": ["s0", "s1", "s2", "s3"], "radius": [1.0, 2.0, 3.0, 4.0], "kind": ["a", "b", None, "a"]}
)


@pytest.fixture
def ask(tmp_path):
    def asked(text, table=TABLE, name="schema"):
        (tmp_path / "checks.py").write_text(text)
        return user_checks(table, reference=f"checks.py:{name}", folder=tmp_path, entity="sample")

    return asked


@pytest.mark.parametrize("text", [POLARS, MODEL, PANDAS], ids=["polars", "model", "pandas"])
def test_what_holds_is_evidence(ask, text):
    results = ask(text)
    assert all(r.passed for r in results)
    said = {r.name: r.detail for r in results}
    assert said["radius: greater_than_or_equal_to(0)"] == "0 of 4 rows fail."
    assert {"sample: field_uniqueness", "radius: not_nullable"} < said.keys()


@pytest.mark.parametrize("text", [POLARS, MODEL, PANDAS], ids=["polars", "model", "pandas"])
def test_what_fails_is_refused_with_its_rows(ask, text):
    wrong = TABLE.with_columns(radius=pl.Series([1.0, -2.0, 3.0, -4.0]), kind=pl.Series(["a", "x", None, "a"]))
    with pytest.raises(BadInput) as told:
        ask(text, wrong)
    said = str(told.value)
    assert "checks.py:schema: want rows that pass its checks, got 2 checks that fail. Mend the data" in said
    assert "  radius: greater_than_or_equal_to(0): 2 of 4 rows fail: sample s1, s3 (got -2.0, -4.0)." in said
    assert "  kind: isin(['a', 'b']): 1 of 4 rows fail: sample s1 (got x)." in said


@pytest.mark.parametrize("text", [POLARS, PANDAS], ids=["polars", "pandas"])
def test_a_warning_is_kept_with_the_rows_that_fail(ask, text):
    results = ask(text, TABLE.with_columns(radius=pl.Series([1.0, 99.0, 3.0, 60.0])))
    (failed,) = [r for r in results if not r.passed]
    assert (failed.name, failed.detail) == ("radius: plausible", "2 of 4 rows fail: sample s1, s3 (got 99.0, 60.0).")


@pytest.mark.parametrize("text", [POLARS, PANDAS], ids=["polars", "pandas"])
def test_checks_of_the_whole_table_missing_columns_and_types(ask, text):
    with pytest.raises(BadInput, match=r"schema: no thirteen: 1 of 4 rows fail: sample s2\.$"):
        ask(text, TABLE.with_columns(radius=pl.Series([1.0, 2.0, 13.0, 4.0])))
    with pytest.raises(BadInput, match="radius: column_in_dataframe: fails: radius"):
        ask(text, TABLE.drop("radius"))
    with pytest.raises(BadInput, match=r"radius: dtype\('.*loat64'\): fails: "):
        ask(text, TABLE.with_columns(pl.col("radius").cast(pl.Int64)))


@pytest.mark.parametrize("text", [POLARS, PANDAS], ids=["polars", "pandas"])
def test_a_check_of_the_table_shows_no_values_and_one_of_a_column_short_ones(ask, text):
    schema = text.replace("checks=", "unique=['sample', 'kind'], checks=").replace(", unique=True", "")
    wrong = TABLE.with_columns(sample=pl.lit("s" * 50), radius=pl.Series([13.0, 2.0, 13.0, 4.0]), kind=pl.lit("k" * 90))
    with pytest.raises(BadInput) as told:
        ask(schema, wrong)
    said = str(told.value)
    assert "  schema: no thirteen: 2 of 4 rows fail: rows 0, 2.\n" in f"{said}\n"
    assert "  schema: multiple_fields_uniqueness: 4 of 4 rows fail: rows 0, 1, 2, 3.\n" in f"{said}\n"
    assert f"rows 0, 1, 2, 3 (got {'k' * 37}...)." in said
    assert "s" * 50 not in said
    kept = ask(
        text.replace('name="no thirteen"', 'name="no thirteen", raise_warning=True'),
        TABLE.with_columns(radius=pl.lit(13.0), kind=pl.lit("a")),
    )
    (failed,) = [r for r in kept if not r.passed]
    assert failed.detail == "4 of 4 rows fail: sample s0, s1, s2, s3."


def test_one_check_fails_and_two_fail(ask):
    with pytest.raises(BadInput, match=r"got 1 check that fails\. Mend"):
        ask(POLARS, TABLE.with_columns(radius=pl.lit(-1.0)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pa.Column(float, ", "pa.Column(float, coerce=True, checks=", "coerce of column 'radius'"),
        ("    checks=", "    coerce=True, checks=", "coerce of the table"),
        ("    checks=", "    drop_invalid_rows=True, checks=", "drop_invalid_rows of the table"),
        ("    checks=", "    add_missing_columns=True, checks=", "add_missing_columns of the table"),
        ("    checks=", "    strict='filter', checks=", "strict='filter' of the table"),
        ("pa.Column(float, ", "pa.Column(float, default=0.0, checks=", "default of column 'radius'"),
    ],
)
@pytest.mark.parametrize("text", [POLARS, PANDAS], ids=["polars", "pandas"])
def test_a_schema_that_would_change_rows_is_refused_though_they_fail(ask, text, old, new, said):
    assert old in text
    with pytest.raises(BadInput, match=f"want a schema that only asks, got {said}, which would change the rows"):
        ask(text.replace(old, new), TABLE.with_columns(radius=pl.Series([1.0, -2.0, 3.0, 4.0])))


def test_rows_are_counted_where_the_entity_repeats(ask):
    plain = POLARS.replace(", unique=True", "")
    with pytest.raises(BadInput, match=r"2 of 4 rows fail: rows 1, 3 "):
        ask(plain, TABLE.with_columns(sample=pl.lit("s"), radius=pl.Series([1.0, -2.0, 3.0, -4.0])))


def test_what_is_no_schema_is_said(ask):
    with pytest.raises(BadInput, match=r"checks\.py:schema: want a DataFrameSchema .*, got int"):
        ask("def schema(): return 7")
    with pytest.raises(BadInput, match="ZeroDivisionError"):
        ask("def schema(): return 1 / 0")
    with pytest.raises(BadInput, match=r"radius: <lambda>: fails: ZeroDivisionError"):
        ask(FAILING)
    with pytest.raises(NotFound, match="want a function 'schemas'"):
        ask(POLARS, name="schemas")


def test_without_pandera_the_extra_is_named(ask, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandera.api.dataframe.container", None)
    with pytest.raises(MissingExtra, match=r"Install 'slipway\[checks\]'"):
        ask(POLARS)


def test_a_project_asks_every_table_before_it_is_kept(tmp_path):
    made = Project.init(tmp_path / "p")
    page = made.folder / "slipway.toml"
    page.write_text(page.read_text().replace("test_share = 0.3", 'test_share = 0.3\nchecks = "checks.py:schema"'))
    text = POLARS.replace('"radius"', '"mean_radius"').partition('        "kind"')[0]
    (made.folder / "checks.py").write_text(text + "    },\n)\n")
    project = Project.open(made.folder)
    assert project.outside_trouble() == ()
    kept = project.make_dataset()
    assert {"mean_radius: plausible", "mean_radius: greater_than_or_equal_to(0)"} < {c.name for c in kept.checks}
    with pytest.raises(BadInput, match="mean_radius: column_in_dataframe"):
        project.make_dataset("other", pl.DataFrame({"sample": ["s0"]}))
    assert [d.id for d in project.datasets()] == [kept.id]
