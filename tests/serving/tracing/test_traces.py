"""Traces go from the caller through the tick to the arm, past remote systems to shadows, and cost nobody an answer."""

import asyncio
import json
import re
from random import Random

import grpc
import httpx
import pytest
from tritonclient.grpc import service_pb2

from slipway.errors import MissingExtra
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.records.tracing import Tracing
from slipway.serving.http_head import Head
from slipway.serving.http_request import Request
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.serving.tracing import opening
from slipway.serving.tracing.tracer import MOST_LINKS, Tracer

RULE = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
ROW = {"a": 0.7, "user": "Ann"}
SERVER, INTERNAL, CLIENT, CONSUMER = 2, 1, 3, 5


def route(*arms, shares=None, shadows=(), fallback=None):
    parts = tuple(Share(arm=a, share=s) for a, s in (shares or {arms[0].name: 1.0}).items())
    return Route(name="r", version=1, salt="s", arms=arms, shadows=shadows, fallback=fallback, shares=parts)


def to(taken, share=0.0):
    return {"tracing": Tracing(endpoint=taken.url, share=share)}


def test_a_trace_goes_from_the_caller_to_a_remote_arm_and_its_shadow_is_linked(serve_processes, taken, remote):
    (url, told), (beside, told_beside) = remote(), remote()
    arms = Arm(name="old", kind=ArmKind.HTTP, url=url), Arm(name="new", kind=ArmKind.HTTP, url=beside)
    with serve_processes(route(*arms, shares={"old": 1.0}, shadows=("new",)), **to(taken)) as server:
        sent = httpx.post(f"http://127.0.0.1:{server.port}/predict", json=ROW, headers=GIVEN | {"X-Request-Id": "q"})
        assert sent.json()["score"] == 0.75
        whole = taken.trace(TRACE, spans=5)
        (shadow,) = taken.until(lambda spans: [s for s in spans if s.name == "shadow new"])
        httpx.post(f"http://127.0.0.1:{server.port}/predict", json=ROW)  # by itself, at a share of 0: no trace
    request, asked = whole.pop("POST /predict"), whole["ask old"]
    assert whole.keys() == {"decode", "wait for the tick", "ask old", "journal"}
    assert {span.parent for span in whole.values()} == {request.id}
    assert (request.parent, request.kind, asked.kind, shadow.kind) == (SPAN, SERVER, CLIENT, CONSUMER)
    assert {span.service for span in taken.spans} == {"r"}
    assert request.words.pop("slipway.route_version") == 1
    assert request.words == {
        "http.request.method": "POST",
        "http.route": "/predict",
        "http.response.status_code": 200,
        "slipway.request_id": "q",
        "slipway.rows": 1,
        "slipway.route": "r",
        "slipway.arms": ["old"],
    }
    assert asked.words["slipway.arm.kind"] == "http"
    order = [request, whole["decode"], whole["wait for the tick"], asked, whole["journal"]]
    assert [s.begun_ns for s in order] == sorted(s.begun_ns for s in order)
    assert request.ended_ns >= max(s.ended_ns for s in whole.values())
    assert told == [f"00-{TRACE}-{asked.id}-01", None]
    assert told_beside[0] == f"00-{shadow.trace}-{shadow.id}-01"
    assert (shadow.trace != TRACE, shadow.links) == (True, [(TRACE, request.id)])
    assert len({span.trace for span in taken.spans}) == 2


@pytest.mark.parametrize(("given", "share", "traced"), [(None, 1.0, True), ("00", 1.0, False), (None, 0.0, False)])
def test_the_callers_word_counts_and_else_the_share(serve, taken, given, share, traced):
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-{given}"} if given else {}
    with serve(**to(taken, share)) as server:
        httpx.post(f"{server.url}/predict", json=ROW, headers=headers)
        httpx.post(f"{server.url}/predict", json=ROW, headers=GIVEN | {"X-Request-Id": "last"})
        taken.trace(TRACE, spans=5)
        traces = {s.trace: s.parent for s in taken.spans if s.kind == SERVER and "slipway.request_id" not in s.words}
    assert list(traces.values()) == ([""] if traced else [])


def test_what_is_shared_by_the_requests_of_a_tick_is_linked(serve, taken):
    arms = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5"), Arm(name="new", kind=ArmKind.RULE, rule="a > 0.6")
    with serve(route(*arms, shares={"old": 0.5, "new": 0.5}), **to(taken, 1.0)) as server:
        app = server.worker.services[0]

        async def together():
            for n in range(20):
                app.handle(request(n))

        asyncio.run_coroutine_threadsafe(together(), server.loop).result(10)
        spans = taken.until(lambda all_: len(all_) == 100 and all_)
    asked = [s for s in spans if s.name.startswith("ask")]
    for arm in ("old", "new"):
        mine = [s for s in asked if s.name == f"ask {arm}"]
        assert {s.words["slipway.batch.rows"] for s in mine} == {len(mine)}  # a row each, and no one else's
        assert {s.words["slipway.rows"] for s in mine} == {1}
        firsts = [s for s in mine if not s.links]
        assert [s.links for s in mine if s.links] == [[(firsts[0].trace, firsts[0].id)]] * (len(mine) - 1)
    assert len(asked) == 20
    by_trace = {s.trace: s.name.removeprefix("ask ") for s in asked}
    assert all(s.words["slipway.arms"] == [by_trace[s.trace]] for s in spans if s.kind == SERVER)


def request(n):
    head = Head("POST", "/predict", headers={b"host": b"localhost", b"content-type": b"application/json"})
    return Request(lambda _: None, head, b'{"a": 0.7, "user": "u%d"}' % n)


def test_an_arm_that_fails_and_its_fallback_are_both_told(serve, taken):
    arms = Arm(name="gone", kind=ArmKind.HTTP, url="http://127.0.0.1:9/"), RULE
    with serve(route(*arms, fallback="old"), **to(taken)) as server:
        reply = httpx.post(f"{server.url}/predict", json=ROW, headers=GIVEN).json()
        whole = taken.trace(TRACE, spans=6)
    assert reply["fallback"]
    assert (whole["ask gone"].failed, whole["ask gone"].words["error.type"]) == (True, "Unavailable")
    assert (whole["ask old"].failed, whole["ask old"].words["slipway.fallback"]) == (False, True)
    assert whole["POST /predict"].words["slipway.arms"] == ["gone", "old"]
    assert not whole["POST /predict"].failed


def test_what_is_refused_has_a_trace_and_what_fails_is_marked(serve, taken):
    arm = Arm(name="gone", kind=ArmKind.HTTP, url="http://127.0.0.1:9/")
    with serve(route(arm), **to(taken)) as server:
        for body in ({"a": "Ann", "user": "u"}, ROW):
            httpx.post(f"{server.url}/predict?who=Ann", json=body, headers=GIVEN)
        httpx.post(f"{server.url}/Ann", json={}, headers=GIVEN)
        told = taken.until(lambda all_: len(mine := [s for s in all_ if s.kind == SERVER]) == 3 and mine)
    status = {(s.name, s.words["http.response.status_code"]): s.failed for s in told}
    assert status == {("POST /predict", 400): False, ("POST /predict", 503): True, ("POST", 404): False}
    assert "Ann" not in repr(taken.spans)


def test_a_call_over_grpc_is_traced_by_its_metadata(serve, taken, place):
    body = service_pb2.ModelInferRequest(model_name="r")
    for name, kind, value in (("a", "FP64", 0.7), ("b", "FP64", 0.1), ("user", "BYTES", b"Ann")):
        tensor = body.inputs.add(name=name, datatype=kind, shape=[1])
        getattr(tensor.contents, "bytes_contents" if kind == "BYTES" else "fp64_contents").append(value)
    with serve(grpc_port=0, access_log=True, **to(taken)) as server:
        where = f"127.0.0.1:{server.worker._grpc.port}"
        with grpc.insecure_channel(where) as channel:
            send = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            send(body.SerializeToString(), metadata=[*GIVEN.items(), ("x-request-id", "g")], timeout=60)
            whole = taken.trace(TRACE, spans=5)
            body.model_version = "9"
            with pytest.raises(grpc.RpcError):
                send(body.SerializeToString(), metadata=GIVEN.items(), timeout=60)
            refused = taken.until(lambda all_: [s for s in all_ if s.words.get("rpc.grpc.status_code") == 5])
    call = whole["inference.GRPCInferenceService/ModelInfer"]
    assert (call.parent, call.kind, call.failed, refused[0].failed) == (SPAN, SERVER, False, False)
    assert call.words["rpc.grpc.status_code"] == 0
    assert (call.words["slipway.request_id"], call.words["slipway.arms"]) == ("g", ["old"])
    assert {"decode", "wait for the tick", "ask old", "journal"} < whole.keys()
    noted = (place.layout.run / "access-worker-0.log").read_text().splitlines()
    told = [(line["status"], line["trace_id"]) for line in map(json.loads, noted) if line["method"] == "grpc"]
    assert told == [("OK", TRACE), ("NOT_FOUND", TRACE)]


def spans_counted(server, outcome):
    found = re.search(
        rf'slipway_trace_spans_total{{outcome="{outcome}",worker="worker-0"}} (\d+)',
        httpx.get(f"{server.url}/metrics").text,
    )
    return int(found[1])


def test_a_collector_that_hangs_or_refuses_costs_nobody_an_answer_and_is_counted(serve, taken, monkeypatch):
    monkeypatch.setattr("slipway.serving.tracing.export.MOST_WAITING", 3)
    with serve(**to(taken, 1.0)) as server, httpx.Client(base_url=server.url) as caller:
        taken.hangs.clear()
        caller.post("/predict", json=ROW)
        taken.until(lambda _: taken.asked)  # the thread waits for the collector now
        assert {caller.post("/predict", json=ROW).status_code for _ in range(20)} == {200}
        assert spans_counted(server, "dropped") == 17 * 5
        taken.status = 400
        taken.hangs.set()
        taken.until(lambda _: spans_counted(server, "not_taken"))
        taken.status = 200
        caller.post("/predict", json=ROW)
        taken.until(lambda _: spans_counted(server, "sent"))


def test_nothing_is_traced_or_loaded_unless_the_scope_wants_it(serve, taken):
    with serve() as server:
        assert httpx.post(f"{server.url}/predict", json=ROW, headers=GIVEN).status_code == 200
        assert "slipway_trace_spans_total" not in httpx.get(f"{server.url}/metrics").text
        assert server.worker.services[0].tracer is None


def test_without_the_extra_a_server_does_not_start_and_says_which(config, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    one = type(config)(route="r", signature=config.signature, entity="user", port=0, **to(opening_of("http://x")))
    with pytest.raises(MissingExtra, match=r"slipway\[otel\]"):
        Supervisor(Hosted(one, tmp_path))


def opening_of(url):
    return type("Endpoint", (), {"url": url})


def test_a_shadow_of_a_large_batch_has_links_in_bounds_and_each_once():
    tracer = Tracer(share=1.0, chance=Random(0), note=lambda _: None)  # noqa: S311 - ids
    links = [tracer.begin("", given=None).context for _ in range(200)]
    assert tracer.follow("shadow", links=[]) is None
    assert len(tracer.follow("shadow", links=links * 2).links) == MOST_LINKS
