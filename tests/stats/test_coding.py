"""A row's bins, counted, are what the profile itself counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.categories import CategoryReference
from slipway.stats.coding import Coder
from slipway.stats.histogram import NumericReference
from slipway.stats.table import TableReference

RNG = np.random.default_rng(0)
TABLE = TableReference(
    names=("even", "heavy", "place"),
    columns=(
        NumericReference.of(RNG.normal(size=5000)),
        NumericReference.of(np.exp(6 * RNG.normal(size=5000))),
        CategoryReference.of(RNG.choice(["sea", "air", "road"], p=[0.6, 0.39, 0.01], size=5000), bins=2),
    ),
)
number = st.one_of(st.floats(), st.sampled_from(TABLE.columns[1].binning.cuts.tolist()))
name = st.sampled_from(["sea", "air", "road", "rail", "", None])


@given(st.lists(st.tuples(number, number, name), min_size=1))
def test_counts_of_bins_are_the_ticks_of_the_profiles(rows):
    even, heavy, place = zip(*rows, strict=True)
    x = {"even": np.array(even), "heavy": np.array(heavy), "place": np.array(place, dtype=object)}
    coder = Coder(TABLE)
    assert coder.counts(coder.bins(x, rows=len(rows))).tolist() == TABLE.tick(x).counts.tolist()


def test_both_ways_of_binning_are_tried():
    assert [c.binning.scale > 0 for c in TABLE.columns[:2]] == [True, False]


def test_what_is_not_there_or_of_another_kind_is_missing():
    coder = Coder(TABLE)
    x = {"even": np.array(["a", "b"], dtype=object), "place": np.array([1.0, 2.0])}
    counts = coder.counts(coder.bins(x, rows=2))
    assert counts.sum() == 6
    assert [counts[s][-1] for s in TABLE.slices] == [2, 2, 2]
    assert coder.counts(coder.nothing()).sum() == 0


def test_models_with_one_profile_share_their_bins():
    other = TableReference(names=TABLE.names[:1], columns=TABLE.columns[:1])
    assert Coder(TABLE).key == Coder(TABLE).key != Coder(other).key


def test_a_profile_with_more_bins_than_a_byte_holds_is_refused():
    many = CategoryReference.of([f"c{n // 30}" for n in range(9000)], bins=300)
    with pytest.raises(BadInput, match="want at most 255 bins, got 303"):
        Coder(TableReference(names=("c",), columns=(many,)))
