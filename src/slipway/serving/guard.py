"""Who may talk to a server on loopback: not the pages that a browser on the same machine happens to show.

A page from anywhere can make a browser send requests to 127.0.0.1, and by rebinding its own name to 127.0.0.1 it can
read the answers. Both are told from the headers that the browser sets and a page cannot: Origin and Host.

Reference:
    developer.mozilla.org, "Host" and "Origin"; the attack is DNS rebinding.
"""

from urllib.parse import urlsplit

from slipway.records.worker_config import is_loopback
from slipway.serving.refusal import Refusal


class Guard:
    """Checks Host and Origin where the server is bound to loopback; elsewhere keys do.

    Args:
        host: Address that the server is bound to.

    >>> guard = Guard("127.0.0.1")
    >>> guard.check({b"host": b"localhost:8080"})
    >>> guard.check({b"host": b"evil.example:8080"})
    Traceback (most recent call last):
    slipway.serving.refusal.Refusal: This server answers its own machine only. want Host: localhost..., got ...
    """

    def __init__(self, host: str) -> None:
        self._on = is_loopback(host)
        self._known: set[bytes] = set()

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Return if the request may be answered.

        Raises:
            Refusal: 403.
        """
        if not self._on:
            return
        host = headers.get(b"host", b"localhost")
        if host not in self._known:
            if not _is_local(f"//{host.decode('latin-1')}"):
                raise _refusal("Host", host)
            if len(self._known) < 64:
                self._known.add(host)
        origin = headers.get(b"origin")
        if origin is not None and not _is_local(origin.decode("latin-1")):
            raise _refusal("Origin", origin)


def _is_local(address: str) -> bool:
    try:
        name = urlsplit(address).hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def _refusal(header: str, got: bytes) -> Refusal:
    return Refusal(
        403,
        "This server answers its own machine only.",
        wanted=f"{header}: localhost or 127.0.0.1",
        got=f"{header}: {got.decode('latin-1')[:80]}",
        hint="Bind it to another address (serving.host) to serve others.",
    )
