"""Removes segments, raw and sealed, so that a crash at any moment leaves each of them whole or gone, and audited once.

For each segment, oldest first: its marker is renamed, which takes it out of what is sealed and says that it is leaving;
its files go; the audit trail is told; the renamed marker goes. A round begins with what an earlier one left leaving.
The trail is told last, so that a disk that is full to the last byte can still be relieved.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.records.base import Record
from slipway.records.removal import RemovedSegment
from slipway.storage.atomic import sync_folder
from slipway.storage.journal.reader import list_segments
from slipway.storage.journal.retention import Stored
from slipway.storage.journal.sealed import (
    KINDS,
    leaving_of,
    marker_of,
    parquet_of,
    read_marker,
    sealed_segments,
)
from slipway.storage.lock import alone_in


class PruneReport(Record, frozen=True, kw_only=True):
    """What a round of removal did.

    Attributes:
        removed: Segments that are gone now, and were not before.
        errors: One sentence for each thing that did not work; the next round tries again.
    """

    removed: tuple[RemovedSegment, ...]
    errors: tuple[str, ...]


def stored_segments(folder: Path, *, sealed: Path) -> tuple[list[Stored], dict[str, int]]:
    """Return what is sealed with the room it takes, and the sizes of segments that are not sealed.

    Raises:
        Corrupt: A marker is damaged.
        Unavailable: A folder cannot be read.
    """
    raw = {s.name: s.size_bytes for s in list_segments(folder)}
    found = []
    for what in sealed_segments(sealed):
        parquet = sum(_size(parquet_of(sealed, what.segment, kind=kind)) for kind in KINDS)
        found.append(Stored(what, raw.pop(what.segment, 0) + parquet))
    return found, raw


def prune(
    folder: Path,
    *,
    sealed: Path,
    remove: Sequence[RemovedSegment],
    audit: Callable[[Sequence[RemovedSegment]], None],
) -> PruneReport:
    """Remove segments, and what an earlier round that was killed had begun to remove.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments.
        remove: Sealed segments, oldest first.
        audit: Told what was removed, before it is forgotten; told of a segment again if the process dies in between,
            so it must take note of each segment once.

    Raises:
        Conflict: Another process seals or prunes this journal.
    """
    with alone_in(sealed):
        errors: list[str] = []
        due = {r.segment: r for r in (*_cut_short(sealed, errors=errors), *remove)}
        leaving = [r for r in due.values() if _take_out(r.segment, sealed=sealed, errors=errors)]
        sync_folder(sealed)  # that they are leaving must outlive a loss of power before their files go
        removed = [r for r in leaving if _remove_files(r.segment, folder=folder, sealed=sealed, errors=errors)]
        try:
            if removed:
                audit(removed)
        except SlipwayError as error:
            return PruneReport(removed=tuple(removed), errors=(*errors, f"audit of what retention removed: {error}"))
        for one in removed:
            leaving_of(sealed, one.segment).unlink(missing_ok=True)
        return PruneReport(removed=tuple(removed), errors=tuple(errors))


def _cut_short(sealed: Path, *, errors: list[str]) -> Iterator[RemovedSegment]:
    """Yield what an earlier round had begun to remove."""
    for path in sorted(sealed.glob("*.leaving")):
        try:
            what = read_marker(path, data=path.read_bytes())
        except (OSError, SlipwayError) as error:
            errors.append(f"journal segment {path.stem}, which was being removed: {error}")
            continue
        yield RemovedSegment(
            segment=what.segment,
            rows=what.rows,
            first_us=what.first_us,
            last_us=what.last_us,
            size_bytes=0,
            why="its removal had been cut short",
        )


def _take_out(segment: str, *, sealed: Path, errors: list[str]) -> bool:
    """Rename the marker; tell whether the segment is leaving now."""
    leaving = leaving_of(sealed, segment)
    try:
        marker_of(sealed, segment).rename(leaving)
    except FileNotFoundError:
        return leaving.exists()
    except OSError as error:
        errors.append(_failed(segment, error))
        return False
    return True


def _remove_files(segment: str, *, folder: Path, sealed: Path, errors: list[str]) -> bool:
    files = [folder / f"{segment}.seg", *(parquet_of(sealed, segment, kind=kind) for kind in KINDS)]
    try:
        for file in files:
            file.unlink(missing_ok=True)
        for place in (folder, *(sealed / kind for kind in KINDS)):
            if place.is_dir():
                sync_folder(place)
    except OSError as error:
        errors.append(_failed(segment, error))
        return False
    return True


def _failed(segment: str, error: OSError) -> str:
    return (
        f"journal segment {segment}: want to remove it, got '{error.strerror or error}'. "
        "Mend the rights; the next round tries again."
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
