"""gRPC as it is served: by several workers on one port, with keys, over TLS; and what is refused at the start."""

import os
import signal
import socket
import threading
from datetime import UTC, datetime
from importlib.util import find_spec

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from slipway.errors import BadInput, MissingExtra, Unavailable
from slipway.project.server import free_ports
from slipway.records.access import May
from slipway.serving import grpc_port
from slipway.serving.run_state import read_states
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.storage.access_keys import make_key
from slipway.testing.certificates import Authority

METHOD = "/inference.GRPCInferenceService/"


def address_of(server):
    for _ in range(400):
        if server.worker._grpc.port:
            break
        threading.Event().wait(0.01)
    return f"localhost:{server.worker._grpc.port}"


def request():
    made = service_pb2.ModelInferRequest(model_name="r")
    made.inputs.add(name="a", datatype="FP64", shape=[1]).contents.fp64_contents.append(1.0)
    made.inputs.add(name="user", datatype="BYTES", shape=[1]).contents.bytes_contents.append(b"u")
    return made.SerializeToString()


def code_of(channel, token=""):
    metadata = [("authorization", f"Bearer {token}")] if token else []
    try:
        channel.unary_unary(METHOD + "ModelInfer")(request(), timeout=10, metadata=metadata)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def test_keys_let_in_for_what_they_may(serve, place):
    made = {
        may: make_key(place.layout.keys, name=may.value, may=[may], now_us=1, by="test")[1]
        for may in (May.PREDICT, May.OUTCOMES)
    }
    with serve(grpc_port=0) as server, grpc.insecure_channel(address_of(server)) as channel:
        assert code_of(channel) == "UNAUTHENTICATED"
        assert code_of(channel, "guessed") == "UNAUTHENTICATED"
        assert code_of(channel, made[May.OUTCOMES]) == "PERMISSION_DENIED"
        assert code_of(channel, made[May.PREDICT]) == "OK"
        channel.unary_unary(METHOD + "ServerReady")(b"", timeout=10)  # health needs none
        with pytest.raises(grpc.RpcError, match="slipway key make NAME"):
            channel.unary_unary(METHOD + "ModelMetadata")(b"\x0a\x01r", timeout=10)
    assert len(place.predictions()) == 1


def test_a_tensor_that_does_not_fit_is_counted_by_its_field_with_its_rows(serve):
    made = service_pb2.ModelInferRequest(model_name="r")
    made.inputs.add(name="a", datatype="BYTES", shape=[2]).contents.bytes_contents.extend([b"far", b"near"])
    with serve(grpc_port=0) as server, grpc.insecure_channel(address_of(server)) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(METHOD + "ModelInfer")(made.SerializeToString(), timeout=60)
        (service,) = server.worker.services
    assert refused.value.code().name == "INVALID_ARGUMENT"
    assert (service.counts.refusals, service.counts.refused_rows) == ({"text a": 1}, {"text a": 2})


def test_a_renewed_certificate_is_taken_up_by_the_next_handshake(serve, tmp_path):
    pair = {"tls_certificate": str(tmp_path / "server.pem"), "tls_key": str(tmp_path / "server.key")}
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    authorities = [Authority(folder, now=datetime.now(UTC)) for folder in folders]

    def trusts(authority):
        credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
        with grpc.secure_channel(address, credentials, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            return code_of(channel)

    authorities[0].sign(tmp_path / "server.pem", key=tmp_path / "server.key")
    with serve(grpc_port=0, **pair) as server:
        address = address_of(server)
        assert trusts(authorities[0]) == "OK"
        authorities[1].sign(tmp_path / "server.pem", key=tmp_path / "server.key")
        assert trusts(authorities[1]) == "OK"
        assert trusts(authorities[0]) == "UNAVAILABLE"


def test_all_workers_answer_on_one_port_and_one_that_is_killed_is_replaced(serve_processes, place):
    port = free_ports(1)
    tensors = [triton.InferInput("a", [1], "FP64"), triton.InferInput("user", [1], "BYTES")]
    tensors[0].set_data_from_numpy(np.array([1.0]))
    tensors[1].set_data_from_numpy(np.array([b"u"], object))

    def ask():
        """Return the worker that answers on a connection of its own; its predictions' ids begin with its name."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        with triton.InferenceServerClient(f"127.0.0.1:{port}", channel_args=options) as client:
            return client.infer("r", tensors).as_numpy("id")[0].decode().split("-")[0]

    with serve_processes(workers=2, grpc_port=port) as supervisor:
        seen = {ask() for _ in range(40)}
        assert len(seen) == 2
        states = {s.name: s.pid for s in read_states(place.layout.run)}
        os.kill(states["worker-0"], signal.SIGKILL)
        answered = 0
        for _ in range(200):
            try:
                answered += bool(ask())
            except InferenceServerException:
                threading.Event().wait(0.05)
            if answered == 60:
                break
        assert answered == 60
        assert {s.name for s in read_states(place.layout.run)} >= {"worker-0", "worker-1"}
        assert supervisor.port
    assert len(place.predictions()) == 100


def test_what_cannot_be_served_is_refused_at_the_start(place, config, monkeypatch):
    def start(**changes):
        made = {f: getattr(config, f) for f in config.__struct_fields__} | changes
        Supervisor(Hosted(type(config)(**made), place.root))

    port = free_ports(3)
    with pytest.raises(BadInput, match=rf"serving.grpc_port: want a port of its own, got {port + 1}"):
        start(port=port, grpc_port=port + 1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(Unavailable, match=f":{taken}: want to listen here"):
            start(port=port, grpc_port=taken)
    monkeypatch.setattr(grpc_port, "find_spec", lambda name: None if name == "grpc" else find_spec(name))
    with pytest.raises(MissingExtra, match=r"pip install 'slipway\[grpc\]'"):
        start(port=port, grpc_port=port + 2)
