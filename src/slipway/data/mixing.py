"""Mix words into 128 bits a value: stable by definition, fast because it is numpy over whole columns.

Two lanes of 64 bits, each Stafford's variant 13 of the MurmurHash3 finaliser (the mixer of SplitMix64), keyed by the
column. A lane is a bijection of the word, so two different numbers in one column never collide in it. The mix tells
rows apart and puts them in order; what an id *promises* rests on SHA-256 (see :mod:`slipway.data.version`).

Reference:
    Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA, section 3.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from slipway.data.canonical import Fixed, Varying

Words = npt.NDArray[np.uint64]

_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_LONG = 256
"""Values longer than this many bytes are hashed one by one."""
_SLICE = 1 << 15
"""Rows mixed at once: few enough that temporaries stay in the processor's cache."""


def mix(words: Words) -> Words:
    """Scramble each word, one to one.

    The first number of SplitMix64 seeded with 0 is the mix of its step, as in the paper's reference code:

    >>> hex(int(mix(np.array([0x9E3779B97F4A7C15], dtype=np.uint64))[0]))
    '0xe220a8397b1dcdaf'
    """
    z = words ^ (words >> np.uint64(30))
    z *= _M1
    z ^= z >> np.uint64(27)
    z *= _M2
    z ^= z >> np.uint64(31)
    return z


def mix_fixed(column: Fixed, *, key: str) -> Words:
    """Return two lanes a row, shape (rows, 2)."""
    keys = _keys(key)
    out = np.empty((len(column.words), 2), dtype=np.uint64)
    for start in range(0, len(out), _SLICE):
        part = slice(start, start + _SLICE)
        words, special = column.words[part], column.special[part].astype(np.uint64)
        out[part, 0] = mix((words ^ keys[0]) + special * _STEP)
        out[part, 1] = mix((words + keys[1]) ^ (special * keys[2]))
    return out


def mix_varying(column: Varying, *, key: str) -> Words:
    """Return two lanes a row, shape (rows, 2)."""
    keys = _keys(key)
    rows = len(column.lengths)
    out = np.empty((rows, 2), dtype=np.uint64)
    # Words at every byte offset, without copying: the last eight bytes are padding.
    raw = np.frombuffer(column.data, dtype=np.uint8)
    words = np.ndarray(shape=(len(raw) - 7,), dtype="<u8", buffer=column.data, strides=(1,))
    for start in range(0, rows, _SLICE):
        part = slice(start, min(start + _SLICE, rows))
        out[part] = _mix_short(words, column.starts[part], column.lengths[part], keys)
    for row in np.flatnonzero(column.lengths > _LONG):
        value = column.data[column.starts[row] : column.starts[row] + column.lengths[row]]
        digest = hashlib.blake2b(value, key=key.encode()[:64], digest_size=16).digest()
        out[row] = np.frombuffer(digest, dtype="<u8")
    out[column.missing] = mix(keys[:2] ^ keys[2])
    return out


def _mix_short(words: Words, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], keys: Words) -> Words:
    size = lengths.astype(np.uint64)
    a, b = mix(size ^ keys[0]), mix(size + keys[1])
    longest = int(min(lengths.max(initial=0), _LONG))
    for offset in range(0, longest, 8):
        rows = np.flatnonzero((lengths > offset) & (lengths <= _LONG))
        left = np.minimum(lengths[rows] - offset, 8).astype(np.uint64)
        word = words[starts[rows] + offset] & (~np.uint64(0) >> (np.uint64(64) - np.uint64(8) * left))
        a[rows] = mix((a[rows] + _STEP) ^ word)
        b[rows] = mix((b[rows] ^ word) + keys[2])
    return np.stack([a, b], axis=1)


def _keys(key: str) -> Words:
    return np.frombuffer(hashlib.blake2b(key.encode(), digest_size=24).digest(), dtype="<u8")
