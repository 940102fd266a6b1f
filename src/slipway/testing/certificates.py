"""A certificate authority of one's own, for tests and for a first look at TLS; nobody else should trust it."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates for a server on this machine.

    Args:
        folder: Where the authority's own certificate goes, as ``ca.pem``: what a client has to trust.
        now: When certificates begin to hold; a minute before it, for clocks differ.
    """

    def __init__(self, folder: Path, *, now: datetime) -> None:
        self._key, self._now = ec.generate_private_key(ec.SECP256R1()), now
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Slipway test authority")])
        made = self._builder(self._name, days=3650.0).public_key(self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        ski = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = made.add_extension(ski, critical=False).add_extension(usage, critical=True)
        self._ski = ski
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(made.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def sign(self, certificate: Path, *, key: Path, days: float = 90.0) -> int:
        """Make a certificate for ``localhost`` and the loopback addresses, and its key; return its serial number.

        Args:
            certificate: Where it goes.
            key: Where its private key goes.
            days: How long it holds; negative for one that has ended.
        """
        private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names: list[x509.GeneralName] = [x509.DNSName("localhost")]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
        made = self._builder(subject, days=days).public_key(private.public_key())
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._ski)
        signed = made.add_extension(issuer, critical=False).sign(self._key, SHA256())
        for path, data in (
            (key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
            (certificate, signed.public_bytes(Encoding.PEM)),
        ):
            made_beside = path.with_name(f"{path.name}.new")
            made_beside.write_bytes(data)
            made_beside.replace(path)
        return signed.serial_number

    def _builder(self, subject: x509.Name, *, days: float) -> x509.CertificateBuilder:
        begins = min(self._now, self._now + timedelta(days=days)) - timedelta(minutes=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins.astimezone(UTC))
            .not_valid_after((self._now + timedelta(days=days)).astimezone(UTC))
        )
