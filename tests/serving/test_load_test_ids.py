"""Ids of load tests keep rows out of all evidence: nobody but ``slipway bench`` can give them, by any way in."""

import httpx
import polars as pl

from slipway.records.access import May
from slipway.records.load_test import HEADER, ID_PREFIX
from slipway.storage.access_keys import make_key

MINE = f"{ID_PREFIX}1"
ROW = {"a": 1, "user": "u", "id": MINE}
MATRIX = {"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}
TEXTS = [{"name": n, "shape": [1], "datatype": "BYTES", "data": [v]} for n, v in (("user", "u"), ("id", MINE))]
BODIES = {
    "/predict": [ROW, {"rows": [ROW]}],
    "/v2/models/r/infer": [{"inputs": [MATRIX, *TEXTS]}],
    "/outcomes": [{"id": MINE, "value": 1}, {"outcomes": [{"id": MINE, "value": 1}]}],
}


def table(columns):
    return pl.DataFrame(columns).write_ipc_stream(None).getvalue()


def test_an_id_of_a_load_test_is_refused_in_every_form(serve, place):
    arrow = {"content-type": "application/vnd.apache.arrow.stream"}
    with serve() as server:
        replies = [httpx.post(server.url + path, json=body) for path, bodies in BODIES.items() for body in bodies]
        for path, columns in (
            ("/predict", {k: [v] for k, v in ROW.items()}),
            ("/outcomes", {"id": [MINE], "value": [1]}),
        ):
            replies.append(httpx.post(server.url + path, content=table(columns), headers=arrow))
        assert [r.status_code for r in replies] == [400] * 7
        assert all("load tests, whose rows count for nothing" in r.json()["error"] for r in replies)
    assert not place.frames()


def test_only_the_commands_of_this_machine_ask_as_a_load_test(serve, place):
    place.layout.local_key.write_bytes(b"\x01" * 32)
    with serve() as server:

        def ask(token, row=ROW):
            headers = {HEADER: "1"} | ({"authorization": f"Bearer {token}"} if token else {})
            return httpx.post(f"{server.url}/predict", json=row, headers=headers)

        for turn in range(2):  # the second goes the short way of a head that was seen
            assert ask("").status_code == 401
            assert ask("02" * 32).status_code == 401
            assert ask("01" * 32, ROW | {"id": f"{MINE}-{turn}"}).status_code == 200
    assert set(place.predictions()) == {f"{MINE}-0", f"{MINE}-1"}


def test_a_key_of_a_caller_is_not_enough(serve, place):
    _, token = make_key(place.layout.keys, name="ann", may=tuple(May), now_us=1, by="test")
    with serve() as server:
        headers = {HEADER: "1", "authorization": f"Bearer {token}"}
        reply = httpx.post(f"{server.url}/predict", json=ROW, headers=headers)
    assert (reply.status_code, reply.json()["got"]) == (403, "key 'ann'")
