"""Tables in and out as Arrow streams, through a real server; and what claims more than it holds."""

import struct
from io import BytesIO

import httpx
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share, assign
from slipway.runtime.onnx import OnnxRuntime
from slipway.serving import arrow
from slipway.serving.arrow import read_columns
from slipway.serving.arrow_frame import check_stream
from slipway.serving.refusal import Refusal
from slipway.testing import models

ARROW = "application/vnd.apache.arrow.stream"
TABLE = pl.DataFrame(
    {
        "a": [1.0, 2.0, None],
        "c": pl.Series(["x", None, "y"], dtype=pl.Categorical),
        "t": ["a text beyond twelve bytes", "", "z"],
        "b": [True, None, False],
        "n": [None] * 3,
        "i": pl.Series([1, 2, 3], dtype=pl.UInt8),
    }
)
KNOWN = TABLE.columns


def stream(table, **more):
    out = BytesIO()
    table.write_ipc_stream(out, **more)
    return out.getvalue()


def post(server, content, path="/predict", content_type=ARROW):
    return httpx.post(server.url + path, content=content, headers={"content-type": content_type})


def test_many_rows_in_and_out(serve, place):
    rule = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    shares = (Share(arm="new", share=0.5), Share(arm="old", share=0.5))
    halves = Route(name="r", version=1, salt="s", shares=shares, arms=(place.model(), rule))
    batch = models.numbers_batch(2000)
    wanted = OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m").score(batch, rows=2000)
    users = [f"u{i}" for i in range(2000)]
    arrow._loaded.clear()
    with serve(halves) as server:
        replies = [post(server, stream(pl.DataFrame({**batch, "user": users}))) for _ in range(2)]
    for reply in replies:
        assert reply.headers["content-type"] == ARROW
        table = pa.ipc.open_stream(reply.content).read_all()
        assert table.column_names == ["id", "entity", "score", "label", "arm", "fallback"]
        assert table["entity"].to_pylist() == users
        arms = table["arm"].to_pylist()
        assert arms == [assign(halves, user) for user in users]
        expected = np.where([arm == "new" for arm in arms], wanted, batch["a"] > 0.5)
        np.testing.assert_allclose(table["score"].to_numpy(), expected, atol=1e-6)
        assert table["label"].to_pylist() == (expected >= 0.5).astype(int).tolist()
    held = place.predictions()
    assert len(held) == 4000
    assert all(held[i] == s for i, s in zip(table["id"].to_pylist(), table["score"].to_pylist(), strict=True))


def test_what_pyarrow_writes_is_read():
    table = pa.table(
        {"a": pa.array([1, None], pa.int32()), "c": pa.array(["x", None]).dictionary_encode(), "t": ["p", "q"]}
    )
    out = BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    columns, rows = read_columns(out.getvalue(), most_rows=2, known=KNOWN)
    assert rows == 2
    np.testing.assert_array_equal(columns["a"], [1, np.nan])
    assert (columns["c"], columns["t"]) == (["x", None], ["p", "q"])


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (stream(pl.DataFrame({"a": [1.0], "b": [1.0]})), 400, "user: the entity is missing"),
        (stream(pl.DataFrame({"a": ["x"], "user": ["u"]})), 400, "rows[0].a: this value does not fit"),
        (stream(pl.DataFrame({"a": [1.0, float("inf")], "user": ["u", "v"]})), 400, "rows[1].a: this value does not"),
        (stream(pl.DataFrame({"aa": [1.0], "user": ["u"]})), 400, "Did you mean 'a'?"),
        (stream(pl.DataFrame({"a": [[1.0]], "user": ["u"]})), 400, "a: this column is of another type"),
        (stream(pl.DataFrame({"a": [], "user": []}, schema={"a": pl.Float64, "user": pl.String})), 400, "no rows"),
        (stream(pl.DataFrame({"a": [1.0] * 9, "user": ["u"] * 9}), compression="zstd"), 400, "compressed buffers"),
        (stream(pl.DataFrame({"a": [1.0] * 101, "user": ["u"] * 101})), 413, "at most 100 rows"),
        (b"", 400, "no Arrow stream"),
        (b'{"a": 1, "user": "u"}', 400, "no Arrow stream"),
        (b"ARROW1\0\0" + stream(TABLE), 400, "no Arrow stream"),
    ],
)
def test_tables_that_do_not_fit(serve, place, content, status, says):
    with serve(queue_rows=100) as server:
        reply = post(server, content)
    assert reply.status_code == status
    assert says in reply.text
    assert place.frames() == []


def test_outcomes_as_a_table(serve, place):
    with serve() as server:
        reply = post(server, stream(pl.DataFrame({"id": ["p", "q"], "value": [1, 0]})), "/outcomes")
        assert reply.json() == {"accepted": 2}
        for table, says in [
            ({"id": ["p"], "value": [0.5]}, "0 or 1"),
            ({"id": ["p"]}, "the columns id"),
            ({"id": [None], "value": [1]}, "the id None"),
            ({"id": ["p"], "value": [None]}, "a value that is no number"),
            ({"id": ["p"], "valu": [1]}, "Did you mean 'value'?"),
        ]:
            reply = post(server, stream(pl.DataFrame(table)), "/outcomes")
            assert reply.status_code == 400
            assert says in reply.text
    assert place.outcomes() == [("p", 1.0), ("q", 0.0)]


@pytest.mark.parametrize("content_type", ["text/csv", "application/xml", "json"])
@pytest.mark.parametrize("path", ["/predict", "/outcomes"])
def test_other_content_types_are_refused(serve, path, content_type):
    with serve() as server:
        reply = post(server, b"a,user\n1,u", path, content_type)
        assert reply.status_code == 415
        assert "application/json or application/vnd.apache.arrow.stream" in reply.text
        reply = httpx.post(server.url + path, content=b"x", headers={"content-encoding": "gzip"})
        assert reply.status_code == 415
        assert reply.headers["accept-encoding"] == "identity"
        fits = {"/predict": b'{"a": 1, "user": "u"}', "/outcomes": b'{"id": "p", "value": 1}'}[path]
        for known in ("application/json", "Application/JSON; charset=utf-8", "application/x-www-form-urlencoded"):
            assert post(server, fits, path, known).status_code == 200


def test_a_text_that_many_rows_refer_to_is_counted_for_each():
    long = (
        pl.Series("t", ["x" * (1 << 20), "y"], dtype=pl.Categorical)
        .sample(1, seed=1)
        .extend(pl.Series("t", ["x" * (1 << 20)] * 30, dtype=pl.Categorical))
    )
    content = stream(pl.DataFrame({"t": long}))
    assert len(content) < 4 << 20
    with pytest.raises(Refusal, match="too much text"):
        read_columns(content, most_rows=100, known=KNOWN)


def test_nulls_without_end_are_not_believed():
    content = bytearray(stream(pl.DataFrame({"n": [None] * 77})))
    claimed = struct.pack("<q", 1 << 60)
    while (at := content.find(struct.pack("<q", 77))) >= 0:
        content[at : at + 8] = claimed
    with pytest.raises(Refusal) as caught:
        read_columns(bytes(content), most_rows=100, known=KNOWN)
    assert caught.value.status == 413


@pytest.mark.parametrize("level", [pl.CompatLevel.oldest(), pl.CompatLevel.newest()])
def test_damaged_streams_are_read_or_refused_and_never_end_the_process(level):
    good, rng = stream(TABLE, compat_level=level), np.random.default_rng(7)
    check_stream(good, most_rows=3)
    statuses = []
    for _ in range(400):
        damaged = bytearray(good)
        for _ in range(rng.choice([1, 1, 3])):
            damaged[rng.integers(len(damaged))] ^= 1 << int(rng.integers(8))
        if rng.random() < 0.1:
            del damaged[rng.integers(len(damaged)) :]
        try:
            read_columns(bytes(damaged), most_rows=100, known=KNOWN)
        except Refusal as refusal:
            statuses.append(refusal.status)
    assert len(statuses) > 100
    assert set(statuses) <= {400, 413}
