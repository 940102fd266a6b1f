"""The keys of a project in ``.slipway/keys.json``: written by people's commands, read by every worker.

A file and not the control store, for workers never open that; and where a project has no such file, nobody has asked
for keys yet. A key that was revoked stays in it: nobody can take its name, and taking the last key away does not open
the door.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from slipway.errors import Conflict, Corrupt, NotFound, nearest
from slipway.records.access import AccessKey, May
from slipway.records.base import Record
from slipway.storage.atomic import write_atomically

PREFIX = "slipway_"
"""What a key begins with, so that people and scanners of repositories know one when they see it."""


class _File(Record, frozen=True, kw_only=True):
    keys: tuple[AccessKey, ...]


def read_keys(path: Path) -> tuple[AccessKey, ...] | None:
    """Return the keys, oldest first, also those that were revoked; None where no key was ever made.

    Raises:
        Corrupt: The file is something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).keys
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt(f"{path}: want the project's keys, got {error}. Restore it from a copy.") from None


def make_key(
    path: Path,
    *,
    name: str,
    may: Sequence[May],
    now_us: int,
    by: str,
    first: Callable[[AccessKey], object] = lambda _: None,
) -> tuple[AccessKey, str]:
    """Make a key of 256 random bits and return what is stored of it, and the key itself, which nothing else will tell.

    Args:
        path: The file of keys.
        name: A checked word that no other key has or had.
        may: What it lets in for.
        now_us: The moment.
        by: Who makes it.
        first: Called before it lets anybody in, such as to note it elsewhere; if that raises, no key was made.

    Raises:
        BadInput: The name is no checked word, or it may do nothing.
        Conflict: The name is taken, also by a key that was revoked.
        Corrupt: The file of keys is damaged.
        Unavailable: The disk refused it.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    made = AccessKey(
        name=name, may=tuple(sorted(set(may))), sha256=digest_of(token.encode()).hex(), made_us=now_us, made_by=by
    )
    with _alone(path):
        known = read_keys(path) or ()
        if any(key.name == name for key in known):
            raise Conflict(f"key {name}: want a name of its own, got one that is taken. 'slipway key list' shows all.")
        first(made)
        _save(path, (*known, made))
    return made, token


def revoke_key(path: Path, *, name: str, now_us: int) -> AccessKey:
    """Let nobody in by this key any more. Revoking it twice changes nothing.

    Raises:
        NotFound: No such key; the message names the nearest.
        Corrupt: The file of keys is damaged.
        Unavailable: The disk refused it.
    """
    with _alone(path):
        known = read_keys(path) or ()
        found = next((key for key in known if key.name == name), None)
        if found is None:
            names = [key.name for key in known]
            raise NotFound(f"key {name}: want one of {names or 'none at all'}.{nearest(name, names)}")
        if found.revoked_us is not None:
            return found
        revoked = msgspec.structs.replace(found, revoked_us=now_us)
        _save(path, tuple(revoked if key.name == name else key for key in known))
    return revoked


def digest_of(token: bytes) -> bytes:
    """Return what is stored of a key.

    >>> digest_of(b"abc").hex()[:16]  # FIPS 180-4
    'ba7816bf8f01cfea'
    """
    return hashlib.sha256(token).digest()


def _save(path: Path, keys: tuple[AccessKey, ...]) -> None:
    write_atomically(path, msgspec.json.format(msgspec.json.encode(_File(keys=keys)), indent=2))


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time change the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
