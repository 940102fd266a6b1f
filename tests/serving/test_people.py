"""People in a route: what waits for them is journalled and told at once; what a model is sure of goes out."""

import math
from collections import Counter

import httpx
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.drawn import Draw, is_drawn
from slipway.records.frame import PredictionFrame
from slipway.records.handover import Handover
from slipway.records.route import Route, Share

OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
DESK = Arm(name="desk", kind=ArmKind.PERSON, people="the desk", answer_s=60, fallback="old")
ROWS = [{"a": i / 10 - 2, "b": 0.3, "user": f"u{i}", "id": f"c{i}"} for i in range(40)]


def dealt(model, *, share=1.0, **handover):
    shares = tuple(Share(arm=name, share=s) for name, s in (("new", share), ("desk", 1 - share)) if s > 0)
    handovers = (Handover(arm="new", person="desk", **handover),) if handover else ()
    return Route(name="r", version=1, salt="s", shares=shares, arms=(model, DESK, OLD), handovers=handovers)


def told(place):
    """Each journalled row by its id: (arm, score, course, asked, suggestion, shown, due - received)."""
    found = {}
    for f in place.frames(PredictionFrame):
        p = f.people
        for i, name in enumerate(f.id):
            mine = (p.course[i], p.asked[i], p.suggestion[i], p.shown[i], p.due_us[i] and p.due_us[i] - f.at_us[i])
            found[name] = (f.arm[i], f.score[i], *mine)
    return found


def test_what_is_dealt_to_people_is_journalled_and_pending_at_once(serve, place):
    with serve(dealt(place.model(), share=0.0)) as server:
        one = httpx.post(f"{server.url}/predict", json=ROWS[0]).json()
        many = httpx.post(f"{server.url}/predict", json={"rows": ROWS[1:4]}).json()["predictions"]
        document = httpx.get(f"{server.url}/openapi.json").json()
    due = one.pop("due_us")
    assert one == {"id": "c0", "arm": "desk", "score": None, "fallback": False, "pending": True}
    assert [x["pending"] for x in many] == [True] * 3
    assert set(document["components"]["schemas"]["Pending"]["required"]) == {*one, "due_us"}
    rows = told(place)
    assert rows["c0"][:1] + rows["c0"][2:4] == ("desk", "asked", "")
    assert math.isnan(rows["c0"][1])
    assert math.isnan(rows["c0"][4])
    frame = place.frames(PredictionFrame)[0]
    assert frame.people.due_us[0] == due == frame.at_us[0] + 60_000_000
    assert frame.shadows == ("old",), "what steps in once their time is over is asked beside the request"


def test_the_model_decides_what_it_is_sure_of_and_nothing_else(serve, place):
    route = dealt(place.model(), threshold=0.8, audit=0.3, suggest=True, hidden=0.5)
    with serve(route) as server:
        answers = httpx.post(f"{server.url}/predict", json={"rows": ROWS}).json()["predictions"]
    rows = told(place)
    for answer in answers:
        arm, score, course, asked, suggestion, shown, left_us = rows[answer["id"]]
        audited = is_drawn(answer["id"], for_=Draw.AUDIT, share=0.3, salt="s")
        hidden = is_drawn(answer["id"], for_=Draw.HIDDEN, share=0.5, salt="s")
        if "pending" in answer:
            assert (arm, course, asked, shown) == ("desk", "handed over", "new", not hidden)
            assert max(suggestion, 1 - suggestion) < 0.8
            assert answer["score"] is None
            assert str(suggestion) not in str(answer), "whoever asks is not told what the model would have said"
        else:
            assert (arm, asked, shown) == ("new", "", False)
            assert score == answer["score"]
            assert max(score, 1 - score) >= 0.8
            assert course == ("audited" if audited else "automated")
        assert left_us == (0 if course == "automated" else 60_000_000)
    assert {c: n > 1 for c, n in Counter(r[2] for r in rows.values()).items()} == {
        "handed over": True, "automated": True, "audited": True
    }  # fmt: skip


def test_without_a_threshold_the_person_decides_all_and_is_shown_only_what_is_said(serve, place):
    with serve(dealt(place.model(), share=0.5, threshold=None)) as server:
        httpx.post(f"{server.url}/predict", json={"rows": ROWS})
    assert {(r[0], r[2], r[5]) for r in told(place).values()} == {
        ("desk", "asked", False), ("desk", "handed over", False)
    }  # fmt: skip


def test_a_model_that_does_not_answer_is_never_sure_and_nobody_gets_an_error(serve, place):
    broken = Arm(name="new", kind=ArmKind.HTTP, url="http://127.0.0.1:9/nobody", timeout_ms=200)
    with serve(dealt(broken, threshold=0.5)) as server:
        reply = httpx.post(f"{server.url}/predict", json={"rows": ROWS[:3]})
    assert reply.status_code == 200
    assert [x["pending"] for x in reply.json()["predictions"]] == [True] * 3
    assert {(r[2], r[3], math.isnan(r[4])) for r in told(place).values()} == {("handed over", "new", True)}


@pytest.mark.parametrize("path", ["/v2/models/r/infer", "/predict"])
def test_who_cannot_be_told_to_wait_is_refused_with_the_way_out(serve, place, path):
    content_type = "application/json" if "v2" in path else "application/vnd.apache.arrow.stream"
    with serve(dealt(place.model(), threshold=0.9)) as server:
        reply = httpx.post(f"{server.url}{path}", content=b"{}", headers={"content-type": content_type})
    assert reply.status_code == 409
    assert "GET /decisions/ID" in reply.json()["hint"]
    assert not told(place)


def test_a_route_without_people_writes_not_a_word_of_them(serve, place):
    with serve(Route(name="r", version=1, salt="s", shares=(Share(arm="old", share=1.0),), arms=(OLD,))) as server:
        httpx.post(f"{server.url}/predict", json=ROWS[0])
    assert place.frames(PredictionFrame)[0].people is None
