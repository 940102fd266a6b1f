"""Routes with people: who may be handed what, and what a route of before they existed still says."""

import msgspec
import pytest

from slipway.errors import BadInput
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import canonical
from slipway.records.handover import Handover
from slipway.records.route import Route, Share

MODEL = Arm(name="model", kind=ArmKind.RULE, rule="x > 1")
RULE = Arm(name="rule", kind=ArmKind.RULE, rule="x > 2")
DESK = Arm(name="desk", kind=ArmKind.PERSON, people="the desk", answer_s=60, fallback="rule")


def route(*, share=0.5, arms=(MODEL, DESK, RULE), **more):
    shares = tuple(Share(arm=name, share=s) for name, s in (("model", share), ("desk", 1 - share)) if s > 0)
    return Route(name="r", version=1, salt="s", shares=shares, arms=arms, **more)


def test_what_steps_in_for_people_follows_beside_the_requests():
    made = route(shadows=("model",), handovers=(Handover(arm="model", person="desk", threshold=0.9),))
    assert made.followers == ("model", "rule")
    assert made.handover_of("model").threshold == 0.9
    assert made.handover_of("desk") is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"shadows": ("desk",)}, "answer can be waited for"),
        ({"fallback": "desk"}, "answer can be waited for"),
        ({"arms": (MODEL, DESK)}, "'rule'"),
        ({"handovers": (Handover(arm="model", person="rule"),)}, "to an arm of kind 'person'"),
        ({"handovers": (Handover(arm="rule", person="desk"),)}, "each arm with a share"),
        ({"handovers": (Handover(arm="model", person="desk"),) * 2}, "one handover at most"),
    ],
)
def test_people_are_refused_where_nobody_can_wait_for_them(more, says):
    with pytest.raises(BadInput, match=says):
        route(**more)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"threshold": 0.4}, "less sure than 0.5"),
        ({"audit": 5}, "0.05"),
        ({"hidden": 0.1}, "where suggestions are shown"),
        ({"person": "model"}, "another arm"),
    ],
)
def test_a_handover_that_cannot_be_meant_is_refused(more, says):
    with pytest.raises(BadInput, match=says):
        Handover(**{"arm": "model", "person": "desk", **more})


def test_a_route_kept_before_there_were_people_is_still_read():
    old = msgspec.msgpack.decode(
        canonical(Route(name="r", version=1, salt="s", shares=(Share(arm="model", share=1.0),), arms=(MODEL,)))
    )
    del old["handovers"]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=Route).handovers == ()
