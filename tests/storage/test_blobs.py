import os

import pytest

from slipway.errors import Corrupt, Unavailable
from slipway.storage.blobs import LocalBlobs
from slipway.testing.blobs import ABC, BlobStoreContract
from slipway.testing.memory import MemoryBlobs


class TestLocal(BlobStoreContract):
    def make(self, folder):
        return LocalBlobs(folder / "blobs")

    def test_a_blob_lies_where_the_page_says_and_nothing_else_is_left(self, tmp_path):
        self.make(tmp_path).put(b"abc")
        assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()] == [f"blobs/ba/{ABC}"]

    def test_changed_bytes_are_refused_and_healed_by_putting_again(self, tmp_path):
        store = self.make(tmp_path)
        store.put(b"abc")
        (tmp_path / "blobs" / "ba" / ABC).write_bytes(b"abd")
        with pytest.raises(Corrupt, match=rf"{ABC}: want bytes with that SHA-256, got [0-9a-f]{{64}}\."):
            store.get(ABC)
        store.put(b"abc")
        assert store.get(ABC) == b"abc"

    def test_a_disk_that_refuses_leaves_no_blob(self, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        store = self.make(tmp_path)
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="want to write 3 bytes"):
            store.put(b"abc")
        assert not store.has(ABC)


class TestMemory(BlobStoreContract):
    def make(self, folder):
        return MemoryBlobs()
