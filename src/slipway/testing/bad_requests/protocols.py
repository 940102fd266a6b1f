"""Infer requests, Arrow tables, outcomes and decisions that are none, or that do not fit."""

import copy
import json
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from slipway.testing.bad_requests.request import ROUTE, BadRequest, http, text

_INFER = f"/v2/models/{ROUTE}/infer"
_ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}
_WELL: dict[str, Any] = {
    "inputs": [
        {"name": "delay", "shape": [2], "datatype": "FP64", "data": [1.5, 2.5]},
        {"name": "carrier", "shape": [2], "datatype": "BYTES", "data": ["EV", "AA"]},
        {"name": "night", "shape": [2, 1], "datatype": "BOOL", "data": [[True], [False]]},
        {"name": "plane", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]},
    ]
}
_INPUT: dict[str, tuple[Any, ...]] = {
    "name": ("dely", "", None, 1, "plane", "x" * 100_000, "delay\u0000"),
    "shape": (
        [], [1], [3], [2, 2], [0], [-2], [2, -1], [1, 2], [2, 1, 1], [2.5], ["2"], None, 2, [10**30], [1 << 62, 0],
        [1] * 100_000, [-1, -2], [2, 1, 0],
    ),
    "datatype": ("BYTES", "BOOL", "fp64", "DOUBLE", "", None, 1, "x" * 100_000, "TYPE_FP64"),
    "data": (
        [], [1.5], [1.5, 2.5, 3.5], ["1.5", "2.5"], [True, False], [None, 1.5], [[1.5, 2.5], [3.5, 4.5]], [{}, {}], 1.5,
        "1.5", None, {"0": 1.5}, [-1.0, 2.5], [1.5, 1000.5], [10**400, 1], [[[1.5]], [[2.5]]], [[], []], [1.5, [2.5,
        3]],
    ),
    "parameters": (1, [], {"binary_data_size": 16}, {"binary_data_size": "16"}, {"binary_data_size": -1}),
}  # fmt: skip
_WHOLE: tuple[Any, ...] = (
    None, 1, "x", [], {}, {"inputs": None}, {"inputs": []}, {"inputs": {}}, {"inputs": 1}, {"inputs": [1]},
    {"inputs": [None]}, {"inputs": [[]]}, {"inputs": [{}]}, {"instances": []}, {**_WELL, "id": 1},
    {**_WELL, "outputs": [{"name": "scores"}]}, {**_WELL, "outputs": [{"name": "score"}] * 2}, {**_WELL, "outputs": 1},
    {**_WELL, "outputs": [{}]}, {**_WELL, "parameters": 1}, {**_WELL, "parameters": {"binary_data_output": 1}},
    {"inputs": _WELL["inputs"] * 2}, {"inputs": _WELL["inputs"][:3]}, {"inputs": _WELL["inputs"][1:]},
    {"inputs": [{"name": "x", "shape": [2, 5], "datatype": "FP64", "data": [1.0] * 10}]},
    {**_WELL, "outputs": [{"name": "score", "parameters": {"binary_data": "yes"}}]},
)  # fmt: skip


def bad_tensors() -> Iterator[BadRequest]:
    """Yield infer requests: whole, by part of an input, by bytes behind the JSON."""
    for whole in _WHOLE:
        yield BadRequest("no infer request", http(text(whole), path=_INFER))
    for key, values in _INPUT.items():
        for value in values:
            request = copy.deepcopy(_WELL)
            request["inputs"][0][key] = value
            yield BadRequest(f"a tensor with another {key}", http(text(request), path=_INFER))
        if key != "parameters":
            request = copy.deepcopy(_WELL)
            del request["inputs"][0][key]
            yield BadRequest(f"a tensor without {key}", http(text(request), path=_INFER))
    for token in ("NaN", "Infinity", "1e400", "01", "1" + "0" * 400):
        yield BadRequest("no number in a tensor", http(text(_WELL).replace(b"1.5", token.encode(), 1), path=_INFER))
    for depth in (50, 330, 450, 900, 20_000):
        lists = b"[" * depth + b"]" * depth
        yield BadRequest("a deep tensor", http(text(_WELL).replace(b"[1.5, 2.5]", lists), path=_INFER))
        colon = text(_WELL).replace(b"[1.5, 2.5]", lists).replace(b'{"inputs"', b'{"id": ":", "more": ":", "inputs"')
        yield BadRequest("a deep tensor", http(colon, path=_INFER))
    rows = {"name": "delay", "shape": [20_000], "datatype": "FP64", "data": [1.0] * 20_000}
    names = {"name": "plane", "shape": [20_000], "datatype": "BYTES", "data": ["a"] * 20_000}
    yield BadRequest("too many rows", http(text({"inputs": [rows, names]}), path=_INFER), status=413)
    for version in ("2", "0", "01", "-1", "x", "1e9", "%31"):
        path = f"/v2/models/{ROUTE}/versions/{version}/infer"
        yield BadRequest("another version", http(text(_WELL), path=path), status=404)
    yield from _bad_bytes()


def _bad_bytes() -> Iterator[BadRequest]:
    def request(raw: bytes, *, size: Any = None, datatype: str = "FP64", header: str | None = None) -> bytes:
        one = {"name": "delay", "shape": [1], "datatype": datatype}
        parameters = {"binary_data_size": len(raw) if size is None else size}
        plane = {"name": "plane", "shape": [1], "datatype": "BYTES", "data": ["a"]}
        head = text({"inputs": [one | {"parameters": parameters}, plane]})
        told = {"Inference-Header-Content-Length": str(len(head)) if header is None else header}
        return http(head + raw, path=_INFER, headers=told)

    eight = struct.pack("<d", 1.5)
    for raw in (b"", b"1", eight[:7], eight * 2, eight + b"1"):
        yield BadRequest("other bytes than the shape wants", request(raw))
    for value in (float("nan"), float("inf"), float("-inf"), -1.0, 1000.5):
        yield BadRequest("no number in bytes", request(struct.pack("<d", value)))
    for size in (0, 1, 7, 9, 1 << 40, -8, 10**30, "8", 8.5, None, True):
        made = request(eight, size=size if size is not None else "null")
        yield BadRequest("a size that is not that of the bytes", made)
    for datatype in ("BYTES", "FP16", "BOOL", "INT8", "FP32", "X", "INT128"):
        yield BadRequest("bytes of another datatype", request(eight, datatype=datatype))
    for header in ("", "-1", "x", "1e2", "99999999999", "0", "1", "1000000", "0x10", "+5", "\xb2", "5 5"):
        yield BadRequest("a header length that does not fit", request(eight, header=header))
    for texts in (b"\1\0\0\0", b"\xff\xff\xff\xffEV", b"\2\0\0\0\xff\xfe", b"\0\0\0", b"\2\0\0\0EV\1"):
        yield BadRequest("texts that are none", request(texts, datatype="BYTES"))


def bad_tables() -> Iterator[BadRequest]:
    """Yield Arrow streams: cut, flipped where they are read first, of the wrong columns, larger than they say."""
    import polars as pl  # noqa: PLC0415 - most servers never see a table

    def stream(table: pl.DataFrame, **more: Any) -> bytes:
        out = BytesIO()
        table.write_ipc_stream(out, **more)
        return out.getvalue()

    well = pl.DataFrame({"delay": [1.5, 2.5], "plane": ["a", "b"]})
    good = stream(well)
    for end in (0, 1, 3, 4, 7, 8, 9, 16, 40, 80, 120, 200, 300, 400):
        yield BadRequest("an Arrow stream cut short", http(good[:end], headers=_ARROW))
    for prefix in (b"\0", b"ARROW1\0\0", b"PAR1", b"\xff" * 8, b"{}", b"\xff\xff\xff\xff\xff\xff\xff\x7f"):
        yield BadRequest("no Arrow stream", http(prefix + good, headers=_ARROW))
    file = BytesIO()
    well.write_ipc(file)
    parquet = BytesIO()
    well.write_parquet(parquet)
    for other in (file.getvalue(), parquet.getvalue(), well.write_csv().encode(), text({"delay": 1, "plane": "a"})):
        yield BadRequest("no Arrow stream", http(other, headers=_ARROW))
    odd: list[dict[str, Any]] = [
        {"plane": ["a"]}, {"delay": [1.5]}, {"delay": [None], "plane": ["a"]}, {"delay": ["1.5"], "plane": ["a"]},
        {"delay": [True], "plane": ["a"]}, {"delay": [[1.5]], "plane": ["a"]}, {"delay": [1.5], "plane": [None]},
        {"delay": [1.5], "plane": [""]}, {"delay": [1.5], "plane": [1.5]}, {"delay": [1.5], "plane": [["a"]]},
        {"delay": [-1.0], "plane": ["a"]}, {"delay": [float("nan")], "plane": ["a"]}, {"delay": [b"1"], "plane": ["a"]},
        {"delay": [float("inf")], "plane": ["a"]}, {"dely": [1.5], "plane": ["a"]}, {"delay": [], "plane": []},
        {"delay": [1.5], "plane": ["a"], "carrier": ["ZZ"]}, {"delay": [1.5], "plane": ["a"], "night": [1]},
        {"delay": [1.5], "plane": ["a"], "note": [1]}, {"delay": [1.5], "plane": ["a"], "id": [""]},
        {"delay": [1.5], "plane": ["a"], "id": ["x" * 129]}, {"delay": [1.5], "plane": ["a"], "id": [7]},
        {"delay": [1.5], "plane": ["x" * 257]}, {"delay": [{"a": 1}], "plane": ["a"]}, {"": [1]}, {},
        {"delay": [1.5], "plane": ["a"], "x" * 100_000: [1]},
    ]  # fmt: skip
    for columns in odd:
        yield BadRequest("a table that does not fit", http(stream(pl.DataFrame(columns)), headers=_ARROW))
    for compression in ("lz4", "zstd"):
        yield BadRequest("a compressed table", http(stream(well, compression=compression), headers=_ARROW))
    nulls = pl.DataFrame({"delay": pl.Series([None] * 200_000)})
    yield BadRequest("too many rows", http(stream(nulls), headers=_ARROW), status=413)
    twins = pl.DataFrame({"delay": [1.5, 2.5], "plane": ["a", "b"], "id": ["q", "q"]})
    yield BadRequest("two rows with one id", http(stream(twins), headers=_ARROW), status=409)
    outcomes: list[dict[str, Any]] = [
        {"id": ["a"]},
        {"value": [1]},
        {"id": ["a"], "value": ["1"]},
        {"id": [1], "value": [1]},
        *odd[:2],
    ]
    who = {"id": ["a"], "by": ["ana"]}
    outcomes += [
        {"id": ["a"], "decision": [1]}, {**who, "decision": ["1"]}, {**who, "decision": [None]},
        {**who, "decision": [2]}, {**who, "decision": [1], "value": [1]}, {**who, "decision": [1], "saw": ["yes"]},
        {**who, "decision": [1], "decided_us": [1.5]}, {**who, "decision": [1], "decided_us": [-1]},
        {**who, "decision": [1], "decided_us": ["today"]}, {"id": ["a"], "decision": [1], "by": [7]},
        {"id": ["a"], "decision": [1], "by": [None]}, {"id": [None], "decision": [1], "by": ["ana"]},
        {"decision": [1], "by": ["ana"]}, {"id": ["a"], "metric": ["revenue"]}, {"metric": ["revenue"], "value": [1]},
        {"id": ["a"], "metric": ["Revenue"], "value": [1]}, {"id": ["a"], "metric": [1], "value": [1]},
        {"id": ["a"], "metric": ["revenue"], "value": ["1"]}, {"id": ["a"], "metric": ["m"], "value": [1], "by": ["x"]},
    ]  # fmt: skip
    for told in outcomes:
        yield BadRequest("no outcomes", http(stream(pl.DataFrame(told)), path="/outcomes", headers=_ARROW))


def bad_outcomes() -> Iterator[BadRequest]:
    """Yield outcomes: of another form, of values that Y cannot have, of ids that are none."""
    bodies: list[Any] = [
        None, 1, "x", [], {}, [{"id": "a", "value": 1}], {"id": "a"}, {"value": 1}, {"id": "a", "value": None},
        {"id": "a", "value": "1"}, {"id": "a", "value": True}, {"id": "a", "value": []}, {"id": "a", "value": {}},
        {"id": "a", "value": 2}, {"id": "a", "value": -1}, {"id": "a", "value": 0.5}, {"id": 1, "value": 1},
        {"id": "", "value": 1}, {"id": "x" * 129, "value": 1}, {"id": "a\u0000", "value": 1}, {"id": None, "value": 1},
        {"id": ["a"], "value": 1}, {"id": "a", "value": 1, "at": 5}, {"ID": "a", "value": 1}, {"outcomes": []},
        {"outcomes": None}, {"outcomes": {}}, {"outcomes": [1]}, {"outcomes": [{"id": "a"}]}, {"outcomes": "x"},
        {"outcomes": [{"id": "a", "value": 1}, {"id": "b", "value": 3}]}, {"outcomes": [[]]}, {"outcomes": [None]},
        {"outcomes": [{"id": "a", "value": 1}], "more": 1}, {"id": "a", "outcome": 1}, {"id": "a", "value": 1e308},
        {"id": "x" * 1_000_000, "value": 1}, {"id": "a", "value": "x" * 1_000_000}, {"id": "\n", "value": 1},
    ]  # fmt: skip
    for body in bodies:
        yield BadRequest("no outcomes", http(text(body), path="/outcomes"))
    for token in ("NaN", "Infinity", "-Infinity", "1e400", "01", "1" + "0" * 400, "", "[" * 50_000):
        yield BadRequest(
            "no number in an outcome", http(b'{"id": "a", "value": %b}' % token.encode(), path="/outcomes")
        )
    for body in (b'{"id": "a", "id": "b", "value": 1}', b'{"id": "a", "value": 1, "value": 0}'):
        yield BadRequest("a name that comes twice", http(body, path="/outcomes"))
    many = {"outcomes": [{"id": f"a{i}", "value": 1} for i in range(20_000)]}
    yield BadRequest("too many outcomes", http(text(many), path="/outcomes"), status=413)
    good = json.dumps({"id": "a", "value": 1})
    for end in range(1, len(good), 3):
        yield BadRequest("JSON cut short", http(good[:end].encode(), path="/outcomes"))


def bad_decisions() -> Iterator[BadRequest]:
    """Yield decisions: of nobody, of other forms, of values that Y cannot have, of a person of two minds."""
    well: dict[str, Any] = {"id": "a", "decision": 1, "by": "ana"}
    parts: dict[str, tuple[Any, ...]] = {
        "id": (1, "", None, "x" * 129, "a\u0000", ["a"], {}),
        "decision": (None, "1", True, [], {}, 2, -1, 0.5, 1e308),
        "by": (None, "", 1, "x" * 129, "a\nb", "\u0000", ["ana"], {}, True),
        "decided_us": (-1, 1.5, "2024-01-01T00:00:00Z", True, [], 1 << 53, 10**30),
        "saw": (0, 1, "yes", "true", [], {}),
        "value": (1,),
        "at": (5,),
    }
    for key, values in parts.items():
        for value in values:
            yield BadRequest("no decision", http(text(well | {key: value}), path="/outcomes"))
            yield BadRequest("no decisions", http(text({"decisions": [well, well | {key: value}]}), path="/outcomes"))
    for key in well:
        left = {k: v for k, v in well.items() if k != key}
        yield BadRequest("half a decision", http(text({"decisions": [left]}), path="/outcomes"))
    bodies: list[Any] = [
        {"decision": 1}, {"id": "a", "decision": 1}, {"decisions": []}, {"decisions": None}, {"decisions": {}},
        {"decisions": "x"}, {"decisions": [1]}, {"decisions": [None]}, {"decisions": [[]]}, [well],
        {"decisions": [well], "more": 1}, {"decisions": [well], "outcomes": []}, {"outcomes": [well]},
        {"Decisions": [well]},
    ]  # fmt: skip
    for body in bodies:
        yield BadRequest("no decisions", http(text(body), path="/outcomes"))
    for token in ("NaN", "Infinity", "1e400", "01", "", "[" * 50_000):
        half = b'{"id": "a", "by": "ana", "decision": %b}' % token.encode()
        yield BadRequest("no number in a decision", http(half, path="/outcomes"))
    for twice in (b'"by": "ana", "by": "bob", "decision": 1', b'"by": "ana", "decision": 1, "decision": 0'):
        yield BadRequest("a name that comes twice", http(b'{"id": "a", %b}' % twice, path="/outcomes"))
    minds = {"decisions": [well, well | {"decision": 0}]}
    yield BadRequest("a person of two minds", http(text(minds), path="/outcomes"), status=409)
    many = {"decisions": [well | {"id": f"a{i}"} for i in range(20_000)]}
    yield BadRequest("too many decisions", http(text(many), path="/outcomes"), status=413)


def bad_metrics() -> Iterator[BadRequest]:
    """Yield business metrics: of no name, of other forms, of values that are no numbers, of two values."""
    well: dict[str, Any] = {"id": "a", "metric": "revenue", "value": 3.2}
    parts: dict[str, tuple[Any, ...]] = {
        "id": (1, "", None, "x" * 129, "a\u0000", ["a"], {}),
        "metric": (None, "", 1, "x" * 65, "Revenue", "a b", "../a", "1a", ["revenue"], {}, True),
        "value": (None, "1", True, [], {}),
        "decision": (1,),
        "at": (5,),
    }
    for key, values in parts.items():
        for value in values:
            yield BadRequest("no metric", http(text(well | {key: value}), path="/outcomes"))
            yield BadRequest("no metrics", http(text({"metrics": [well, well | {key: value}]}), path="/outcomes"))
    for key in ("id", "value"):
        left = {k: v for k, v in well.items() if k != key}
        yield BadRequest("half a metric", http(text({"metrics": [left]}), path="/outcomes"))
    bodies: list[Any] = [
        {"metrics": []}, {"metrics": None}, {"metrics": "x"}, {"metrics": [1]}, {"metrics": [well], "more": 1},
    ]  # fmt: skip
    for body in bodies:
        yield BadRequest("no metrics", http(text(body), path="/outcomes"))
    for token in ("NaN", "Infinity", "-Infinity", "1e400", "01", ""):
        half = b'{"id": "a", "metric": "revenue", "value": %b}' % token.encode()
        yield BadRequest("no number in a metric", http(half, path="/outcomes"))
    yield BadRequest(
        "a name that comes twice", http(b'{"id": "a", "metric": "b", "metric": "c", "value": 1}', path="/outcomes")
    )
    minds = {"metrics": [well, well | {"value": 0}]}
    yield BadRequest("two values of one metric", http(text(minds), path="/outcomes"), status=409)
