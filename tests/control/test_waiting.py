"""What waits for its prediction is given out once, to whom it belongs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway.control.waiting import Waiting

entry = st.tuples(st.integers(1, 9), st.integers(0, 100))
act = st.one_of(
    st.tuples(st.just("add"), st.lists(entry)),
    st.tuples(st.just("take"), st.lists(st.integers(1, 9), unique=True)),
    st.tuples(st.just("drop"), st.integers(0, 100)),
)


@given(st.lists(act, max_size=12))
def test_it_says_what_a_list_says(acts):
    waiting, plain = Waiting(), []
    for what, given_ in acts:
        if what == "add":
            keys, moments = (np.array(c, dtype=np.int64) for c in zip(*given_, strict=True)) if given_ else ([], [])
            keys = np.array(keys, dtype=np.uint64)
            waiting.add(keys, np.array(moments, dtype=np.int64), np.zeros(len(keys), dtype=np.int64), 0.5 * keys)
            plain += given_
        elif what == "take":
            whose, (keys, moments, _, values) = waiting.take(np.array(given_, dtype=np.uint64))
            got = sorted(zip(keys.tolist(), moments.tolist(), strict=True))
            assert got == sorted(e for e in plain if e[0] in given_)
            assert [given_[w] for w in whose] == keys.tolist()
            assert values.tolist() == [0.5 * k for k in keys.tolist()]
            plain = [e for e in plain if e[0] not in given_]
        else:
            assert waiting.drop_before(given_) == sum(m < given_ for _, m in plain)
            plain = [e for e in plain if e[1] >= given_]
        assert len(waiting) == len(plain)
    again = Waiting(waiting.columns())
    assert len(again) == len(plain)
    assert sorted(again.columns()[1].tolist()) == sorted(m for _, m in plain)
