"""Laws: however bytes are cut the answers are the same, and whatever a body holds it is decoded or refused."""

import json
import math
import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.runtime.batch import BatchPlan
from slipway.serving.decode import Asked, RowDecoder
from slipway.serving.http_head import MOST_HEADS
from slipway.serving.http_limits import HttpLimits
from slipway.serving.http_protocol import Connections
from slipway.serving.outcomes import decode_outcomes
from slipway.serving.refusal import Refusal
from slipway.testing.models import MIXED

DECODER = RowDecoder(MIXED, entity="plane")
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANY = st.recursive(SCALAR, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3))
NAMES = st.sampled_from(["delay", "carrier", "night", "plane", "id", "rows", "dely"])


def decode(body):
    try:
        return DECODER.decode(body)
    except Refusal as refusal:
        return refusal if refusal.status == 400 and refusal.body.error else pytest.fail(f"{refusal.body} says nothing")


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(body):
    decode(body)


@given(ANY | st.dictionaries(NAMES, ANY, max_size=6) | st.fixed_dictionaries({"rows": ANY}))
def test_any_json_is_decoded_or_refused(value):
    decode(json.dumps(value).encode())


ROW = st.fixed_dictionaries(
    {"plane": st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable()) | st.integers(0, 1 << 40)},
    optional={
        "delay": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1000, 1000),
        "carrier": st.none() | st.text(max_size=8).filter(lambda t: t.isprintable()),
        "night": st.none() | st.booleans(),
    },
)


@given(st.lists(ROW, min_size=1, max_size=5))
def test_what_fits_arrives_as_it_was(rows):
    got = decode(json.dumps({"rows": rows}).encode())
    assert isinstance(got, Asked)
    assert got.entities == [str(row["plane"]) for row in rows]
    batch = BatchPlan(MIXED.fields).of(got.rows)
    for i, row in enumerate(rows):
        assert batch["carrier"][i] == row.get("carrier")
        for name in ("delay", "night"):
            wanted = row.get(name)
            assert math.isnan(batch[name][i]) if wanted is None else batch[name][i] == float(wanted)


@given(ROW)
def test_one_row_means_the_same_alone_and_in_a_list(row):
    alone, listed = decode(json.dumps(row).encode()), decode(json.dumps({"rows": [row]}).encode())
    assert (list(alone.rows), alone.entities, alone.ids) == (list(listed.rows), listed.entities, listed.ids)


def test_an_entity_that_is_a_field_too_and_one_that_is_called_id():
    fields = (Field(name="id", kind=FieldKind.NUMBER), Field(name="a", kind=FieldKind.NUMBER))
    decoder = RowDecoder(Signature(fields=fields, kind=TaskKind.BINARY), entity="id")
    got = decoder.decode(b'{"id": 842302, "a": 1, "prediction_id": "p"}')
    assert (got.entities, got.ids) == (["842302"], ["p"])
    with pytest.raises(Refusal, match="id"):
        decoder.decode(b'{"a": 1}')


class Wire:
    """A transport that keeps what was written."""

    def __init__(self):
        self.out, self.closed = b"", False

    def write(self, data):
        self.out += data

    def close(self):
        self.closed = True

    abort = write_eof = close

    def can_write_eof(self):
        return True

    def is_closing(self):
        return False

    def pause_reading(self):
        """A test feeds what it likes."""

    resume_reading = pause_reading


def talk(chunks, *, forgetful=False):
    """Return what a server that echoes says to the chunks; a forgetful one parses each head anew."""
    connections = Connections(lambda r: r.ok(msgspec.json.encode([r.method, r.target, r.body.decode()])),
                              limits=HttpLimits(), now=lambda: 0.0)  # fmt: skip
    if forgetful:
        connections.heads.find = lambda _: None
    connection, wire = connections.make(), Wire()
    connection.connection_made(wire)
    for chunk in chunks:
        connection.data_received(chunk)
    return re.sub(rb"x-request-id: [0-9a-f]{16}\r", b"x-request-id: by chance\r", wire.out)


REQUESTS = st.lists(
    st.sampled_from(
        [
            b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
            b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz",
            b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            b"HEAD /d HTTP/1.1\r\nHost: h\r\nX-Request-Id: 7\r\n\r\n",
            b"GET /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            b"GARBAGE\r\n\r\n",
            b"GET /f HTTP/1.1\r\n\r\n",
        ]
    ),
    min_size=1,
    max_size=6,
)


@given(REQUESTS, st.lists(st.integers(0, 400), max_size=20))
def test_however_the_bytes_are_cut_the_answers_are_the_same(requests, cuts):
    data = b"".join(requests)
    edges = sorted({0, len(data), *(c for c in cuts if c < len(data))})
    pieces = [data[a:b] for a, b in pairwise(edges)]
    assert talk(pieces) == talk([data])


AGAIN = st.sampled_from(
    [
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n",
        b"POST /b HTTP/1.1\nHost: h\nContent-Length: 8\n\n",
        b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /d HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\n",
        b"POST /e HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n",
        b"HEAD /f HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /g HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /h HTTP/1.1\r\nHost: h\r\nX-Request-Id: 7\r\n\r\n",
        b"GET /i HTTP/1.1\r\n\r\n",
        b"\r\n\r\nGET /j HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GARBAGE\r\n\r\n",
    ]
)
BODIES = st.sampled_from([b"", b"xyz", b"abc", b"xyzx", b"\r\n\r\nabcd", b"3\r\nxyz\r\n0\r\n\r\n", b"GET "])


@given(st.lists(st.tuples(AGAIN, BODIES), max_size=8))
def test_a_head_that_is_known_means_what_the_parser_made_of_it(asked):
    """Whatever follows a head that came before, the short way and the parser say the same."""
    chunks = [head + body for head, body in asked for _ in range(2)]
    assert talk(chunks) == talk(chunks, forgetful=True)


def test_a_head_that_came_before_is_not_parsed_again():
    connections = Connections(lambda r: r.ok(r.body), limits=HttpLimits(), now=lambda: 0.0)
    connection, wire = connections.make(), Wire()
    connection.connection_made(wire)
    connection.data_received(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz")
    connection._parser = None
    connection.data_received(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
    assert wire.out.endswith(b"abc")


def test_heads_that_change_all_the_time_take_no_room():
    connections = Connections(lambda r: r.ok(r.body), limits=HttpLimits(), now=lambda: 0.0)
    for i in range(3000):
        connection = connections.make()
        connection.connection_made(Wire())
        connection.data_received(b"GET /%d HTTP/1.1\r\nHost: h\r\nX-Request-Id: %d\r\n\r\n" % (i, i))
        connection.data_received(b"GET /%d HTTP/1.1\r\nHost: h\r\nAccept: %b\r\n\r\n" % (i, b"x" * 2000))
    assert not connections.heads._known
    connection = connections.make()
    connection.connection_made(Wire())
    for i in range(3000):
        connection.data_received(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % i)
        assert 1 <= len(connections.heads._known) <= MOST_HEADS


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_no_bytes_break_the_parser(chunks):
    talk(chunks)
    talk([b"POST /x HTTP/1.1\r\nHost: h\r\n", *chunks])


@pytest.mark.parametrize("body", [b'{"plane":"rows"}', b'{"id":"rows","plane":"p"}', b'{"plane": "rows", "delay": 1}'])
def test_a_value_that_reads_rows_is_a_value(body):
    """A plane may be called 'rows'; only the key makes a list of them."""
    asked = decode(body)
    assert isinstance(asked, Asked), asked.body
    assert not asked.many


def test_a_list_of_rows_may_begin_with_any_white_space():
    assert decode(b' \n {\t"rows"  : [{"plane": "p"}]}').many


def test_an_outcome_of_an_id_that_reads_outcomes_is_one():
    assert decode_outcomes(b'{"id":"outcomes","value":1}', kind=TaskKind.BINARY) == (["outcomes"], [1.0])
    long = b" " * 40 + b'{"outcomes":[{"id":"a","value":0}]}'
    assert decode_outcomes(long, kind=TaskKind.BINARY) == (["a"], [0.0])


@pytest.mark.parametrize(("value", "said"), [("true", "true"), ("[1,null]", "[1,null]"), ('"é"', '"é"')])
def test_a_refusal_says_what_came_as_it_came(value, said):
    """The caller wrote JSON, not Python."""
    assert decode(f'{{"plane": "p", "delay": {value}}}'.encode()).body.got == said
