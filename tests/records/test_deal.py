"""The quick deal says what the plain one says, for any shares and any entity."""

from hypothesis import given
from hypothesis import strategies as st

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Deal, Route, Share, assign

ENTITIES = st.lists(st.text(min_size=1, max_size=80), max_size=20)


@st.composite
def routes(draw):
    parts = draw(st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(any))
    names = [f"arm{i}" for i in range(len(parts))]
    shares = tuple(Share(arm=n, share=p / sum(parts)) for n, p in zip(names, parts, strict=True))
    arms = tuple(Arm(name=n, kind=ArmKind.RULE, rule="a > 1") for n in names)
    return Route(name="r", version=1, salt=draw(st.text(max_size=80)), shares=shares, arms=arms)


@given(routes(), ENTITIES)
def test_the_quick_deal_is_the_plain_one(route, entities):
    assert Deal(route).of(entities) == [assign(route, entity) for entity in entities]


@given(routes())
def test_the_quick_deal_of_many(route):
    entities = [f"u{i}" for i in range(300)]
    assert Deal(route).of(entities) == [assign(route, entity) for entity in entities]
    assert Deal(route).of(entities[:7]) == Deal(route).of(entities)[:7]
