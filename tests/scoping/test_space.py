"""The table ``[model.search]``: what it may say, and that what is written back reads as the same."""

import pytest

from slipway.scoping.problems import Wrong
from slipway.scoping.space import as_written, space

GOOD = {
    "C": {"low": 0.01, "high": 100.0, "log": True},
    "depth": {"low": 2, "high": 8},
    "share": {"low": 0.1, "high": 0.9, "step": 0.1},
    "kind": ["a", "b"],
    "fast": [True, False],
}


def test_what_is_written_back_reads_as_the_same():
    assert as_written(space(GOOD)) == GOOD
    assert space(as_written(space(GOOD))) == space(GOOD)
    assert space("model.py:space") == "model.py:space" == as_written("model.py:space")
    assert [d.whole for d in space(GOOD)[:3]] == [False, True, False]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "a table of hyperparameters"),
        (3, "a table of hyperparameters"),
        ({"C": 1.0}, "a list of values such as"),
        ({"C": [1]}, "two or more numbers"),
        ({"C": [[1], [2]]}, "two or more numbers"),
        ({"C": {"low": 1}}, "a list of values such as"),
        ({"C": {"low": 1, "high": 2, "sep": 1}}, "a list of values such as"),
        ({"C": {"low": "1", "high": 2}}, "numbers as low, high and step of 'C'"),
        ({"C": {"low": 1, "high": 2, "log": 1}}, "true or false as log"),
        ({"C": {"low": 2, "high": 2}}, "low < high"),
        ({"C": {"low": 0, "high": 2, "log": True}}, "low > 0"),
        ({"C": {"low": 1, "high": 2, "step": 0}}, "step above 0"),
    ],
)
def test_what_is_no_space_is_refused(value, said):
    with pytest.raises(Wrong) as caught:
        space(value)
    assert said in f"{caught.value.want} {caught.value.way_out}"
