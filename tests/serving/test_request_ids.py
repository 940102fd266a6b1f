"""A request's id comes back on every reply; what is refused, and if wanted each request, leaves a line without data."""

import contextlib
import json
import socket
import threading

import grpc
import httpx
import pytest
import structlog
from tritonclient.grpc import service_pb2

from slipway.serving import http_request
from slipway.serving.access_log import Access, AccessLog
from slipway.serving.http_limits import HttpLimits
from slipway.serving.refusal import Refusal
from slipway.serving.refusal_log import MOST_A_SECOND, RefusalLog

ROW = {"a": 1, "user": "u"}


def raw(server, data):
    with socket.create_connection(("127.0.0.1", server.port)) as wire:
        wire.settimeout(10)
        wire.sendall(data)
        with contextlib.suppress(ConnectionError):
            return b"".join(iter(lambda: wire.recv(1 << 16), b""))


def test_an_id_comes_back_whatever_becomes_of_the_request(serve):
    given = {"X-Request-Id": "q-7"}
    with serve(limits=HttpLimits(body_bytes=1000)) as server:
        replies = {
            200: httpx.post(f"{server.url}/predict", json=ROW, headers=given),
            400: httpx.post(f"{server.url}/predict", json={"a": "x"}, headers=given),
            403: httpx.get(f"{server.url}/metrics", headers={"host": "evil.example"} | given),
            404: httpx.get(f"{server.url}/nothing", headers=given),
            405: httpx.get(f"{server.url}/predict", headers=given),
            413: httpx.post(f"{server.url}/predict", content=b"x" * 2000, headers=given),
            415: httpx.post(f"{server.url}/predict", content=b"x", headers={"content-type": "text/csv"} | given),
        }
        torn = raw(
            server, b"POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: q-7\r\nContent-Length: 9999\r\n\r\n"
        )
    for status, reply in replies.items():
        assert (reply.status_code, reply.headers["x-request-id"]) == (status, "q-7")
    assert b"413" in torn.partition(b"\r\n")[0]
    assert b"x-request-id: q-7" in torn


def test_who_is_refused_without_an_id_is_told_one_that_is_in_the_log(serve, monkeypatch):
    log = RefusalLog(now=lambda: 0.0)
    log.know({"a"})
    monkeypatch.setattr(http_request, "refusals", log)  # the bound of the other is the process's
    with structlog.testing.capture_logs() as lines, serve() as server:
        assert "x-request-id" not in httpx.post(f"{server.url}/predict", json=ROW).headers
        told = [httpx.post(f"{server.url}/predict?who=Ann", json={"a": "secret", "user": "Bob"}) for _ in range(2)]
    ids = [reply.headers["x-request-id"] for reply in told]
    assert len(set(ids)) == 2
    refused = [line for line in lines if line["event"] == "request refused"]
    assert [line["request_id"] for line in refused] == ids
    assert refused[0]["status"] == 400
    assert refused[0]["reason"] == "a: this value does not fit."
    assert (refused[0]["method"], refused[0]["path"]) == ("POST", "/predict")
    assert not {"secret", "Ann", "Bob"} & set(json.dumps(lines).split('"'))


def test_a_fault_of_ours_is_told_as_one_and_logged_and_the_next_request_is_answered(serve, place):
    def fail(body):
        raise ZeroDivisionError(body)

    with structlog.testing.capture_logs() as lines, serve() as server:
        intake = server.worker.services[0].app.intake
        decode, intake.rows.decode = intake.rows.decode, fail
        failed = httpx.post(f"{server.url}/predict", json=ROW)
        intake.rows.decode = decode
        assert httpx.post(f"{server.url}/predict", json=ROW).status_code == 200
    assert failed.status_code == 500
    assert failed.json()["error"] == "The server failed; nothing was taken."
    assert next(line for line in lines if line["event"] == "request failed")["path"] == "/predict"
    assert len(place.predictions()) == 1


def test_a_caller_who_is_refused_all_day_does_not_fill_the_disk():
    now, refusal = [0.0], Refusal(400, "No.")
    log = RefusalLog(now=lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for _ in range(1000):
            log.note(refusal, method="GET", path="/", request_id="q")
        assert len(lines) == MOST_A_SECOND
        now[0] = 1.0
        log.note(refusal, method="GET", path="/", request_id="q")
    assert lines[-1]["left_out"] == 1000 - MOST_A_SECOND


def test_each_request_leaves_one_line_without_its_data(serve, place):
    with serve(access_log=True, grpc_port=0) as server:
        httpx.post(f"{server.url}/predict?who=Ann", json={"a": 0.1234, "user": "Bob"}, headers={"X-Request-Id": "q"})
        httpx.post(f"{server.url}/predict", json={"a": "Carol", "user": "Bob"})
        with grpc.insecure_channel(f"127.0.0.1:{server.worker._grpc.port}") as channel:
            send = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            with pytest.raises(grpc.RpcError) as caught:
                send(
                    service_pb2.ModelInferRequest(model_name="Dora").SerializeToString(),
                    metadata=[("x-request-id", "g")],
                )
    assert ("x-request-id", "g") in [tuple(pair) for pair in caught.value.trailing_metadata()]
    text = (place.layout.run / "access-worker-0.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    told = [(x["method"], x["path"], x["status"], x["request_id"]) for x in lines if x["path"] != "/health/live"]
    assert told == [
        ("POST", "/predict", 200, "q"),
        ("POST", "/predict", 400, ""),
        ("grpc", "ModelInfer", "NOT_FOUND", "g"),
    ]
    assert all(0 < line["took_us"] < 10**7 for line in lines)
    assert not any(name in text for name in ("0.1234", "Ann", "Bob", "Carol", "Dora"))


def test_a_log_that_is_large_is_put_aside_and_one_that_cannot_be_written_costs_nothing(tmp_path):
    path = tmp_path / "access.log"
    log = AccessLog(path, most_bytes=1000)
    line = Access(0, "GET", "/", 200, 1, 0, 0, "")
    for _ in range(100):
        log.note(line)
    log.close()
    aside = path.with_name("access.log.1").read_text().splitlines()
    assert len(aside) + (len(path.read_text().splitlines()) if path.exists() else 0) == 100
    nowhere = AccessLog(tmp_path / "missing" / "access.log")
    with structlog.testing.capture_logs() as lines:
        nowhere.note(line)
        nowhere.close()
    assert lines[0]["event"] == "access log not written"
    assert threading.active_count() < 50
