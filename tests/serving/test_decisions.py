"""Decisions of people by POST /outcomes: journalled before the reply, never outcomes, by name or by pseudonym."""

import io

import httpx
import polars as pl
import pytest

from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.frame import DecisionFrame
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.records.worker_config import Deciders
from slipway.storage.journal import SegmentReader
from slipway.testing import models

WELL = {"id": "a", "decision": 1, "by": "ana"}
ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}


def decisions(place):
    """Each decision in the journal: id, value, who, when, whether the answer was seen."""
    columns = [(f.id, f.value, f.by, f.decided_us, f.saw) for f in place.frames(DecisionFrame)]
    return [row for frame in columns for row in zip(*frame, strict=True)]


def test_one_and_many_are_kept_and_are_no_outcomes(serve, place):
    with serve() as server:

        def tell(body):
            return httpx.post(f"{server.url}/outcomes", json=body)

        asked = {"user": "u", **{f.name: 0.5 for f in models.NUMBERS.fields}, "id": "a"}
        assert httpx.post(f"{server.url}/predict", json=asked).status_code == 200
        assert tell(WELL).json() == {"accepted": 1}
        more = [
            WELL | {"by": "bob", "decided_us": 17.0, "saw": True},
            {"by": "ana", "saw": None, "id": "b", "decision": 0},
        ]
        assert tell({"decisions": more}).json() == {"accepted": 2}
        assert tell({"id": "a", "value": 0}).json() == {"accepted": 1}
        metrics = httpx.get(f"{server.url}/metrics").text
    (first, second, third), (frame, *_) = decisions(place), place.frames(DecisionFrame)
    assert first == ("a", 1.0, "ana", frame.at_us[0], None)  # decided when it came, for nobody said otherwise
    assert second == ("a", 1.0, "bob", 17, True)
    assert third[:3] == ("b", 0.0, "ana")
    assert place.outcomes() == [("a", 0.0)]
    assert 'slipway_decisions_total{worker="worker-0"} 3\n' in metrics
    assert 'slipway_outcomes_total{worker="worker-0"} 1\n' in metrics


def test_sent_again_the_reply_is_the_same_and_each_persons_first_counts(serve, place):
    with serve() as server:
        asked = {"user": "u", **{f.name: 0.9 for f in models.NUMBERS.fields}, "id": "a"}
        assert httpx.post(f"{server.url}/predict", json=asked).status_code == 200
        told = (WELL, WELL, WELL | {"decision": 0}, WELL | {"by": "bob", "decision": 0}, WELL | {"id": "never asked"})
        replies = [httpx.post(f"{server.url}/outcomes", json=body).json() for body in told]
        assert replies == [{"accepted": 1}] * 5
    ledger = Ledger(Terms())
    ledger.catch_up(SegmentReader(place.layout.journal))
    tally = ledger.tally
    assert (tally.decisions, tally.repeated_decisions, tally.unknown_decisions, tally.outcomes) == (2, 2, 1, 0)
    (apart,) = ledger.disagreement().values()
    assert (apart.n, apart.total) == (2, 1.0)  # the answer is 1: ana agreed, and her change of mind does not count


def test_a_table_says_the_same(serve, place):
    table = pl.DataFrame(
        {"id": ["a", "b"], "decision": [1, 0], "by": ["ana", "bob"], "decided_us": [5, None], "saw": [None, False]}
    )
    out = io.BytesIO()
    table.write_ipc_stream(out)
    with serve() as server:
        reply = httpx.post(f"{server.url}/outcomes", content=out.getvalue(), headers=ARROW)
    assert reply.json() == {"accepted": 2}
    first, second = decisions(place)
    assert first == ("a", 1.0, "ana", 5, None)
    assert (*second[:3], second[4]) == ("b", 0.0, "bob", False)


def test_a_table_may_hold_moments_and_true_is_no_decision(serve, place):
    zone = pl.Datetime("ms", "Europe/Berlin")
    rows = pl.DataFrame({"id": ["a", "b"], "decision": [1, 0], "by": ["slipway-bench-ana", "bob"]})
    moments = rows.with_columns(decided_us=pl.Series([17, None], dtype=pl.Datetime("ms")).dt.replace_time_zone("UTC"))
    with serve() as server:

        def tell(table):
            out = io.BytesIO()
            table.write_ipc_stream(out)
            return httpx.post(f"{server.url}/outcomes", content=out.getvalue(), headers=ARROW)

        assert tell(moments.with_columns(pl.col("decided_us").cast(zone))).json() == {"accepted": 2}
        flags = tell(rows.with_columns(pl.col("decision").cast(pl.Boolean)))
        flag = httpx.post(f"{server.url}/outcomes", json=WELL | {"decision": True})
        nameless = httpx.post(f"{server.url}/outcomes", json=WELL | {"id": ""})
        assert (flags.status_code, flag.status_code) == (400, 400)
        assert nameless.json()["hint"] == "It is the id that the prediction's reply carried."
    first, second = decisions(place)
    assert first == ("a", 1.0, "slipway-bench-ana", 17_000, None)
    assert second[3] == place.frames(DecisionFrame)[0].at_us[1]


def test_who_decided_is_a_pseudonym_where_the_scope_says_so(serve, place):
    with serve(deciders=Deciders.PSEUDONYM, pseudonym_key=b"k" * 32) as server:
        for who in ("ana", "bob", "ana"):
            assert httpx.post(f"{server.url}/outcomes", json=WELL | {"by": who}).status_code == 200
    (_, _, ana, *_), (_, _, bob, *_), (_, _, again, *_) = decisions(place)
    assert ana == again != bob
    assert len(ana) == 24
    assert not {"ana", "bob"} & {ana, bob}


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (WELL | {"decision": 0.5}, 400, "decision on 'a': Y is binary."),
        (WELL | {"by": ""}, 400, "by: this names nobody."),
        ({"id": "a", "decision": 1}, 400, "This is no decision."),
        ({"decisions": [WELL, WELL | {"decision": 0}]}, 409, "decision on 'a': two of 'ana' contradict each other."),
    ],
)
def test_what_is_none_is_refused_and_nothing_is_kept(serve, place, body, status, told):
    with serve() as server:
        reply = httpx.post(f"{server.url}/outcomes", json=body)
    assert (reply.status_code, reply.json()["error"]) == (status, told)
    assert place.frames(DecisionFrame) == []


def test_numbers_are_decided_where_y_is_one(serve, place):
    with serve(signature=Signature(fields=models.NUMBERS.fields, kind=TaskKind.REGRESSION)) as server:
        assert httpx.post(f"{server.url}/outcomes", json=WELL | {"decision": 12.5}).status_code == 200
    assert decisions(place)[0][1] == 12.5
