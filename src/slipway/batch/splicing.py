"""Parquet files of one schema to one file, their row groups byte for byte as they are: nothing is decoded.

A Parquet file is row groups and, behind them, a footer that says where each lies. So the files' row groups follow each
other in the new one, and its footer is theirs with every place moved.

Reference:
    Apache Parquet, "File format" and ``parquet.thrift`` (numbers of the fields below).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from slipway.batch.thrift import Tree, read_struct, write_struct
from slipway.errors import Corrupt

_MAGIC, _END_BYTES = b"PAR1", 8
_ROWS, _GROUPS = 3, 4
"""Fields of ``FileMetaData``."""
_CHUNKS, _GROUP_PLACE, _ORDINAL = 1, 5, 7
"""Fields of ``RowGroup``; its number may be left out."""
_CHUNK_PLACE, _META, _INDEXES = 2, 3, (4, 5, 6, 7)
"""Fields of ``ColumnChunk``; indexes of pages lie outside the row groups, and a reader does without them."""
_DATA_PLACES, _BLOOM = (9, 10, 11), (14, 15)
"""Fields of ``ColumnMetaData``; Bloom filters lie outside the row groups too."""


class _Piece(NamedTuple):
    path: Path
    bytes_: int
    footer: Tree

    @property
    def rows(self) -> int:
        return int(self.footer[_ROWS].value)

    @property
    def groups(self) -> list[Tree]:
        return list(self.footer[_GROUPS].value.values)

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(len(_MAGIC))
            return file.read(self.bytes_)


class Pieces:
    """Files that are to be one.

    Args:
        paths: At least one; all written alike and of one schema, each small enough for memory.

    Attributes:
        rows: Rows of all.
        groups: Row groups of all.

    Raises:
        Corrupt: One is no whole Parquet file, or of another schema than the first.
        OSError: The disk refused.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._pieces = [_opened(path) for path in paths]
        self.rows, self.groups = sum(p.rows for p in self._pieces), sum(len(p.groups) for p in self._pieces)
        first = self._pieces[0]
        for piece in self._pieces:
            if _of_all(piece.footer) != _of_all(first.footer):
                raise Corrupt(f"{piece.path}: want the columns of {first.path}, got others. Remove the job's folder.")

    def splice(self, target: Path) -> None:
        """Write one file of the row groups, in order.

        Raises:
            OSError: The disk refused.
        """
        footer, groups = self._pieces[0].footer, list[Tree]()
        with target.open("wb") as file:
            file.write(_MAGIC)
            for piece in self._pieces:
                by = file.tell() - len(_MAGIC)
                file.write(piece.read())
                groups += [_moved(group, by=by) for group in piece.groups]
            listed = footer[_GROUPS].value._replace(values=groups)
            of_rows = {_ROWS: footer[_ROWS]._replace(value=self.rows), _GROUPS: footer[_GROUPS]._replace(value=listed)}
            told = write_struct(footer | of_rows)
            file.write(told + len(told).to_bytes(4, "little") + _MAGIC)


def _of_all(footer: Tree) -> Tree:
    return {n: f for n, f in footer.items() if n not in (_ROWS, _GROUPS)}


def _opened(path: Path) -> _Piece:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - _END_BYTES, 0))
        end = file.read()
        length = int.from_bytes(end[:4], "little")
        behind = size - _END_BYTES - length
        if end[4:] != _MAGIC or behind < len(_MAGIC):
            raise _broken(path)
        file.seek(behind)
        try:
            return _Piece(path, behind - len(_MAGIC), read_struct(file.read(length)))
        except ValueError as error:
            raise _broken(path) from error


def _moved(group: Tree, *, by: int) -> Tree:
    chunks = group[_CHUNKS].value
    moved = chunks._replace(values=[_chunk(chunk, by=by) for chunk in chunks.values])
    kept = {n: f for n, f in group.items() if n != _ORDINAL}
    return _shifted(kept, (_GROUP_PLACE,), by=by) | {_CHUNKS: group[_CHUNKS]._replace(value=moved)}


def _chunk(chunk: Tree, *, by: int) -> Tree:
    meta = _shifted({n: f for n, f in chunk[_META].value.items() if n not in _BLOOM}, _DATA_PLACES, by=by)
    kept = {n: f for n, f in chunk.items() if n not in _INDEXES}
    return _shifted(kept, (_CHUNK_PLACE,), by=by) | {_META: chunk[_META]._replace(value=meta)}


def _shifted(tree: Tree, places: tuple[int, ...], *, by: int) -> Tree:
    return {n: f._replace(value=f.value + by) if n in places and f.value else f for n, f in tree.items()}


def _broken(path: Path) -> Corrupt:
    return Corrupt(f"{path}: want a whole Parquet file, got other bytes. Remove the job's folder and start again.")
