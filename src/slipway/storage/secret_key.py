"""Secret keys of a project: made once, by whoever comes first, and the same for everybody from then on."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from slipway.errors import Corrupt, NotFound
from slipway.storage.atomic import refused, sync_folder

KEY_BYTES = 32


def secret_key(path: Path) -> bytes:
    """Return the key at the path, made at the first call and readable by its owner only.

    Two processes that ask for the first time at the same moment get the same key: it is linked into place, and a link
    never replaces what is there. What one of them has signed, the other can verify.

    Raises:
        Corrupt: The file holds no key.
        Unavailable: The disk refused it.
    """
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            raise refused(path, error, wanted_bytes=KEY_BYTES) from error
    return read_key(path)


def read_key(path: Path) -> bytes:
    """Return the key at the path, which must be there.

    Raises:
        NotFound: There is no such file.
        Corrupt: It holds no key.
    """
    if not path.is_file():
        raise NotFound(f"{path}: want a file with a key of {KEY_BYTES} bytes, found none.")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Corrupt(f"{path}: want a key of {KEY_BYTES} bytes, got {len(key)}. Restore it from a backup.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        sync_folder(path.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)
