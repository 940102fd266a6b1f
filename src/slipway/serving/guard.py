"""Who may talk to a server: not the pages that a browser on the same machine happens to show, and, where the project
has keys, only who has one.

A page from anywhere can make a browser send requests to 127.0.0.1, and by rebinding its own name to 127.0.0.1 it can
read the answers. Both are told from the headers that the browser sets and a page cannot: Origin and Host.

Reference:
    developer.mozilla.org, "Host" and "Origin"; the attack is DNS rebinding. RFC 6750 for the keys.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from slipway.records.access import May
from slipway.records.worker_config import is_loopback
from slipway.serving.door import OWN, Door
from slipway.serving.refusal import Refusal


class Guard:
    """Checks Host and Origin where the server is bound to loopback or its names are told, and keys where there are any.

    Args:
        host: Address that the server is bound to.
        hosts: Names beside loopback by which it is reached, such as that of a proxy in front.
        door: Who has a key; None asks for none.

    >>> guard = Guard("127.0.0.1", hosts=["models.example.org"])
    >>> guard.check({b"host": b"localhost:8080"})
    >>> guard.check({b"host": b"models.example.org"})
    >>> guard.check({b"host": b"evil.example:8080"})
    Traceback (most recent call last):
    slipway.serving.refusal.Refusal: This server does not go by that name. want Host: localhost..., got ...
    """

    def __init__(self, host: str, *, hosts: Iterable[str] = (), door: Door | None = None) -> None:
        self._names = frozenset(name.lower() for name in hosts)
        self._on = is_loopback(host) or bool(self._names)
        self._known: set[bytes] = set()
        self._door = door

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Return if the request comes by a name of this server and from no foreign page.

        Raises:
            Refusal: 403.
        """
        if not self._on:
            return
        host = headers.get(b"host", b"localhost")
        if host not in self._known:
            if not self._ours(f"//{host.decode('latin-1')}"):
                raise self._refusal("Host", host)
            if len(self._known) < 64:
                self._known.add(host)
        origin = headers.get(b"origin")
        if origin is not None and not self._ours(origin.decode("latin-1")):
            raise self._refusal("Origin", origin)

    def admit(self, headers: Mapping[bytes, bytes], *, may: May | None = None) -> str:
        """Return the name of the caller's key if he may do that, or an empty string where none is asked for.

        Args:
            headers: Of the request, names in lower case.
            may: What he wants; None stands for what any key may.

        Raises:
            Refusal: 401 or 403.
        """
        if self._door is not None and self._door.asks:
            return self._door.admit(headers.get(b"authorization"), may=may)
        return ""

    def own(self, headers: Mapping[bytes, bytes]) -> None:
        """Return if the caller is one of this machine's own commands, whether the project has keys or not.

        Raises:
            Refusal: 401 or 403.
        """
        name = self._door.admit(headers.get(b"authorization"), may=May.PREDICT) if self._door is not None else ""
        if name != OWN:
            raise Refusal(
                403,
                "Only 'slipway bench' asks as a load test.",
                wanted="the key of this machine's own commands",
                got=f"key '{name}'" if name else "a server without one",
                hint="Leave the header out; then the request is one like any other.",
            )

    def look(self) -> None:
        """Take up keys that were made or revoked."""
        if self._door is not None:
            self._door.look()

    def _ours(self, address: str) -> bool:
        try:
            name = urlsplit(address).hostname
        except ValueError:
            return False
        return name is not None and (is_loopback(name) or name in self._names)

    def _refusal(self, header: str, got: bytes) -> Refusal:
        names = ", ".join(["localhost", "127.0.0.1", *sorted(self._names)])
        return Refusal(
            403,
            "This server does not go by that name.",
            wanted=f"{header}: {names}",
            got=f"{header}: {got.decode('latin-1')[:80]}",
            hint="If it is a name of a proxy in front, write it into serving.hosts.",
        )
