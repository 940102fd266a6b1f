"""The route in force, as a file: written by control, looked at by every worker, needing neither to be alive.

The file is MessagePack of the route's bytes and their SHA-256, replaced by rename. A worker that looks sees the old
route or the new one, and with everything else down it goes on with the last good one.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from slipway.errors import Conflict, Corrupt, NotFound, Unavailable
from slipway.records.base import Record, canonical, check_name
from slipway.records.route import Route
from slipway.storage.atomic import write_atomically


class _RouteFile(Record, frozen=True, kw_only=True):
    body: bytes
    sha256: str


def route_path(folder: Path, *, name: str) -> Path:
    """Return where the route lies.

    Raises:
        BadInput: The name is no checked word.
    """
    return folder / f"{check_name('route', name)}.msgpack"


def publish(route: Route, *, folder: Path) -> Path:
    """Put a route in force, at once and durably. Publishing the same again changes nothing.

    A file that is damaged is replaced. For one writer at a time (the controller, which holds its lock).

    Raises:
        Conflict: The file holds a newer version, or other content under this version.
        Unavailable: The disk refused; the old route stays in force.
    """
    path = route_path(folder, name=route.name)
    try:
        present = read_route(folder, name=route.name)
    except (NotFound, Corrupt):
        present = None
    if present == route:
        return path
    if present is not None and present.version >= route.version:
        raise Conflict(
            f"route file {path}: want a version above {present.version}, which is in force, got {route.version}. "
            "Read the route from the control store and publish that; if the store was set back, remove the file first."
        )
    body = canonical(route)
    write_atomically(path, canonical(_RouteFile(body=body, sha256=hashlib.sha256(body).hexdigest())))
    return path


def read_route(folder: Path, *, name: str) -> Route:
    """Return the route in force.

    Raises:
        BadInput: The name is no checked word.
        NotFound: None was published.
        Corrupt: The file is not what was written, or holds another route.
        Unavailable: The disk refused.
    """
    path = route_path(folder, name=name)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _none(path) from error
    except OSError as error:
        raise Unavailable(f"route file {path}: want to read it, got '{error.strerror}'.") from error
    return _decode(data, path=path)


class RouteWatch:
    """Tells a worker when another route is in force. A look costs one ``stat``.

    It keeps the file it read open, so that the kernel cannot give its inode number to the next one: two routes
    published within one tick of the file system's clock are still told apart.

    Args:
        folder: Folder of the route files.
        name: Name of the route.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        self._path = route_path(folder, name=name)
        self._handle = -1
        self._seen: tuple[int, int] | None = None
        self._route: Route | None = None

    def poll(self) -> Route | None:
        """Return the route if it is another one than at the last call, else None; never the same twice in a row.

        None also where the file is missing: go on with what you have.

        Raises:
            Corrupt: The file changed into something that is no such route. Said once a file; go on with what you have.
            Unavailable: The disk refused.
        """
        try:
            now = self._path.stat()
            if (now.st_dev, now.st_ino) == self._seen:
                return None
            data = self._reopen()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"route file {self._path}: want to read it, got '{error.strerror}'.") from error
        route = _decode(data, path=self._path)
        if route == self._route:
            return None
        self._route = route
        return route

    def close(self) -> None:
        """Close the file. Calling it twice is harmless."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        self._seen = None

    def _reopen(self) -> bytes:
        handle = os.open(self._path, os.O_RDONLY)
        self.close()
        self._handle = handle
        found = os.fstat(handle)
        self._seen = (found.st_dev, found.st_ino)
        return os.pread(handle, found.st_size, 0)


def _decode(data: bytes, *, path: Path) -> Route:
    try:
        file = msgspec.msgpack.decode(data, type=_RouteFile)
        if hashlib.sha256(file.body).hexdigest() != file.sha256:
            raise _corrupt(path, "its bytes do not have the SHA-256 that it names")
        route = msgspec.msgpack.decode(file.body, type=Route)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _corrupt(path, str(error)) from error
    if route.name != path.stem:
        raise _corrupt(path, f"it holds the route '{route.name}'")
    return route


def _corrupt(path: Path, what: str) -> Corrupt:
    return Corrupt(f"route file {path}: want the route '{path.stem}', but {what}. Publish it again.")


def _none(path: Path) -> NotFound:
    known = sorted(p.stem for p in path.parent.glob("*.msgpack"))
    return NotFound(f"route '{path.stem}': none was published in {path.parent}; there are {known or 'none at all'}.")
