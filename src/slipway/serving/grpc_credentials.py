"""The certificate of the gRPC port, taken up anew whenever its files change."""

from pathlib import Path
from typing import Any

import grpc
import structlog

_log = structlog.get_logger()


def reloading_credentials(certificate: Path, key: Path) -> Any:
    """Return credentials of PEM files that are read anew when they change, before the next handshake."""
    known: list[Any] = [None]

    def read() -> Any:
        stamp = (certificate.stat().st_mtime_ns, key.stat().st_mtime_ns)
        if stamp == known[0]:
            return None
        pair = (key.read_bytes(), certificate.read_bytes())
        known[0] = stamp
        return grpc.ssl_server_certificate_configuration([pair])

    def fetch() -> Any:
        try:
            return read()
        except OSError as error:  # what is in use goes on being used
            _log.error("certificate not taken up", error=str(error))
            return None

    return grpc.dynamic_ssl_server_credentials(read(), fetch, require_client_authentication=False)
