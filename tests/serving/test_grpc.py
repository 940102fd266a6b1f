"""gRPC through a real server: tritonclient, typed and raw contents, refusals by status, drain."""

import asyncio
import contextlib
import threading

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.serving import grpc_messages
from slipway.testing import models

RULE = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
METHOD = "/inference.GRPCInferenceService/"


def route(arm, *, version=1):
    return Route(name="r", version=version, salt="s", arms=(arm,), shares=(Share(arm=arm.name, share=1.0),))


@contextlib.contextmanager
def calling(server):
    """Wait until the worker under test serves gRPC, and yield its address."""
    for _ in range(400):
        if server.worker._grpc.port:
            break
        threading.Event().wait(0.01)
    yield f"127.0.0.1:{server.worker._grpc.port}"


def call(address, name, request, **more):
    with grpc.insecure_channel(address) as channel:
        send = channel.unary_unary(
            METHOD + name, request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
            response_deserializer=getattr(service_pb2, f"{name}Response").FromString,
        )  # fmt: skip
        return send(request, timeout=10, **more)


def infer(*, inputs=("a", "user"), raw=False, **more):
    request = service_pb2.ModelInferRequest(model_name="r", **more)
    for name, datatype in (("a", "FP64"), ("user", "BYTES")):
        if name in inputs:
            one = request.inputs.add(name=name, datatype=datatype, shape=[2])
            if raw:
                request.raw_input_contents.append(grpc_raw(name))
            elif name == "a":
                one.contents.fp64_contents.extend([0.25, 1.5])
            else:
                one.contents.bytes_contents.extend([b"u", b"v"])
    return request


def grpc_raw(name):
    return np.array([0.25, 1.5]).tobytes() if name == "a" else b"\1\0\0\0u\1\0\0\0v"


def test_our_messages_are_those_of_a_public_client():
    for name, fields in grpc_messages._MESSAGES.items():
        ours, theirs = grpc_messages.message(name).DESCRIPTOR, service_pb2
        for part in name.split("."):
            theirs = getattr(theirs, part)
        assert len(ours.fields) == len(fields)
        for field in ours.fields:
            other = theirs.DESCRIPTOR.fields_by_name[field.name]
            assert (field.number, field.type, field.label) == (other.number, other.type, other.label)


@pytest.mark.parametrize("requested", [None, ["score"]])
def test_tritonclient(serve, place, requested):
    batch = models.numbers_batch(3)
    inputs = []
    for name, column in batch.items():
        inputs.append(triton.InferInput(name, [3, 1], "FP32"))
        inputs[-1].set_data_from_numpy(column.astype(np.float32).reshape(3, 1))
    inputs.append(triton.InferInput("user", [3], "BYTES"))
    inputs[-1].set_data_from_numpy(np.array([b"u", b"v", b"w"], object))
    outputs = requested and [triton.InferRequestedOutput(name) for name in requested]
    with (
        serve(route(place.model()), grpc_port=0) as server,
        calling(server) as address,
        triton.InferenceServerClient(address) as client,
    ):
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("r", "1")
        assert client.get_server_metadata().extensions == ["binary_tensor_data"]
        metadata = client.get_model_metadata("r")
        assert next((i.name, i.datatype, list(i.shape)) for i in metadata.inputs) == ("a", "FP64", [-1, 1])
        reply = client.infer("r", inputs, outputs=outputs, request_id="q")
        with pytest.raises(InferenceServerException, match=r"NOT_FOUND.*Version 7 of r is not in force"):
            client.infer("r", inputs, model_version="7")
        with pytest.raises(InferenceServerException, match=r"NOT_FOUND.*want one of r, got 's'"):
            client.infer("s", inputs)
    assert reply.get_response().id == "q"
    assert sorted(place.predictions().values()) == sorted(reply.as_numpy("score").tolist())
    assert (reply.as_numpy("arm") is None) == (requested is not None)


@pytest.mark.parametrize("raw", [True, False])
def test_an_answer_has_the_form_of_its_request(serve, place, raw):
    with serve(route(RULE, version=3), grpc_port=0) as server, calling(server) as address:
        reply = call(address, "ModelInfer", infer(raw=raw))
    assert reply.model_version == "3"
    names = [o.name for o in reply.outputs]
    assert names == ["score", "label", "arm", "fallback", "id"]
    if raw:
        scores = np.frombuffer(reply.raw_output_contents[0]).tolist()
        assert reply.raw_output_contents[2] == b"\3\0\0\0old\3\0\0\0old"
    else:
        scores = list(reply.outputs[0].contents.fp64_contents)
        assert list(reply.outputs[2].contents.bytes_contents) == [b"old", b"old"]
    assert scores == [0.0, 1.0]
    assert list(place.predictions().values()) == scores


def odd(change):
    request = infer()
    change(request)
    return request


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (b"\xff\xff", "INVALID_ARGUMENT", "no ModelInferRequest"),
        (infer(inputs=["a"]), "INVALID_ARGUMENT", "rows[0].user: the entity is missing"),
        (odd(lambda r: r.inputs[0].contents.bool_contents.append(True)), "INVALID_ARGUMENT", "another datatype"),
        (odd(lambda r: r.inputs[0].contents.fp64_contents.append(1)), "INVALID_ARGUMENT", "shape and data differ"),
        (odd(lambda r: setattr(r.inputs[0], "datatype", "FP16")), "INVALID_ARGUMENT", "raw_input_contents"),
        (odd(lambda r: r.raw_input_contents.append(b"x")), "INVALID_ARGUMENT", "another number of tensors"),
        (odd(lambda r: r.raw_input_contents.extend([b"", b""])), "INVALID_ARGUMENT", "comes twice"),
        (odd(lambda r: r.inputs[1].contents.bytes_contents.append(b"\xff")), "INVALID_ARGUMENT", "UTF-8"),
        (odd(lambda r: r.outputs.add(name="scores")), "INVALID_ARGUMENT", "Did you mean 'score'?"),
        (odd(lambda r: setattr(r.inputs[0], "name", "aa")), "INVALID_ARGUMENT", "Did you mean 'a'?"),
    ],
)
def test_refusals(serve, place, request_, code, says):
    with serve(grpc_port=0) as server, calling(server) as address:
        with pytest.raises(grpc.RpcError) as caught:
            call(address, "ModelInfer", request_, metadata=[("x-request-id", "q-7")])
        assert server.worker.services[0].counts.errors == {f"grpc_{code.lower()}": 1}
    assert caught.value.code().name == code
    assert says in caught.value.details()
    assert ("x-request-id", "q-7") in [tuple(m) for m in caught.value.trailing_metadata()]
    assert place.frames() == []


def test_a_route_with_people_is_no_route_for_tensors(serve, place):
    desk = Arm(name="desk", kind=ArmKind.PERSON, people="the desk", answer_s=60, fallback="none")
    with serve(route(desk), grpc_port=0) as server, calling(server) as address, pytest.raises(grpc.RpcError) as caught:
        call(address, "ModelInfer", infer())
    assert caught.value.code().name == "FAILED_PRECONDITION"
    assert "no word for an answer that is to come" in caught.value.details()
    assert place.frames() == []


@pytest.mark.parametrize(("room", "told"), [(3, [("retry-after", "1")]), (1, [])])
def test_a_full_queue_is_resource_exhausted_with_a_time_to_wait(serve, room, told):
    """But rows for which there will never be room are not asked to come again."""
    arm = Slow()

    async def opener(_):
        return arm

    tight = serve(grpc_port=0, opener=opener, queue_rows=room, deadline_ms=20_000)
    with tight as server, calling(server) as address, grpc.insecure_channel(address) as channel:
        first = channel.unary_unary(METHOD + "ModelInfer").future(infer().SerializeToString())
        assert room == 1 or arm.asked.wait(5)
        with pytest.raises(grpc.RpcError) as caught:
            call(address, "ModelInfer", infer())
        arm.go.set()
        assert (first.code() is grpc.StatusCode.OK) == (room == 3)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert [tuple(m) for m in caught.value.trailing_metadata() if m[0] == "retry-after"] == told


def test_a_message_beyond_the_limit_is_refused(serve, place):
    with serve(grpc_port=0) as server, calling(server) as address:
        with pytest.raises(grpc.RpcError) as caught:
            call(address, "ModelInfer", infer(raw=True, id="x" * (5 << 20)))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert call(address, "ServerReady", service_pb2.ServerReadyRequest()).ready
    assert place.frames() == []


class Slow:
    """An arm that answers when it is told to."""

    def __init__(self):
        self.asked, self.go = threading.Event(), threading.Event()

    async def predict(self, columns, *, rows):
        self.asked.set()
        while not self.go.is_set():
            await asyncio.sleep(0.005)
        return np.ones(rows)

    async def close(self):
        pass


@pytest.fixture
def slow(serve):
    arm = Slow()

    async def opener(_):
        return arm

    return arm, serve(grpc_port=0, opener=opener, deadline_ms=20_000)


def test_what_was_taken_is_answered_before_the_worker_ends(slow, place):
    arm, server = slow
    with server, calling(server) as address, grpc.insecure_channel(address) as channel:
        send = channel.unary_unary(METHOD + "ModelInfer")
        answer = send.future(infer().SerializeToString())
        assert arm.asked.wait(5)
        server.loop.call_soon_threadsafe(server.worker.stop)
        threading.Event().wait(0.1)
        arm.go.set()
        reply = service_pb2.ModelInferResponse.FromString(answer.result(10))
    assert list(reply.outputs[0].contents.fp64_contents) == [1.0, 1.0]
    assert len(place.predictions()) == 2


def test_a_caller_who_has_gone_costs_nothing(slow, place):
    arm, server = slow
    with server, calling(server) as address:
        with grpc.insecure_channel(address) as channel:
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(METHOD + "ModelInfer")(infer().SerializeToString(), timeout=0.3)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        arm.go.set()
        assert len(call(address, "ModelInfer", infer()).outputs) == 5
    assert len(place.predictions()) == 4


def test_every_beginning_of_a_message_is_refused_as_the_caller_s_mistake(serve, place):
    whole = infer().SerializeToString()
    """On one connection, which takes no harm of it: each refusal gives its place back at once."""
    flat = [whole[:end] for end in range(len(whole))] + [
        whole[::-1],
        whole[1:],
        b"\x80" * 64,
        b"\x0a\xff\xff\xff\xff\x0f",
    ]
    with serve(grpc_port=0) as server, calling(server) as address, grpc.insecure_channel(address) as channel:
        send, codes = channel.unary_unary(METHOD + "ModelInfer"), set()
        for data in flat:
            with pytest.raises(grpc.RpcError) as caught:
                send(data, timeout=10)
            codes.add(caught.value.code().name)
            assert caught.value.details()
        send(whole, timeout=10)
    assert codes == {"INVALID_ARGUMENT", "NOT_FOUND"}
    assert len(place.predictions()) == 2
