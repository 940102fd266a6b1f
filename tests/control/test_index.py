"""The table from ids to rows: what a dict says, however it grew, and whatever shares a slot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.control.hashes import hashed, probe
from slipway.control.index import ABSENT, HashIndex

key = st.one_of(st.integers(1, 40), st.integers(1, 2**64 - 1), st.integers(1, 5).map(lambda n: n << 40))


def keys_of(listed):
    return np.array(listed, dtype=np.uint64)


@given(st.lists(st.lists(key, unique=True), max_size=6), st.lists(key))
def test_it_says_what_a_dict_says(batches, asked):
    index, plain = HashIndex(), {}
    for n, batch in enumerate(batches):
        index.put(keys_of(batch), places=np.arange(len(batch)) + 100 * n)
        plain |= {k: 100 * n + i for i, k in enumerate(batch)}
    assert len(index) == len(plain)
    assert index.find(keys_of(asked)).tolist() == [plain.get(k, ABSENT) for k in asked]
    keys, places = index.items()
    assert dict(zip(keys.tolist(), places.tolist(), strict=True)) == plain
    index.keep(places % 2 == 0)
    left = {k: p for k, p in plain.items() if p % 2 == 0}
    assert index.find(keys_of(list(plain))).tolist() == [left.get(k, ABSENT) for k in plain]


def test_a_hundred_thousand_ids_stay_apart_and_small():
    index, ids = HashIndex(), hashed([f"worker0-65f0c0ffee-1a2b-{n:x}" for n in range(100_000)])
    for start in range(0, len(ids), 7000):
        part = ids[start : start + 7000]
        index.put(part, places=np.arange(start, start + len(part)))
    assert index.find(ids).tolist() == list(range(100_000))
    assert index.size_bytes <= 48 * len(ids)


def test_no_text_hashes_to_nothing_and_the_probe_is_of_this_hash():
    assert (hashed([f"{n}" for n in range(10_000)]) > 0).all()
    assert len(set(hashed([f"{n}" for n in range(10_000)]).tolist())) == 10_000
    assert probe() == probe() != 0


@pytest.mark.parametrize("texts", [[], [""], ["é", "\x00", "a" * 1000]])
def test_any_text_has_a_hash(texts):
    assert hashed(texts).shape == (len(texts),)
