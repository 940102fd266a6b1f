"""A name that comes twice is refused; nothing else is, however many colons it has."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.records.task import TaskKind
from slipway.serving.decode import Asked, RowDecoder
from slipway.serving.once import refuse_twice
from slipway.serving.outcomes import decode_outcomes
from slipway.serving.refusal import Refusal
from slipway.testing.models import MIXED

DECODER = RowDecoder(MIXED, entity="plane")
ROW = {
    "plane": '"p"',
    "delay": st.sampled_from(["1", "1.5", "null"]),
    "carrier": st.sampled_from(['"EV"', '"12:30"', '"a\\":b"', "null"]),
    "night": st.sampled_from(["true", "null"]),
    "id": st.sampled_from(['"n:1"', "null"]),
}


@st.composite
def rows(draw):
    """Return the text of a row and whether a name comes twice in it."""
    names = draw(st.lists(st.sampled_from(list(ROW)[1:]), max_size=5))
    pairs = [("plane", '"a:b"'), *((name, draw(ROW[name])) for name in names)]
    space = draw(st.sampled_from(["", " ", "\n"]))
    text = "{" + ",".join(f'"{name}"{space}:{space}{value}' for name, value in draw(st.permutations(pairs))) + "}"
    return text, len(set(names)) < len(names)


def decode(text):
    try:
        return DECODER.decode(text.encode())
    except Refusal as refusal:
        return refusal


@given(rows())
def test_a_row_is_refused_if_a_name_comes_twice(row):
    text, twice = row
    got = decode(text)
    assert isinstance(got, Refusal) is twice
    if twice:
        assert got.status == 400
        assert "comes twice" in got.body.error
    else:
        assert isinstance(got, Asked)


@given(st.lists(rows(), min_size=1, max_size=4))
def test_a_list_is_refused_if_a_name_comes_twice_in_any_row(listed):
    ids = [json.loads(text).get("id") for text, _ in listed]
    given_ids = [i for i in ids if i is not None]
    got = decode('{"rows": [' + ",".join(text for text, _ in listed) + "]}")
    if any(twice for _, twice in listed):
        assert "comes twice" in got.body.error
    else:
        assert isinstance(got, Refusal) is (len(set(given_ids)) < len(given_ids))


def test_the_refusal_names_what_came_twice():
    with pytest.raises(Refusal, match=r"delay: comes twice\. want each name once in an object, got it 3 times"):
        DECODER.decode(b'{"plane": "p", "delay": 1, "delay": 2, "delay": 1}')
    with pytest.raises(Refusal, match="rows: comes twice"):
        DECODER.decode(b'{"rows": [{"plane": "p"}], "rows": [{"plane": "q"}]}')


@pytest.mark.parametrize(
    "body", [b'{"id": "a", "id": "b", "value": 1}', b'{"outcomes": [{"id": "a", "value": 1, "value": 0}]}']
)
def test_outcomes_too(body):
    with pytest.raises(Refusal, match="comes twice"):
        decode_outcomes(body, kind=TaskKind.BINARY)
    assert decode_outcomes(b'{"id": "w:1", "value": 1}', kind=TaskKind.BINARY) == (["w:1"], [1.0])


def test_objects_within_are_looked_at_too():
    with pytest.raises(Refusal, match="b: comes twice"):
        refuse_twice(b'{"a": [{"b": 1, "b": 1}]}', names=1)
    refuse_twice(b'{"a": [{"b": 1}, {"b": ":::"}]}', names=0)


def test_tensors_too(serve):
    body = b'{"inputs": [{"name": "a", "name": "b", "datatype": "FP64", "shape": [1], "data": [1]}]}'
    with serve() as server:
        reply = httpx.post(f"{server.url}/v2/models/r/infer", content=body)
    assert reply.status_code == 400
    assert "name: comes twice" in reply.json()["error"]
