"""Predictions, outcomes and the Open Inference Protocol through a real server with a real model."""

import math

import httpx
import msgspec
import numpy as np
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind, Privacy
from slipway.records.frame import PredictionFrame
from slipway.records.model import Signature
from slipway.records.route import Route, Share, assign
from slipway.records.task import TaskKind
from slipway.runtime.onnx import OnnxRuntime
from slipway.testing import models


@pytest.fixture
def halves(place):
    """Return a route that gives half of the entities to a model, half to a rule."""
    rule = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    shares = (Share(arm="new", share=0.5), Share(arm="old", share=0.5))
    return Route(name="r", version=1, salt="s", shares=shares, arms=(place.model(), rule))


def test_each_entity_is_answered_by_its_arm_and_journalled_before_the_reply(serve, place, halves):
    batch = models.numbers_batch(40)
    wanted = OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m").score(batch, rows=40)
    rows = [{"a": a, "b": b, "user": f"u{i}"} for i, (a, b) in enumerate(zip(batch["a"], batch["b"], strict=True))]
    with serve(halves) as server:
        single = [httpx.post(f"{server.url}/predict", json=row).json() for row in rows[:10]]
        assert len(place.predictions()) == 10
        many = httpx.post(f"{server.url}/predict", json={"rows": rows[10:]}).json()["predictions"]
    answers = single + many
    assert {x["arm"] for x in answers} == {"new", "old"}
    for i, answer in enumerate(answers):
        assert answer["arm"] == assign(halves, f"u{i}")
        score = wanted[i] if answer["arm"] == "new" else float(batch["a"][i] > 0.5)
        assert answer["score"] == pytest.approx(score, abs=1e-6)
        assert answer["label"] == int(answer["score"] >= 0.5)
        assert answer["fallback"] is False
    assert place.predictions() == {x["id"]: x["score"] for x in answers}
    frames = place.frames(PredictionFrame)
    held = np.concatenate([np.frombuffer(f.x["a"]) for f in frames])
    np.testing.assert_array_equal(held, batch["a"])
    assert [e for f in frames for e in f.entity] == [f"u{i}" for i in range(40)]


def test_an_id_may_be_given(serve, place):
    with serve() as server:
        row = {"a": 1, "user": "u", "id": "flight 7"}
        assert httpx.post(f"{server.url}/predict", json=row).json()["id"] == "flight 7"
    assert place.predictions() == {"flight 7": 1.0}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"aa":1,"user":"u"}', "Did you mean 'a'?"),
        (b'{"a":"1","user":"u"}', "a: this value does not fit"),
        (b'{"a":NaN,"user":"u"}', "never NaN"),
        (b'{"a":Infinity,"user":"u"}', "never NaN"),
        (b'{"a":1e400,"user":"u"}', "float64"),
        (b'{"a":1}', "user: the entity is missing"),
        (b'{"a":1,"user":""}', "user"),
        (b'{"a":1,"user":"u","id":""}', "id"),
        (b'{"a":1,"user":"u","id":"' + b"x" * 129 + b'"}', "128"),
        (b'{"a":1,"user":"u","id":"\\u0007"}', "printable"),
        (b'{"rows":[]}', "no rows"),
        (b'{"rows":[{"a":1,"user":"u"},{"a":true,"user":"u"}]}', "rows[1].a"),
        (b"[1]", "no row"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"", "no JSON"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_not_journalled(serve, place, body, says):
    with serve() as server:
        reply = httpx.post(f"{server.url}/predict", content=body)
        assert reply.status_code == 400
        assert says in reply.text
    assert place.frames() == []


def test_ranges_closed_sets_and_required_fields(serve, place):
    fields = (
        Field(name="a", kind=FieldKind.NUMBER, low=0, high=10, unit="min", required=True),
        Field(name="c", kind=FieldKind.CATEGORY, values=("Cork", "Galway")),
        Field(name="d", kind=FieldKind.BOOLEAN),
    )
    signature = Signature(fields=fields, kind=TaskKind.REGRESSION)
    with serve(signature=signature) as server:
        for row, says in [
            ({"a": 11}, "a number from 0 up to 10 min"),
            ({}, "a: this field is required"),
            ({"a": None}, 'got":"null'),
            ({"a": 1, "c": "Galwey"}, "Did you mean 'Galway'?"),
            ({"a": 1, "d": 1}, "true or false"),
        ]:
            reply = httpx.post(f"{server.url}/predict", json=row | {"user": "u"})
            assert reply.status_code == 400
            assert says in reply.text
        fits = {"a": 10, "c": "Galway", "d": True, "user": "u"}
        assert "label" not in httpx.post(f"{server.url}/predict", json=fits).json()


def test_privacy_classes_decide_what_the_journal_holds(serve, place):
    fields = (
        Field(name="a", kind=FieldKind.NUMBER),
        Field(name="secret", kind=FieldKind.NUMBER, privacy=Privacy.NOTHING),
        Field(name="town", kind=FieldKind.CATEGORY, privacy=Privacy.PSEUDONYM),
    )
    signature = Signature(fields=fields, kind=TaskKind.BINARY)
    with serve(signature=signature, entity_privacy=Privacy.PSEUDONYM, pseudonym_key=b"k" * 32) as server:
        for town in ("Cork", "Cork", None):
            httpx.post(f"{server.url}/predict", json={"a": 1, "secret": 42, "town": town, "user": "Ann"})
    frames = place.frames(PredictionFrame)
    assert all(f.x.keys() == {"a", "town"} for f in frames)
    first, second, third = [f.x["town"][0] for f in frames]
    assert first == second != third is None
    assert len({f.entity[0] for f in frames}) == 1
    held = b"".join(p.read_bytes() for p in place.layout.journal.glob("*.seg"))
    assert b"Cork" not in held
    assert b"Ann" not in held


def test_outcomes_are_journalled_before_the_reply(serve, place):
    with serve() as server:
        assert httpx.post(f"{server.url}/outcomes", json={"id": "x", "value": 1}).json() == {"accepted": 1}
        assert place.outcomes() == [("x", 1.0)]
        two = [{"id": "x", "value": 0}, {"id": "y", "value": 0}]
        assert httpx.post(f"{server.url}/outcomes", json={"outcomes": two}).json() == {"accepted": 2}
        for body, says in [
            ({"id": "x", "value": 0.5}, "0 or 1"),
            ({"id": "x"}, "value"),
            ({"id": "", "value": 1}, "id"),
            ({"outcomes": []}, "at least one"),
            ({"id": "x", "value": 1, "when": 3}, "when"),
        ]:
            reply = httpx.post(f"{server.url}/outcomes", json=body)
            assert reply.status_code == 400
            assert says in reply.text
    assert place.outcomes() == [("x", 1.0), ("x", 0.0), ("y", 0.0)]


def tensor(name, datatype, data, shape=None):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def test_the_open_inference_protocol(serve, place, halves):
    with serve(halves) as server:
        assert httpx.get(f"{server.url}/v2").json()["name"] == "slipway"
        model = httpx.get(f"{server.url}/v2/models/r").json()
        assert [i["name"] for i in model["inputs"]] == ["a", "b", "user"]
        for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/r/ready"):
            assert httpx.get(f"{server.url}{path}").status_code == 200
        inputs = [
            tensor("a", "FP64", [1.0, 2.0], [2, 1]),
            tensor("b", "INT64", [3, None]),
            tensor("user", "BYTES", ["u0", "u1"]),
        ]
        reply = httpx.post(f"{server.url}/v2/models/r/infer", json={"id": "q", "inputs": inputs}).json()
    outputs = {o["name"]: o["data"] for o in reply["outputs"]}
    assert (reply["id"], reply["model_name"], reply["model_version"]) == ("q", "r", "1")
    assert outputs["arm"] == [assign(halves, "u0"), assign(halves, "u1")]
    assert place.predictions() == dict(zip(outputs["id"], outputs["score"], strict=True))


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ([tensor("a", "FP64", [1.0, 2.0], [3]), tensor("user", "BYTES", ["u", "v"])], "shape"),
        ([tensor("a", "FP64", [1.0]), tensor("user", "BYTES", ["u", "v"])], "as many rows"),
        ([tensor("a", "BYTES", ["x"]), tensor("user", "BYTES", ["u"])], "datatype"),
        ([tensor("z", "FP64", [1.0]), tensor("user", "BYTES", ["u"])], "z: no such field"),
        ([tensor("a", "FP64", [1.0])], "user"),
        ([{"name": "a", "datatype": "FP64", "shape": [1]}], "where is its data"),
        ([], "as many rows"),
    ],
)
def test_infer_requests_that_do_not_fit(serve, inputs, says):
    with serve() as server:
        reply = httpx.post(f"{server.url}/v2/models/r/infer", json={"inputs": inputs})
        assert reply.status_code == 400
        assert says in reply.text


def test_our_own_server_can_be_an_arm_of_another(serve, place, tmp_path_factory):
    with serve() as old:
        remote = Arm(name="remote", kind=ArmKind.HTTP, url=f"{old.url}/v2/models/r/infer")
        row = msgspec.json.encode({"inputs": [tensor("a", "FP64", [1.0]), tensor("user", "BYTES", ["u"])]})
        assert httpx.post(remote.url, content=row).json()["outputs"][0]["data"] == [1.0]


def test_the_event_clock(serve, place):
    with serve(clock="event") as server:
        row = {"a": 1, "user": "u"}
        for given in (None, "yesterday", "-5", "1e9"):
            reply = httpx.post(f"{server.url}/predict", json=row, headers={"Slipway-Time-Us": given} if given else {})
            assert reply.status_code == 400
            assert "Slipway-Time-Us" in reply.text
        when = {"Slipway-Time-Us": "1357034400000000"}
        assert httpx.post(f"{server.url}/predict", json=row, headers=when).status_code == 200
        assert httpx.post(f"{server.url}/outcomes", json={"id": "x", "value": 1}, headers=when).status_code == 200
    assert [f.at_us for f in place.frames()] == [[1357034400000000]] * 2


def test_the_system_clock_takes_no_orders(serve):
    with serve() as server:
        reply = httpx.post(f"{server.url}/predict", json={"a": 1, "user": "u"}, headers={"Slipway-Time-Us": "1"})
        assert reply.status_code == 400
        assert "own clock" in reply.text


def test_metrics(serve):
    with serve() as server:
        httpx.post(f"{server.url}/predict", json={"a": 1, "user": "u"})
        httpx.post(f"{server.url}/predict", json={"a": "x", "user": "u"})
        lines = dict(line.rsplit(" ", 1) for line in httpx.get(f"{server.url}/metrics").text.splitlines())
    assert lines['slipway_predictions_total{arm="old",outcome="answered",worker="worker-0"}'] == "1"
    assert lines['slipway_errors_total{kind="http_400",worker="worker-0"}'] == "1"
    assert lines['slipway_latency_seconds_bucket{worker="worker-0",le="+Inf"}'] == "1"
    assert lines["slipway_route_version"] == "1"
    assert math.isclose(float(lines['slipway_latency_seconds_sum{worker="worker-0"}']), 0, abs_tol=1)
