"""A job's folder: what it is to do, and what is done of it. Killed at any moment, the next call goes on.

A part is done in four steps, each of which is there whole or not at all: its answers as a file, its rejects as a file,
its report as ``<part>.pending``, its rows as **one tick of the journal**; then the report is renamed to
``<part>.done``. So of a part that is pending, the journal says whether it is done, and no row gets into it twice.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from slipway.batch.places import FoundFile
from slipway.batch.report import PartReport
from slipway.batch.source import Part
from slipway.errors import Conflict, Corrupt
from slipway.records.base import Record
from slipway.records.frame import PredictionFrame
from slipway.storage.atomic import refused
from slipway.storage.journal import SegmentReader
from slipway.storage.journal.reader import list_segments
from slipway.storage.lock import try_lock


class Order(Record, frozen=True, kw_only=True):
    """What a job is to do; the same order again goes on where the last one was stopped.

    Attributes:
        files: The input; empty for a table in memory.
        output: Where the answers go.
        scope: Content id of what decides which rows fit and what is answered.
        id_column: Column of prediction ids, or None: they are made.
        entity_column: Column of the entity.
        keep: Columns of the input that the output has too.
    """

    files: tuple[FoundFile, ...]
    output: str
    scope: str
    id_column: str | None
    entity_column: str
    keep: tuple[str, ...]


class Manifest(Record, frozen=True, kw_only=True):
    """The file ``job.json``.

    Attributes:
        job: Name of the job; made ids and the job's segments in the journal begin with it.
        order: What it is to do.
        part_rows: Rows of a part.
    """

    job: str
    order: Order
    part_rows: int


class Job:
    """One job and its folder, held by one process at a time.

    Args:
        folder: The folder; made if need be.
        order: What is to do.
        job: Name of the job, if there is none in the folder yet.
        part_rows: Rows of a part, likewise.
        anew: Whether to throw away an unfinished job of another order.

    Raises:
        Conflict: Another process is at it; or another order is unfinished there.
        Corrupt: The manifest is damaged.
        Unavailable: The disk refused.
    """

    def __init__(self, folder: Path, *, order: Order, job: str, part_rows: int, anew: bool) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refused(folder, error, wanted_bytes=0) from error
        try:
            self._take(order, anew=anew)
            self.manifest = self._manifest() or self._begin(Manifest(job=job, order=order, part_rows=part_rows))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let another process have it. Calling it twice is harmless."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def leave(self) -> None:
        """Let another process have it; where no part is done there is nothing to go on with, and it is removed."""
        if self._lock >= 0 and not (any(self.folder.glob("*.done")) or any(self.folder.glob("*.pending"))):
            self.remove()
        self.release()

    def remove(self) -> None:
        """Remove the folder: the job is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    # --- parts

    def done(self, parts: Iterable[Part], *, journal: Path) -> dict[int, PartReport]:
        """Return the reports of the parts that are done, by number.

        Args:
            parts: All parts.
            journal: Folder of the journal, which is asked about parts that are pending.
        """
        found, pending = dict[int, PartReport](), dict[int, PartReport]()
        for part in parts:
            for name, reports in (("done", found), ("pending", pending)):
                path = self._path(part.number, name)
                if path.exists() and self._holds(part.number):
                    reports[part.number] = msgspec.json.decode(path.read_bytes(), type=PartReport)
        if pending:
            begun = first_ids(journal, job=self.manifest.job)
            for number, report in pending.items():
                if number not in found and (not report.first_id or report.first_id in begun):
                    self.finish_part(number)
                    found[number] = report
        return found

    def write_part(self, part: Part, *, answers: pl.DataFrame, rejects: bytes, report: PartReport) -> None:
        """Put the files of a part; it is pending then."""
        self._put(self._path(part.number, "arrow"), answers.write_ipc)
        if rejects:
            self._put(self._path(part.number, "rejects"), partial(_write, data=rejects))
        else:
            self._path(part.number, "rejects").unlink(missing_ok=True)
        self._put(self._path(part.number, "pending"), partial(_write, data=msgspec.json.encode(report)))

    def finish_part(self, number: int) -> None:
        """Note that a part is done, once the journal has its rows."""
        try:
            self._path(number, "pending").replace(self._path(number, "done"))
        except OSError as error:
            raise refused(self._path(number, "done"), error, wanted_bytes=0) from error

    def answers(self, parts: Iterable[Part]) -> list[Path]:
        """Return the files of answers, in order."""
        return [self._path(part.number, "arrow") for part in parts]

    def rejects(self, parts: Iterable[Part]) -> list[Path]:
        """Return the files of rejects that there are, in order."""
        return [path for part in parts if (path := self._path(part.number, "rejects")).exists()]

    def _holds(self, number: int) -> bool:
        """Tell whether a part's answers can be read; after a loss of power they may be gone, and are then made anew."""
        try:
            pl.read_ipc_schema(self._path(number, "arrow"))
        except (OSError, pl.exceptions.PolarsError):
            return False
        return True

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:08d}.{suffix}"

    def _put(self, path: Path, write: Callable[[Path], object]) -> None:
        new = path.with_name(f"{path.name}.new")
        try:
            write(new)
            new.replace(path)
        except OSError as error:
            raise refused(path, error, wanted_bytes=0) from error

    # --- the manifest

    def _take(self, order: Order, *, anew: bool) -> None:
        if not try_lock(self._lock):
            raise Conflict(f"{self.folder}: want to go on with this job, but another process is at it. Let it end.")
        found = self._manifest()
        if found is None or found.order == order:
            return
        if not anew:
            odd = [n for n in Order.__struct_fields__ if getattr(found.order, n) != getattr(order, n)]
            raise Conflict(
                f"{self.folder}: an unfinished job lies there that was ordered otherwise ({', '.join(odd)}). "
                "Repeat its order to go on with it, or throw it away with --overwrite."
            )
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def _manifest(self) -> Manifest | None:
        path = self.folder / "job.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, ValueError) as error:
            raise Corrupt(f"{path}: want a job's manifest, got {error}. Remove its folder and start again.") from error

    def _begin(self, manifest: Manifest) -> Manifest:
        told = msgspec.json.format(msgspec.json.encode(manifest))
        self._put(self.folder / "job.json", partial(_write, data=told))
        return manifest


def first_ids(journal: Path, *, job: str) -> set[str]:
    """Return the first id of each tick that a job has in the journal."""
    reader = SegmentReader(journal)
    return {
        frame.id[0]
        for segment in list_segments(journal)
        if segment.name.startswith(f"{job}-")
        for frame, _ in reader.read_segment(segment)
        if isinstance(frame, PredictionFrame)
    }


def _write(path: Path, *, data: bytes) -> None:
    path.write_bytes(data)
