"""A day's rows: what was put in comes out, whatever comes late, and what is refused leaves no row behind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.control.block import ROW, UNKNOWN_BIN, Block

WIDTH = {"p": 2, "q": 3}
profiles = st.sets(st.sampled_from(sorted(WIDTH)))
appended = st.tuples(st.just("append"), st.integers(0, 90), profiles)
refused = st.tuples(st.just("refuse"), st.integers(2, 90), profiles)
shadowed = st.tuples(st.just("shadow"), st.integers(0, 1), profiles)


def coded(rows, wanted, *, first=0):
    return {
        name: (np.arange(first, first + rows)[:, None] % 200 + np.zeros(WIDTH[name])).astype("u1") for name in wanted
    }


@given(st.lists(st.one_of(appended, refused, shadowed), max_size=12))
def test_rows_and_bins_come_out_as_they_went_in_however_late_a_profile_appears(steps):
    block = Block(route="main", day=0)
    at_us, expected, said = [], {}, {}
    for what, n, wanted in steps:
        before, length = block.revision, len(at_us)
        if what == "append":
            for name in wanted - set(expected):
                expected[name] = [[UNKNOWN_BIN] * WIDTH[name]] * length
            bins = coded(n, wanted, first=length)
            told = np.arange(length, length + n)
            assert block.append({"at_us": told}, bins=bins).tolist() == told.tolist()
            at_us += told.tolist()
            for name, held in expected.items():
                own = bins[name].tolist() if name in wanted else [[UNKNOWN_BIN] * WIDTH[name]] * n
                expected[name] = held + own
        elif what == "refuse":
            with pytest.raises(ValueError, match="broadcast"):
                block.append({"at_us": np.arange(n), "score": np.zeros(n + 1)}, bins=coded(n, wanted))
            assert block.revision == before
        elif at_us:
            block.put_shadows(np.array([0]), arm=n, score=np.array([0.5]))
            said[n] = 0.5
        assert len(block) == len(at_us)
    assert block.at_us.tolist() == at_us
    assert {name: block.bins(name).tolist() for name in WIDTH if block.bins(name) is not None} == expected
    for arm, score in said.items():
        values, asked = block.shadow(arm)
        assert (values[0], int(asked.sum()), int(np.isfinite(values).sum())) == (score, 1, 1)
    assert np.isnan(block.outcome).all()
    assert set(ROW) <= set(block.columns())


def test_a_profile_of_another_width_is_refused_and_no_row_stays():
    block = Block(route="main", day=0)
    block.append({"at_us": np.arange(3)}, bins=coded(3, {"p"}))
    with pytest.raises(ValueError, match="broadcast"):
        block.append({"at_us": np.arange(3)}, bins={"p": np.zeros((3, 5), dtype=np.uint8)})
    assert (len(block), block.bins("p").shape, block.revision) == (3, (3, 2), 1)
