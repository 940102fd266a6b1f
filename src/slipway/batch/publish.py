"""Put the output in its place: one file, or a folder of one Parquet file a part; complete or absent."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from slipway.batch.formats import format_of
from slipway.batch.places import is_remote, open_store
from slipway.batch.writing import write_all, write_folder
from slipway.errors import BadInput, Conflict, NotFound, Unavailable
from slipway.storage.atomic import refused, sync_folder

OF_AN_OUTPUT = ("part-*.parquet", ".part-*.parquet.crc", "_SUCCESS", "._SUCCESS.crc")
"""What a folder may hold that is replaced: files of parts, and what Spark notes beside them."""


def check_output(output: str, *, place: str, inputs: Sequence[str], overwrite: bool) -> None:
    """Return if the output may be written there.

    Args:
        output: As the user named it.
        place: The input as the user named it; empty for a table in memory.
        inputs: Its files.
        overwrite: Whether it may be there already.

    Raises:
        BadInput: It is one of the inputs, or lies in the folder of one; or its name tells no format.
        Conflict: It exists; or it may be replaced but is no output: a folder that holds something else, or a file
            where a folder is wanted.
        NotFound: Its folder does not exist.
    """
    if is_remote(output):
        format_of(output)
        if output in inputs:
            raise BadInput(f"{output}: want an output beside the input, got the input itself. Choose another name.")
        if not overwrite and _is_stored(output):
            raise _exists(output)
        return
    path = Path(output).expanduser().absolute()
    if path.suffix:
        format_of(path.name)
    real = path.resolve()
    read = [Path(name).resolve() for name in inputs if not is_remote(name)]
    inside = _is_folder(place) and Path(place).resolve() in real.parents
    if inside or any(real == one or real in one.parents for one in read):
        raise BadInput(
            f"{output}: want an output beside the input, got one that is, holds or is in it. Choose another."
        )
    if not real.parent.is_dir():
        raise NotFound(f"{output}: want a folder {real.parent} to write into, found none. Make it.")
    if real.exists() and not overwrite:
        raise _exists(output)
    _check_replaced(real, output)


def publish(parts: Sequence[Path], *, output: str) -> None:
    """Write the rows of the parts, in their order, to the output.

    Args:
        parts: Files of one schema, at least one, as :func:`slipway.batch.writing.write_part` writes them.
        output: Where to. A name without an ending is a folder of Parquet files. Where it is a symbolic link, what it
            points to is replaced and the link stays.

    Raises:
        Conflict: What lies there is no output; it is untouched.
        Unavailable: The disk or the store refused; what was there before is untouched.
    """
    if is_remote(output):
        _upload(parts, output)
        return
    name, path = Path(output).name, Path(output).expanduser().resolve()
    new = path.with_name(f".{path.name}.new")
    try:
        _remove(new)
        if Path(name).suffix:
            write_all(parts, new, format_=format_of(name))
        else:
            write_folder(parts, new)
        _flush(new)
        _check_replaced(path, output)
        _swap(new, path)
        sync_folder(path.parent)
    except (OSError, pl.exceptions.PolarsError) as error:
        _remove(new)
        raise refused(path, _as_os(error), wanted_bytes=0) from error


def publish_rejects(parts: Sequence[Path], *, path: Path) -> None:
    """Put the lines of the parts in one file; remove an old file where there are none.

    Raises:
        Unavailable: The disk refused.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        if not parts:
            path.unlink(missing_ok=True)
            return
        with new.open("wb") as file:
            for part in parts:
                with part.open("rb") as lines:
                    shutil.copyfileobj(lines, file)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise refused(path, error, wanted_bytes=0) from error


def rejects_path(output: str, *, folder: Path) -> Path:
    """Return where the rejected rows go: beside the output, or for one in an object store, in a folder of ours.

    No two outputs share one: it has the whole name, and for an object store some of the URL's hash.

    >>> rejects_path("flights/out.2026.parquet", folder=Path(".")).name
    'out.2026.parquet.rejects.jsonl'
    >>> rejects_path("s3://lake/out.csv", folder=Path(".")).name
    'out.csv.3335faba263a.rejects.jsonl'
    """
    name = Path(output).name
    if is_remote(output):
        return folder / f"{name}.{hashlib.sha256(output.encode()).hexdigest()[:12]}.rejects.jsonl"
    return Path(output).expanduser().absolute().with_name(f"{name}.rejects.jsonl")


def _check_replaced(path: Path, output: str) -> None:
    """Refuse to replace what no job can have written, such as a folder of somebody's files."""
    if path.is_file() and not Path(output).suffix:
        raise Conflict(f"{output}: want a folder to replace, or nothing, got a file. Choose another name.")
    if not path.is_dir():
        return
    odd = sorted(p.name for p in path.iterdir() if not any(fnmatch(p.name, own) for own in OF_AN_OUTPUT))
    if odd:
        raise Conflict(
            f"{output}: want a folder of part-*.parquet to replace, got one that holds {len(odd)} other things: "
            f"{', '.join(odd[:3])}. Nothing of it was removed. Choose another name, or empty it yourself."
        )


def _swap(new: Path, path: Path) -> None:
    """Put the new in place of the old; a folder cannot be renamed onto one, so the old is aside for a moment."""
    old = path.with_name(f".{path.name}.old")
    if aside := path.is_dir():
        _remove(old)
        path.replace(old)
    try:
        new.replace(path)
    except OSError:
        if aside:
            old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)  # also what a job left that was killed between the two


def _exists(output: str) -> Conflict:
    return Conflict(f"{output}: it exists. Choose another name, or replace it with --overwrite.")


def _is_stored(url: str) -> bool:
    store, key = open_store(url)
    try:
        store.head(key)
    except FileNotFoundError:
        return False
    except Exception as error:
        raise Unavailable(f"{url}: want to know whether it exists, got {type(error).__name__}: {error}.") from error
    return True


def _is_folder(place: str) -> bool:
    return bool(place) and not is_remote(place) and Path(place).is_dir()


def _upload(parts: Sequence[Path], output: str) -> None:
    store, key = open_store(output)
    new = parts[0].parent / "output.new"
    write_all(parts, new, format_=format_of(output))
    try:
        store.put(key, new)  # an object appears whole or not at all
    except Exception as error:
        raise Unavailable(f"{output}: want to write it, got {type(error).__name__}: {error}.") from error
    finally:
        new.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    for one in [*path.iterdir(), path] if path.is_dir() else [path]:
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _as_os(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(str(error))
