"""The Open Inference Protocol over HTTP through a real server: bytes and JSON in any mixture, versions, clients."""

import struct

import httpx
import msgspec
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.testing import models

RULE = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
A = np.array([0.25, 0.75, 1.5])


def route(arm, *, version=1):
    return Route(name="r", version=version, salt="s", arms=(arm,), shares=(Share(arm=arm.name, share=1.0),))


USERS = b"".join(struct.pack("<I", 2) + b"u%d" % i for i in range(3))


def body(inputs, *, tail=b"", **more):
    head = msgspec.json.encode({"inputs": inputs} | more)
    return head + tail, {"Inference-Header-Content-Length": str(len(head))}


def binary(name, datatype, size, rows=3):
    return {"name": name, "datatype": datatype, "shape": [rows, 1], "parameters": {"binary_data_size": size}}


def post(server, content, headers, path="/v2/models/r/infer"):
    return httpx.post(server.url + path, content=content, headers=headers)


@pytest.mark.parametrize("datatype", ["FP64", "FP32", "FP16"])
def test_bytes_in_json_out(serve, place, datatype):
    raw = A.astype(f"<f{int(datatype[2:]) // 8}").tobytes()
    content, headers = body([binary("a", datatype, len(raw)), binary("user", "BYTES", len(USERS))], tail=raw + USERS)
    with serve() as server:
        reply = post(server, content, headers).json()
    outputs = {o["name"]: o["data"] for o in reply["outputs"]}
    assert outputs["score"] == [0.0, 1.0, 1.0]
    assert place.predictions() == dict(zip(outputs["id"], outputs["score"], strict=True))


def test_a_mixture_in_and_a_mixture_out(serve):
    users = {"name": "user", "datatype": "BYTES", "shape": [3], "data": ["u", "v", "w"]}
    outputs = [{"name": "score", "parameters": {"binary_data": True}}, {"name": "label"}]
    content, headers = body([users, binary("a", "FP64", 24)], tail=A.tobytes(), outputs=outputs, id="q")
    with serve() as server:
        reply = post(server, content, headers)
    size = int(reply.headers["inference-header-content-length"])
    head = msgspec.json.decode(reply.content[:size])
    assert reply.headers["content-type"] == "application/octet-stream"
    assert head["id"] == "q"
    score, label = head["outputs"]
    assert score == {"name": "score", "datatype": "FP64", "shape": [3], "parameters": {"binary_data_size": 24}}
    assert label == {"name": "label", "datatype": "INT64", "shape": [3], "data": [0, 1, 1]}
    assert np.frombuffer(reply.content[size:]).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("content", "headers", "says"),
    [
        (*body([binary("a", "FP64", 25)], tail=A.tobytes()), "its bytes are not all there"),
        (*body([binary("a", "FP64", -1)], tail=A.tobytes()), "its bytes are not all there"),
        (*body([binary("a", "FP64", 16)], tail=A.tobytes()), "belong to no tensor"),
        (*body([binary("a", "FP64", 20)], tail=A.tobytes()[:20]), "a part of an element"),
        (*body([binary("a", "FP64", 16)], tail=A.tobytes()[:16]), "shape and data differ"),
        (*body([binary("a", "FP99", 24)], tail=A.tobytes()), "unknown datatype"),
        (*body([binary("a", "FP64", 24) | {"data": [1, 2, 3]}], tail=A.tobytes()), "both"),
        (*body([binary("user", "BYTES", 3)], tail=b"\x05\0\0"), "4 bytes of length"),
        (*body([binary("user", "BYTES", 8)], tail=b"\x05\0\0\0abcd"), "4 bytes of length"),
        (*body([binary("user", "BYTES", 5, rows=1)], tail=b"\x01\0\0\0\xff"), "UTF-8"),
        (b'{"inputs": [{"name": "a", "datatype": "FP64", "shape": [1], "data": [1], "data": [2]}]}', {}, "comes twice"),
        (b"{}", {"Inference-Header-Content-Length": "3"}, "at most 2"),
        (b"{}", {"Inference-Header-Content-Length": "-1"}, "at most 2"),
        (b"{}", {"Inference-Header-Content-Length": "two"}, "at most 2"),
    ],
)
def test_bytes_that_do_not_fit(serve, place, content, headers, says):
    with serve() as server:
        reply = post(server, content, headers)
    assert reply.status_code == 400
    assert says in reply.text
    assert place.frames() == []


def test_outputs_that_there_are_not(serve):
    inputs = [{"name": "user", "datatype": "BYTES", "shape": [1], "data": ["u"]}]
    with serve() as server:
        for outputs, says in [(["scores"], "Did you mean 'score'?"), (["id", "id"], "comes twice")]:
            reply = post(server, *body(inputs, outputs=[{"name": n} for n in outputs]))
            assert reply.status_code == 400
            assert says in reply.text


def test_only_the_version_in_force_answers(serve, place):
    with serve(route(RULE, version=3)) as server:
        for path in ("/v2/models/r/versions/3", "/v2/models/r/versions/3/ready", "/v2/models/r"):
            assert httpx.get(server.url + path).status_code == 200
        inputs = [
            {"name": "a", "datatype": "FP64", "shape": [1], "data": [1]},
            {"name": "user", "datatype": "BYTES", "shape": [1], "data": ["u"]},
        ]
        assert post(server, *body(inputs), path="/v2/models/r/versions/3/infer").json()["model_version"] == "3"
        for path, says in [
            ("/v2/models/r/versions/2/infer", 'wanted":"version 3'),
            ("/v2/models/r/versions/4", "Version 4 of r is not in force"),
            ("/v2/models/s/infer", "wanted\":\"'r'"),
            ("/v2/models/r/versions/", "nothing here"),
            ("/v2/models", "nothing here"),
        ]:
            reply = post(server, *body(inputs), path=path)
            assert reply.status_code == 404
            assert says in reply.text


@pytest.fixture(scope="module")
def users():
    tensor = triton.InferInput("user", [3, 1], "BYTES")
    tensor.set_data_from_numpy(np.array([[f"u{i}"] for i in range(3)], object))
    return tensor


@pytest.mark.parametrize("in_bytes", [True, False])
@pytest.mark.parametrize("out_bytes", [True, False, None])
def test_tritonclient(serve, place, users, in_bytes, out_bytes):
    batch = models.numbers_batch(3)
    inputs = []
    for name, column in batch.items():
        inputs.append(triton.InferInput(name, [3, 1], "FP32"))
        inputs[-1].set_data_from_numpy(column.astype(np.float32).reshape(3, 1), binary_data=in_bytes)
    wanted = None if out_bytes is None else [triton.InferRequestedOutput("score", binary_data=out_bytes)]
    with serve(route(place.model())) as server, triton.InferenceServerClient(server.url[7:]) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("r", "1")
        assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
        assert client.get_model_metadata("r")["versions"] == ["1"]
        reply = client.infer("r", [*inputs, users], outputs=wanted, request_id="q", model_version="1")
        with pytest.raises(InferenceServerException, match="not in force"):
            client.infer("r", [*inputs, users], model_version="7")
    np.testing.assert_allclose(sorted(place.predictions().values()), sorted(reply.as_numpy("score")))
    assert reply.get_response()["id"] == "q"
    if out_bytes is None:
        assert set(reply.as_numpy("arm")) == {b"new"}
        assert reply.as_numpy("fallback").tolist() == [False] * 3
    else:
        assert reply.as_numpy("arm") is None
