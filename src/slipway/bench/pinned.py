"""TLS to a server of this machine: it must show the very certificate that the scope names, whoever signed it."""

import asyncio
import ssl
from pathlib import Path


def context() -> ssl.SSLContext:
    """Return a context that takes any certificate: what is shown is compared by :func:`check`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def check(transport: asyncio.BaseTransport, *, certificate: Path) -> None:
    """Return if the other side showed the first certificate of a PEM file.

    Raises:
        OSError: It showed another.
    """
    text = certificate.read_text(encoding="ascii", errors="replace")
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
    shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if begin < 0 or shown != ssl.PEM_cert_to_DER_cert(text[begin:end]):
        raise ssl.SSLCertVerificationError(f"the server shows another certificate than {certificate}")
