"""A scope written down and read again is the same scope, to the bit."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slipway.errors import BadFile
from slipway.records.base import content_id
from slipway.scoping.duration import LONGEST_S, duration, seconds
from slipway.scoping.init import starter_files
from slipway.scoping.parse import parse
from slipway.scoping.write import toml_value, write

HERE = Path(__file__).parent
PAGE = (HERE / "hearts.toml").read_text()


def check(scope):
    again = parse(write(scope))
    assert again == scope
    assert content_id(again) == content_id(scope)


@pytest.mark.parametrize("text", [PAGE, starter_files("hearts")["slipway.toml"]], ids=["hearts", "starter"])
def test_pages_survive(text):
    check(parse(text))


def test_the_example_of_the_docs_survives(example):
    check(parse(example))


floats = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(min_size=1, max_size=30).filter(
    lambda text: text.strip() == text and all(c.isprintable() or c in "\n\t" for c in text)
)
params = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        floats | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)  # fmt: skip
fields = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(lambda n: n not in ("back", "seen", "age")),
    st.sampled_from(
        ['"number"', '"boolean"', '"category"', '{ kind = "category", values = ["a", "é\\""], privacy = "nothing" }',
         '{ kind = "number", low = -1e-7, high = 1e16, required = true, unit = "µm" }']
    ),
    max_size=4,
)  # fmt: skip
gates = st.lists(
    st.sampled_from(["not-worse", "harm", "service"]).flatmap(
        lambda kind: st.fixed_dictionaries(
            {"kind": st.just(kind)},
            optional={
                "unit": st.sampled_from(["row", "hour", "day"]),
                "alpha": st.floats(1e-9, 0.3),
                "min_units": st.integers(1, 99),
            },
        )
    ),
    min_size=1, max_size=3, unique_by=lambda g: g["kind"],
)  # fmt: skip


@st.composite
def pages(draw):
    """The page with random values in the places that take many."""
    page = PAGE.replace("target = 0.1", f"target = {draw(st.floats(0, 0.3))!r}")
    page = page.replace("alpha = 0.05", f"alpha = {draw(st.floats(1e-6, 0.99))!r}")
    page = page.replace("[fields]", "[fields]\n" + "\n".join(f"{k} = {v}" for k, v in draw(fields).items()))
    page = page.replace('"60d"', f'"{duration(7 * 86400 + draw(st.floats(0, 1e9)))}"')
    page = page.replace('["harm", "not-worse"]', toml_value(draw(gates)))
    page = page.replace('"model.py:load"', f'"model.py:load"\nparams = {toml_value(draw(params))}')
    return page.replace('"Ward 3 <ward3@example.org>"', toml_value(draw(texts)))


@given(pages())
def test_whatever_parses_survives(page):
    try:
        scope = parse(page)
    except BadFile as error:
        assume("alphas sum" not in str(error))
        raise
    check(scope)


@given(st.floats(0, LONGEST_S))
def test_durations_survive(value):
    assert seconds(duration(value)) == value
