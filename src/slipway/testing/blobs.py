"""The exam for a blob store. Subclass :class:`BlobStoreContract`, say how to make the store, let pytest collect it."""

from abc import abstractmethod
from pathlib import Path

from slipway.errors import NotFound
from slipway.ports import BlobStore
from slipway.testing.exam import equal, holds, refuses

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of ``abc``, FIPS 180-2, appendix B.1."""


class BlobStoreContract:
    """What every blob store promises."""

    @abstractmethod
    def make(self, folder: Path) -> BlobStore:
        """Return a store; the same folder means the same store."""

    def test_bytes_come_back_under_their_hash(self, tmp_path: Path) -> None:
        """The id is the SHA-256 of the bytes, the same in every store."""
        store = self.make(tmp_path)
        holds(not store.has(ABC), promise="nothing is there before it was put")
        equal(store.put(b"abc"), ABC, promise="the id is the SHA-256")
        equal((store.has(ABC), store.get(ABC)), (True, b"abc"), promise="the bytes come back")

    def test_putting_twice_is_putting_once(self, tmp_path: Path) -> None:
        """The same bytes are the same blob."""
        store = self.make(tmp_path)
        equal(store.put(b"abc"), store.put(b"abc"), promise="the same bytes have the same id")
        equal(store.get(ABC), b"abc", promise="the bytes come back")

    def test_empty_and_large(self, tmp_path: Path) -> None:
        """No bytes are bytes too; eight million are no trouble."""
        store = self.make(tmp_path)
        for data in (b"", bytes(range(256)) * 32_768):
            holds(store.get(store.put(data)) == data, promise="the bytes come back")

    def test_what_is_missing_is_not_found(self, tmp_path: Path) -> None:
        """Neither an id that was never put, nor a word that is no id, nor a path."""
        store = self.make(tmp_path)
        for name in (ABC, "", "abc", "../../../etc/passwd", ABC.upper(), ABC + "\n"):
            holds(not store.has(name), promise=f"{name!r} is not there")
            refuses(NotFound, lambda name=name: store.get(name), promise=f"{name!r} is not found")  # type: ignore[misc]  # bound now
