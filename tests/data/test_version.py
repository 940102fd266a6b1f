"""The id follows the content and nothing else."""

import hashlib
import math
import struct
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.version import _canonical_order, content, name_held_out, name_held_out_before, row_hashes
from slipway.errors import BadInput

CELLS = {
    "number": st.none() | st.floats(allow_nan=False) | st.integers(-(2**53), 2**53).map(float),
    "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
    "flag": st.none() | st.booleans(),
    "text": st.none() | st.text(max_size=40) | st.text(min_size=250, max_size=270),
}
TYPES = {"number": pl.Float64, "whole": pl.Int64, "flag": pl.Boolean, "text": pl.String}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12)


def table(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TYPES)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_columns_and_chunks_does_not_matter(rows: list[dict], data: st.DataObject) -> None:
    t = table(rows)
    order = data.draw(st.permutations(range(len(rows))))
    cut = data.draw(st.integers(0, len(rows)))
    names = data.draw(st.permutations(list(TYPES)))
    shuffled = t[list(order)].select(names)
    chunked = pl.concat([shuffled[:cut], shuffled[cut:]], rechunk=False)
    assert content(chunked).id == content(t).id
    assert content(chunked).columns == content(t).columns


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, data=st.data())
def test_any_changed_cell_changes_the_id_and_its_columns_hash(rows: list[dict], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(list(TYPES)))
    old = rows[row][name]
    new = data.draw(CELLS[name].filter(lambda v: v != old))  # 0.0 == -0.0: those are the same content
    changed = [dict(r) for r in rows]
    changed[row][name] = new
    before, after = content(table(rows)), content(table(changed))
    assert before.id != after.id
    assert before.columns[name] != after.columns[name]


@given(rows=ROWS)
@settings(max_examples=50, deadline=None)
def test_a_repeated_row_counts(rows: list[dict]) -> None:
    assert content(table(rows)).id != content(table([*rows, rows[0]])).id


def test_missing_is_missing_and_nothing_else_is() -> None:
    nan = content(pl.DataFrame({"x": [1.0, math.nan]}))
    assert nan.id == content(pl.DataFrame({"x": [1.0, None]})).id
    assert nan.id != content(pl.DataFrame({"x": [1.0, 0.0]})).id
    assert nan.id != content(pl.DataFrame({"x": [1.0, math.inf]})).id
    assert content(pl.DataFrame({"t": ["a", None]})).id != content(pl.DataFrame({"t": ["a", ""]})).id


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Int64, pl.Float32, pl.Float64, pl.Decimal(10, 2)])
def test_a_number_is_its_value_whatever_type_held_it(dtype: pl.DataType) -> None:
    assert (
        content(pl.DataFrame({"x": [1, 2, None]}).cast(dtype)).id == content(pl.DataFrame({"x": [2.0, 1.0, None]})).id
    )


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["b", "a"]), pl.String])
def test_a_text_is_its_bytes_whatever_type_held_it(dtype: pl.DataType) -> None:
    assert (
        content(pl.DataFrame({"x": ["a", "b", None]}).cast(dtype)).id
        == content(pl.DataFrame({"x": ["b", None, "a"]})).id
    )


def test_one_true_one_text_and_one_number_are_three_things() -> None:
    ids = {content(pl.DataFrame({"x": [v]})).id for v in (1, True, "1", b"1", date(1970, 1, 2), timedelta(days=1))}
    assert len(ids) == 6


def test_minus_zero_is_zero_and_neighbouring_texts_do_not_run_together() -> None:
    assert content(pl.DataFrame({"x": [-0.0]})).id == content(pl.DataFrame({"x": [0.0]})).id
    assert content(pl.DataFrame({"x": ["ab", "c"]})).id != content(pl.DataFrame({"x": ["a", "bc"]})).id
    assert content(pl.DataFrame({"x": ["é"]})).id != content(pl.DataFrame({"x": ["e\u0301"]})).id


def test_whole_numbers_that_no_float_holds_stay_apart() -> None:
    big = 2**53
    assert content(pl.DataFrame({"x": [big]})).id != content(pl.DataFrame({"x": [big + 1]})).id
    assert (
        content(pl.DataFrame({"x": [2**64 - 1]}, schema={"x": pl.UInt64})).id
        != content(pl.DataFrame({"x": [-1]}, schema={"x": pl.Int64})).id
    )


def test_an_instant_is_one_moment_and_a_wall_clock_another() -> None:
    noon = datetime(2013, 4, 1, 12, tzinfo=UTC)
    utc = pl.DataFrame({"t": [noon]})
    assert content(utc).id == content(utc.with_columns(pl.col("t").dt.convert_time_zone("America/New_York"))).id
    assert content(utc).id == content(utc.cast(pl.Datetime("ms", "UTC"))).id
    assert content(utc).id != content(utc.with_columns(pl.col("t").dt.replace_time_zone(None))).id
    odd = pl.DataFrame({"t": pl.Series([1], dtype=pl.Int64).cast(pl.Datetime("ns"))})
    with pytest.raises(BadInput, match="whole microseconds"):
        content(odd)


def test_what_is_no_value_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"column tags: want .* got List\(String\)"):
        content(pl.DataFrame({"tags": [["a"]]}))
    with pytest.raises(BadInput, match="at least one column"):
        content(pl.DataFrame())


def test_bytes_that_are_no_text_are_values_too() -> None:
    raw = pl.DataFrame({"b": [b"\xff\x00", b"", None]})
    assert content(raw).id == content(raw.reverse()).id
    assert content(raw).id != content(pl.DataFrame({"b": [b"\xff", b"\x00", None]})).id


def test_a_plain_reimplementation_gives_the_same_hashes() -> None:
    """From the definition, with no numpy and no polars: what another machine or language would compute."""
    values = [3.5, -0.0, None, 1e300]

    def mix(z: int) -> int:
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    k0, k1, k2 = struct.unpack("<3Q", hashlib.blake2b(b"number:x", digest_size=24).digest())

    def row(value: float | None) -> tuple[int, int]:
        special = value is None
        word = 0 if special else struct.unpack("<Q", struct.pack("<d", value + 0.0))[0]
        first = mix(((word ^ k0) + special * 0x9E3779B97F4A7C15) % 2**64)
        return first, mix(((word + k1) ^ (special * k2)) % 2**64)

    ranked = sorted(values, key=row)
    column = hashlib.sha256(bytes(v is None for v in ranked))
    column.update(b"".join(struct.pack("<d", 0.0 if v is None else v + 0.0) for v in ranked))
    whole = hashlib.sha256(b"slipway rows 1" + struct.pack("<Q", 4))
    whole.update(struct.pack("<I", 8) + b"number:x" + column.digest())
    whole.update(b"".join(struct.pack("<2Q", *row(v)) for v in ranked))
    named = content(pl.DataFrame({"x": values}))
    assert named.columns["x"] == column.hexdigest()
    assert named.id == whole.hexdigest()


def test_row_hashes_do_not_collide_among_a_million_near_values() -> None:
    n = 1000
    grid = pl.DataFrame({"a": np.repeat(np.arange(n), n), "b": np.tile(np.arange(n), n)})
    assert np.unique(row_hashes(grid)[:, 0]).size == n * n


def test_no_rows_have_an_id_too() -> None:
    empty = pl.DataFrame(schema={"x": pl.Float64, "t": pl.String})
    assert content(empty).id == content(empty.select("t", "x")).id


def test_rows_that_tie_in_one_lane_are_put_in_order_by_the_other() -> None:
    rows = np.array([[5, 2], [5, 1], [3, 9], [5, 1]], dtype=np.uint64)
    assert rows[_canonical_order(rows)].tolist() == [[3, 9], [5, 1], [5, 1], [5, 2]]


def test_a_test_set_is_named_by_whole_rows_in_any_order() -> None:
    """The same halves of hashes in other pairs are other rows."""
    rows = np.array([[1, 8], [2, 7], [2, 3]], dtype=np.uint64)
    other = np.array([[1, 7], [2, 8], [2, 3]], dtype=np.uint64)
    assert name_held_out(rows) == name_held_out(rows[[2, 0, 1]]) != name_held_out(other)
    assert name_held_out_before(rows) == name_held_out_before(other)
    spelled = np.array([[1, 8], [2, 3], [2, 7]], dtype="<u8").tobytes()
    assert name_held_out(rows) == hashlib.sha256(spelled).hexdigest()
