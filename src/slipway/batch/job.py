"""A job's folder: what it is to do, and what is done of it. Killed at any moment, the next call goes on.

A part is done in four steps, each of which is there whole or not at all: its answers as a file, its rejects as a file,
its report as ``<part>.pending``, its rows as **one tick of the journal**; then the report is renamed to
``<part>.done``. So of a part that is pending, the journal says whether it is done, and no row gets into it twice.

Nothing of this waits for the disk but the manifest, which has the job's name. After a loss of power files of parts may
be torn or gone: their checksum tells, and the part's answers are taken from the journal if it has them.
"""

import os
import shutil
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from slipway.batch.journalled import Journalled
from slipway.batch.places import FoundFile
from slipway.batch.report import PartReport
from slipway.batch.source import Part
from slipway.batch.writing import format_of_parts, write_part
from slipway.errors import Conflict, Corrupt
from slipway.records.base import Record
from slipway.storage.atomic import refused, write_atomically
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
        content: Hash of a table in memory; empty for files.
    """

    files: tuple[FoundFile, ...]
    output: str
    scope: str
    id_column: str | None
    entity_column: str
    keep: tuple[str, ...]
    content: str = ""

    def asks_alike(self, other: "Order") -> bool:
        """Tell whether both ask the same about the same rows, whatever is done with the answers."""
        return msgspec.structs.replace(self, output=other.output, keep=other.keep) == other


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
        anew: Whether to take the place of an unfinished job of another order. One that differs only in what is done
            with the answers goes on under its name, and takes what is journalled from there.
        journal: Folder of the journal.

    Attributes:
        journalled: What the job has in the journal already.

    Raises:
        Conflict: Another process is at it; or another order is unfinished there, and it is not to give way, or rows
            of it are journalled already and would count beside those of the new one.
        Corrupt: The manifest is damaged.
        Unavailable: The disk refused.
    """

    def __init__(self, folder: Path, *, order: Order, job: str, part_rows: int, anew: bool, journal: Path) -> None:
        self.folder, self._format = folder, format_of_parts(order.output)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refused(folder, error, wanted_bytes=0) from error
        try:
            self._hold()
            found = self._manifest()
            self.journalled = Journalled(journal, job=job if found is None else found.job)
            self.manifest = self._taken(found, order, anew=anew) or self._begin(
                Manifest(job=job, order=order, part_rows=part_rows)
            )
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
        begun = self.journalled.rows or any(self.folder.glob("*.done")) or any(self.folder.glob("*.pending"))
        if self._lock >= 0 and not begun:
            self.remove()
        self.release()

    def remove(self) -> None:
        """Remove the folder: the job is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    # --- parts

    def done(self, parts: Iterable[Part]) -> dict[int, PartReport]:
        """Return the reports of the parts that are done and whose files are whole, by number."""
        found = dict[int, PartReport]()
        for part in parts:
            report = self._report(part.number, "done")
            if report is None:
                report = self._report(part.number, "pending")
                if report is None or (report.first_id and report.first_id not in self.journalled):
                    continue
                self.finish_part(part.number)
            found[part.number] = report
        return found

    def write_part(self, part: Part, *, answers: pl.DataFrame, rejects: bytes, report: PartReport) -> None:
        """Put the files of a part; it is pending then."""
        self._put(self._answers(part.number), partial(write_part, answers, format_=self._format))
        if rejects:
            self._put(self._path(part.number, "rejects"), partial(_write, data=rejects))
        else:
            self._path(part.number, "rejects").unlink(missing_ok=True)
        noted = msgspec.structs.replace(report, checksum=self._checksum(part.number))
        self._put(self._path(part.number, "pending"), partial(_write, data=msgspec.json.encode(noted)))

    def finish_part(self, number: int) -> None:
        """Note that a part is done, once the journal has its rows."""
        try:
            self._path(number, "pending").replace(self._path(number, "done"))
        except OSError as error:
            raise refused(self._path(number, "done"), error, wanted_bytes=0) from error

    def answers(self, parts: Iterable[Part]) -> list[Path]:
        """Return the files of answers, in order."""
        return [self._answers(part.number) for part in parts]

    def rejects(self, parts: Iterable[Part]) -> list[Path]:
        """Return the files of rejects that there are, in order."""
        return [path for part in parts if (path := self._path(part.number, "rejects")).exists()]

    def _report(self, number: int, suffix: str) -> PartReport | None:
        """Return a part's report if it and the files it tells of are whole; a loss of power may have torn them."""
        try:
            report = msgspec.json.decode(self._path(number, suffix).read_bytes(), type=PartReport)
            return report if report.checksum == self._checksum(number) else None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _checksum(self, number: int) -> int:
        crc, rejects = zlib.crc32(self._answers(number).read_bytes()), self._path(number, "rejects")
        return zlib.crc32(rejects.read_bytes(), crc) if rejects.exists() else crc

    def _answers(self, number: int) -> Path:
        return self._path(number, self._format.value)

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

    def _hold(self) -> None:
        if not try_lock(self._lock):
            raise Conflict(f"{self.folder}: want to go on with this job, but another process is at it. Let it end.")

    def _taken(self, found: Manifest | None, order: Order, *, anew: bool) -> Manifest | None:
        """Return the manifest to go on by; None where there is nothing to go on with."""
        if found is None or found.order == order:
            return found
        odd = ", ".join(n for n in Order.__struct_fields__ if getattr(found.order, n) != getattr(order, n))
        if not anew:
            raise Conflict(
                f"{self.folder}: an unfinished job lies there that was ordered otherwise ({odd}). "
                "Repeat its order to go on with it, or let this one take its place with --overwrite."
            )
        if found.order.asks_alike(order):
            return self._begin(Manifest(job=found.job, order=order, part_rows=found.part_rows))
        if rows := self.journalled.rows:
            raise Conflict(
                f"{self.folder}: want to throw away an unfinished job that was ordered otherwise ({odd}), but {rows} "
                "rows of it are in the journal, and would count beside those of this one. Repeat its order to finish "
                "it; or choose another output, or remove the folder, if they may count."
            )
        return None

    def _manifest(self) -> Manifest | None:
        path = self.folder / "job.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, ValueError) as error:
            raise Corrupt(f"{path}: want a job's manifest, got {error}. Remove its folder and start again.") from error

    def _begin(self, manifest: Manifest) -> Manifest:
        """Put a manifest, after everything that another one left is gone."""
        for path in self.folder.iterdir():
            if path.name not in ("lock", "job.json"):
                path.unlink()
        told = msgspec.json.format(msgspec.json.encode(manifest))
        write_atomically(self.folder / "job.json", told)
        return manifest


def _write(path: Path, *, data: bytes) -> None:
    path.write_bytes(data)
