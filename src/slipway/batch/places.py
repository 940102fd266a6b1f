"""What a user means by a place: a file, a folder, a pattern, or the same in an object store."""

from glob import glob, has_magic
from pathlib import Path
from urllib.parse import urlsplit

from slipway.batch.formats import is_table
from slipway.errors import BadInput, MissingExtra, NotFound, Unavailable
from slipway.records.base import Record

SCHEMES = ("s3",)


class FoundFile(Record, frozen=True, kw_only=True):
    """One file as it is now, so that a resumed job can tell that it is the same.

    Attributes:
        path: Absolute path, or URL.
        size_bytes: Its length.
        stamp: When it was changed, in nanoseconds, or the store's tag of its content.
    """

    path: str
    size_bytes: int
    stamp: str


def is_remote(place: str) -> bool:
    """Tell whether a place lies in an object store.

    Raises:
        BadInput: It is a URL of a kind that is not known.
    """
    scheme = urlsplit(place).scheme if "://" in place else ""
    if scheme and scheme not in SCHEMES:
        raise BadInput(f"{place}: want a path or a URL that begins with {SCHEMES[0]}://, got '{scheme}://'.")
    return bool(scheme)


def find_files(place: str) -> tuple[FoundFile, ...]:
    """Return the files of a place, in order of their names.

    Of a folder these are the tables in it and in its folders; names that begin with ``.`` or ``_`` are left out, as
    Spark and Hive do with what they note for themselves.

    Raises:
        NotFound: There is none.
        BadInput: A file is empty.
        MissingExtra: The place is in an object store and ``slipway[s3]`` is not installed.
        Unavailable: The store does not answer.
    """
    found = _remote(place) if is_remote(place) else _local(place)
    if not found:
        raise NotFound(f"{place}: want a file, a folder of tables or a pattern, found nothing.")
    if empty := [f.path for f in found if not f.size_bytes]:
        raise BadInput(f"{empty[0]}: want a table, got an empty file.")
    return tuple(found)


def _local(place: str) -> list[FoundFile]:
    path = Path(place).expanduser()
    if path.is_file():
        return [_found(path)]
    if path.is_dir():
        paths = [p for p in path.rglob("*") if is_table(p.name) and _is_shown(p.relative_to(path).parts)]
    elif has_magic(place):
        paths = [Path(p) for p in glob(str(path), recursive=True)]  # noqa: PTH207 - Path.glob takes no absolute pattern
    else:
        paths = []
    return [_found(p) for p in sorted(paths) if p.is_file()]


def _found(path: Path) -> FoundFile:
    try:
        stat = path.stat()
    except OSError as error:
        raise Unavailable(f"{path}: want to read it, got '{error.strerror}'.") from error
    return FoundFile(path=str(path.absolute()), size_bytes=stat.st_size, stamp=str(stat.st_mtime_ns))


def _is_shown(names: tuple[str, ...]) -> bool:
    return not any(name.startswith((".", "_")) for name in names)


def _remote(place: str) -> list[FoundFile]:
    store, prefix = open_store(place)
    base = place[: len(place) - len(prefix)]
    pattern = has_magic(prefix)
    stem = prefix.split("*", 1)[0].split("?", 1)[0].split("[", 1)[0] if pattern else prefix
    folder = stem.rsplit("/", 1)[0] if "/" in stem else ""
    try:
        listed = [meta for chunk in store.list(folder or None) for meta in chunk]
    except Exception as error:
        said = str(error).partition("\n")[0].rstrip(". ")  # what follows is the store's own debugging
        raise Unavailable(f"{place}: want to list it, got {type(error).__name__}: {said}.") from error
    wanted = [m for m in listed if _is_wanted(str(m["path"]), prefix, pattern=pattern)]
    return [
        FoundFile(path=base + str(m["path"]), size_bytes=int(m["size"]), stamp=str(m["e_tag"] or m["last_modified"]))
        for m in sorted(wanted, key=lambda m: str(m["path"]))
    ]


def _is_wanted(path: str, prefix: str, *, pattern: bool) -> bool:
    from fnmatch import fnmatch  # noqa: PLC0415 - only for object stores

    if pattern:
        return fnmatch(path, prefix)
    inside = path.removeprefix(prefix.rstrip("/") + "/") if prefix else path
    return path == prefix or (inside != path and is_table(path) and _is_shown(tuple(inside.split("/"))))


def open_store(url: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - obstore's type, and obstore is an extra
    """Return the object store of a URL, and the key in it.

    Credentials, region and endpoint come from the environment, as the AWS tools name them.

    Raises:
        MissingExtra: ``slipway[s3]`` is not installed.
    """
    try:
        from obstore.store import from_url  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra(
            f"{url}: want obstore to reach an object store, found none. Install 'slipway[s3]'."
        ) from error
    parts = urlsplit(url)
    return from_url(f"{parts.scheme}://{parts.netloc}"), parts.path.lstrip("/")
