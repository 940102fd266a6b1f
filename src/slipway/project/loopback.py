"""One request to a process of this machine, without the weight of a client for the whole internet."""

import http.client
import ssl
from pathlib import Path
from typing import NamedTuple

from slipway.storage.layout import Layout

TIMEOUT_S = 60.0
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart, not bound


class Reply(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


def ask(
    method: str,
    *,
    port: int,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    tls_certificate: str = "",
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """Send one request and return the reply.

    Args:
        method: Such as ``GET``.
        port: Port of the process.
        path: Path and query.
        body: Whole body.
        headers: As name to value.
        host: Address that the process is bound to; all of them means this machine's own.
        tls_certificate: The server's certificate where it speaks TLS. It must show that very one, so nobody need have
            signed it and it may be at its end: who commands a rollback has no time for either.
        timeout_s: How long each step may take.

    Raises:
        OSError: Nobody answered in time, or who answered has another certificate.
        http.client.HTTPException: Somebody answered with something else than HTTP.
    """
    address = own_address(host)
    connection = (
        _Pinned(address, port, timeout_s=timeout_s, certificate=Path(tls_certificate))
        if tls_certificate
        else http.client.HTTPConnection(address, port, timeout=timeout_s)
    )
    try:
        connection.request(method, path, body=body, headers={"Host": "localhost", **(headers or {})})
        reply = connection.getresponse()
        return Reply(reply.status, reply.read())
    finally:
        connection.close()


def own_address(host: str) -> str:
    """Return the address at which this machine reaches what is bound to ``host``.

    >>> own_address("0.0.0.0"), own_address("10.0.0.7")
    ('127.0.0.1', '10.0.0.7')
    """
    return _ALL.get(host, host)


def key_of(layout: Layout) -> dict[str, str]:
    """Return the header that lets this machine's own commands in, once a server has run."""
    try:
        return {"Authorization": f"Bearer {layout.local_key.read_bytes().hex()}"}
    except FileNotFoundError:
        return {}


class _Pinned(http.client.HTTPSConnection):
    """A connection to whoever shows one certificate and has its key."""

    def __init__(self, host: str, port: int, *, timeout_s: float, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # what is shown is compared with the file itself
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        super().__init__(host, port, timeout=timeout_s, context=context)
        self._certificate = certificate

    def connect(self) -> None:
        """Connect, and refuse who shows another certificate.

        Raises:
            OSError: Nobody answers, or somebody else.
        """
        super().connect()
        text = self._certificate.read_text(encoding="ascii", errors="replace")
        begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
        if begin < 0 or self.sock.getpeercert(binary_form=True) != ssl.PEM_cert_to_DER_cert(text[begin:end]):
            raise ssl.SSLCertVerificationError(f"the server shows another certificate than {self._certificate}")
