"""TLS of the server's own: certificate and key from files, taken up anew when they change, without a failed request.

A handshake begins in a context that only asks for the current one and goes on there, so that a change of files is the
change of one pointer: a connection has the old certificate or the new one, never half of each.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from slipway.errors import BadInput, NotFound, Refused, SlipwayError, Unavailable
from slipway.records.access import Certificate

_log = structlog.get_logger()


class Tls:
    """The certificate in use.

    Args:
        certificate: PEM file of the certificate, followed by those between it and the root.
        key: PEM file of its private key, without a password.

    Raises:
        SlipwayError: As :func:`read_certificate`.

    Attributes:
        context: What a server's socket is to be wrapped with.
    """

    def __init__(self, certificate: Path, *, key: Path) -> None:
        self._files = (certificate, key)
        self._stamp = self._stamps()
        self._current = _context(certificate, key=key)
        self.context = _context(certificate, key=key)
        self.context.sni_callback = self._choose

    def look(self) -> None:
        """Take up other files if they are there; if they are not right, say so and go on with what is in use."""
        stamp = self._stamps()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._current = _context(self._files[0], key=self._files[1])
        except SlipwayError as error:  # such as a certificate whose key is still to be written; that changes the stamp
            _log.error("certificate not taken up", error=str(error))
            return
        _log.info("certificate taken up", path=str(self._files[0]))

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp_of(path) for path in self._files]


def read_certificate(certificate: Path, *, key: Path, now_us: int) -> Certificate:
    """Return what a certificate says, after making sure that it can be served.

    Raises:
        NotFound: A file is missing.
        Unavailable: A file cannot be read.
        BadInput: A file holds something else, or the key is another certificate's.
        Refused: The certificate has ended, or does not hold yet.
    """
    chain = _pem(certificate)
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except ValueError as error:
        raise BadInput(f"{certificate}: want a certificate in PEM, got something else: {error}.") from None
    try:
        private = load_pem_private_key(_pem(key), password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{key}: want a private key in PEM without a password, got something else: {error}.") from None
    if _spki(private.public_key()) != _spki(leaf.public_key()):
        raise BadInput(f"{key}: want the private key of {certificate}, got another. Name the two that belong together.")
    found = Certificate(path=str(certificate), names=_names(leaf), ends_us=_us(leaf.not_valid_after_utc))
    if not _us(leaf.not_valid_before_utc) <= now_us <= found.ends_us:
        raise Refused(
            f"{certificate}: want a certificate that holds now, got one from {leaf.not_valid_before_utc:%Y-%m-%d} to "
            f"{leaf.not_valid_after_utc:%Y-%m-%d}. Renew it."
        )
    return found


def _context(certificate: Path, *, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{certificate}: want it and its key {key}, got '{error}'.") from None
    return context


def _no_password() -> str:
    """Stand in for the question at the terminal that OpenSSL would ask, and wait for."""
    raise ValueError("the key has a password")


def _pem(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"{path}: want a PEM file, found none. Mend serving.tls_certificate or serving.tls_key."
        ) from None
    except OSError as error:
        raise Unavailable(f"{path}: want to read it, got '{error.strerror}'. Check who may read it.") from None


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        listed = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *listed.get_values_for_type(x509.DNSName),
        *(str(address) for address in listed.get_values_for_type(x509.IPAddress)),
    )


def _spki(public: PublicKeyTypes) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _us(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1e6)


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
