"""Who shows a key that is known, and what it lets in for.

The header of each request is looked up in a dict of those that were let in before, so a request costs no hash. Only a
header that was not seen yet is hashed and compared, in constant time, with every key. Looking up tells nothing about
the keys by how long it takes: Python hashes text with a secret of the process, and compares only what hashes alike.
"""

import hmac
from pathlib import Path
from typing import NamedTuple

import structlog

from slipway.errors import SlipwayError
from slipway.records.access import AccessKey, May
from slipway.serving.refusal import Refusal
from slipway.storage.access_keys import digest_of, read_keys

OWN = "this machine"
"""Name of the key of this machine's own commands, which no key of a caller can have."""
_MOST_KNOWN = 4096
_HINT = "'slipway key make NAME' makes one; send it as 'Authorization: Bearer KEY'."
_log = structlog.get_logger()


class _Holder(NamedTuple):
    name: str
    may: frozenset[May]


class Door:
    """Lets in who has a key, once the project has keys.

    Args:
        keys: The file of keys, looked at again by :meth:`look`.
        local: A key of this machine's own commands, in a file that only the account that serves can read; or None.
        always: Ask for keys even where none was made yet: nobody but that account gets in.

    Attributes:
        asks: Whether a key is asked for.
    """

    def __init__(self, keys: Path, *, local: Path | None = None, always: bool = False) -> None:
        self._path, self._local, self._always = keys, local, always
        self._stamp: tuple[object, object] | None = None
        self._digests: list[tuple[bytes, _Holder]] = []
        self._known: dict[bytes, _Holder] = {}
        self.asks = always
        self.look()

    def look(self) -> None:
        """Take up what changed. A file that cannot be read changes nothing: who was let in is, and nobody else."""
        stamp = (_stamp_of(self._path), _stamp_of(self._local))
        if stamp == self._stamp:
            return
        try:
            keys = read_keys(self._path)
            own = self._local.read_bytes().hex().encode() if self._local and self._local.exists() else b""
        except (SlipwayError, OSError) as error:
            self.asks = True
            _log.error("keys not read", error=str(error))
            return
        self._stamp = stamp
        self.asks = self._always or keys is not None
        self._digests = [_entry(key) for key in keys or () if key.revoked_us is None]
        if own:
            self._digests.append((digest_of(own), _Holder(OWN, frozenset(May))))
        self._known = {}

    def admit(self, authorization: bytes | None, *, may: May | None) -> str:
        """Return the name of the key if whoever sent this header may do that; ``may`` is None for what any key may.

        Raises:
            Refusal: 401, no key or none that is known; 403, a key that may not.
        """
        holder = self._known.get(authorization or b"") or self._recognise(authorization)
        if may is not None and may not in holder.may:
            raise Refusal(
                403,
                "This key may not do that.",
                wanted=f"a key that may {may}",
                got=f"key '{holder.name}', which may {' and '.join(sorted(holder.may))}",
                hint=f"Make another: 'slipway key make NAME --may {may}'.",
                headers=(("www-authenticate", 'Bearer realm="slipway", error="insufficient_scope"'),),
            )
        return holder.name

    def _recognise(self, authorization: bytes | None) -> _Holder:
        scheme, _, token = (authorization or b"").partition(b" ")
        digest, found = digest_of(token.strip()), None
        for known, holder in self._digests:
            if hmac.compare_digest(known, digest):
                found = holder
        if found is None or scheme.lower() != b"bearer":
            got = "none" if authorization is None else "one that is not known here, or was revoked"
            header = 'Bearer realm="slipway"' + (', error="invalid_token"' if authorization is not None else "")
            raise Refusal(
                401,
                "This server asks for a key.",
                wanted="Authorization: Bearer KEY",
                got=got,
                hint=_HINT,
                headers=(("www-authenticate", header),),
            )
        if len(self._known) < _MOST_KNOWN and authorization is not None:
            self._known[authorization] = found
        return found


def _entry(key: AccessKey) -> tuple[bytes, _Holder]:
    return bytes.fromhex(key.sha256), _Holder(key.name, frozenset(key.may))


def _stamp_of(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None
