"""A checkpoint is right or not there: whatever was cut, flipped, or changed around it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control.checkpoint import Checkpoint, Kept, basis_of
from slipway.control.cohorts import CohortBook
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.base import canonical
from slipway.records.frame import ShadowFrame
from slipway.storage.arrays import read_arrays, write_arrays
from slipway.testing.frames import outcome_frame, prediction_frame
from slipway.testing.memory import MemoryJournal

NOTHING = Kept(books={}, posts=(), past=())


def written(path, *, frames=6, sizes=None):
    """A journal half of which a ledger has read, and its checkpoint."""
    journal = MemoryJournal()
    writer, ledger = journal.writer("w"), Ledger(Terms())
    rng = np.random.default_rng(0)
    for n in range(frames):
        asked = prediction_frame(5, rng=rng, first=5 * n, at_us=n * 40_000_000_000)
        told = ShadowFrame(arm="candidate", id=[f"p{5 * n + 7}"], score=[0.5], segment="w", offset=n)
        writer.append([outcome_frame(prediction_frame(5, rng=rng, first=5 * n + 3, at_us=n)), asked, told])
        if n == frames // 2:
            ledger.catch_up(journal)
    checkpoint = Checkpoint(path, basis=basis_of("t"), sizes=sizes or (lambda: {"w-00000001": 10**9}))
    checkpoint.save(ledger, kept=NOTHING)
    return journal, ledger, checkpoint


def held(ledger):
    """All that a ledger says."""
    blocks = [
        (b.day, b.revision, {name: column.tobytes() for name, column in b.columns().items()})
        for b in ledger.blocks("main")
    ]
    lag, tally = ledger.shadow_lag(), canonical(ledger.tally)
    return blocks, ledger.upto, ledger.newest_us, ledger.arms(), lag, tally


def test_a_ledger_goes_on_from_it_as_if_it_had_never_stopped(tmp_path):
    journal, ledger, checkpoint = written(tmp_path / "c")
    again = Ledger(Terms())
    assert checkpoint.load(again) == NOTHING
    assert held(again) == held(ledger)
    assert again.catch_up(journal) == ledger.catch_up(journal) > 0
    assert held(again) == held(ledger)


def loads(checkpoint):
    ledger = Ledger(Terms())
    kept = checkpoint.load(ledger)
    assert kept is not None or (ledger.upto, ledger.rows, ledger.arms()) == ({}, 0, {})
    return kept is not None


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_damage_is_noticed_and_nothing_is_guessed(tmp_path_factory, place, bit, cut):
    path = tmp_path_factory.mktemp("c") / "c"
    _, ledger, checkpoint = written(path)
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    if cut:
        del data[at:]
    else:
        data[at] ^= 1 << bit
    path.write_bytes(data)
    again = Ledger(Terms())
    if checkpoint.load(again) is not None:  # the byte says nothing, such as a date in the archive
        assert held(again) == held(ledger)
    else:
        assert (again.upto, again.rows) == ({}, 0)


@pytest.mark.parametrize("sizes", [{}, {"w-00000001": 3}, {"other-00000001": 10**9}])
def test_a_journal_that_is_shorter_or_another_is_read_anew(tmp_path, sizes):
    assert not loads(written(tmp_path / "c", sizes=lambda: sizes)[2])


def test_other_rules_or_no_file_are_read_anew(tmp_path):
    path = tmp_path / "c"
    _, _, checkpoint = written(path)
    assert loads(checkpoint)
    assert not loads(Checkpoint(path, basis=basis_of("u"), sizes=lambda: {"w-00000001": 10**9}))
    path.unlink()
    assert not loads(checkpoint)


def test_another_file_with_arrays_is_not_taken_for_one(tmp_path):
    _, _, checkpoint = written(tmp_path / "c")
    write_arrays(tmp_path / "c", {"x": np.arange(3)})
    assert not loads(checkpoint)
    write_arrays(tmp_path / "c", {"head": np.arange(3, dtype=np.uint8)})
    assert not loads(checkpoint)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    write_arrays(tmp_path / "c", {"x": np.arange(3)})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        write_arrays(tmp_path / "c", {"x": np.arange(9)})
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
    assert read_arrays(tmp_path / "c")["x"].tolist() == [0, 1, 2]


def test_books_come_back_as_they_were(tmp_path):
    _, ledger, checkpoint = written(tmp_path / "c")
    book = CohortBook("r-1")
    book.fixed_seen.home, book.fixed_seen.stage = np.array([3, 5], dtype=np.uint64), np.array([1, 2], dtype=np.int16)
    checkpoint.save(ledger, kept=Kept(books={"r-1": book}, posts=(), past=()))
    back = checkpoint.load(Ledger(Terms())).books["r-1"]
    assert (back.fixed_seen.home.tolist(), back.fixed_seen.stage.tolist()) == ([3, 5], [1, 2])
