"""A certificate is checked before it is served, and taken up anew when its files change."""

import asyncio
import os
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from slipway.errors import BadInput, NotFound, Refused, Unavailable
from slipway.serving.tls import Tls, read_certificate
from slipway.testing.certificates import Authority

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW_US = round(NOW.timestamp() * 1e6)


@pytest.fixture
def pair(tmp_path):
    return tmp_path / "server.pem", tmp_path / "server.key"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, now=NOW)


def test_what_a_certificate_says(authority, pair):
    authority.sign(pair[0], key=pair[1], days=90)
    found = read_certificate(pair[0], key=pair[1], now_us=NOW_US)
    assert found.names == ("localhost", "127.0.0.1", "::1")
    assert found.days_left(now_us=NOW_US) == pytest.approx(90)


def test_what_cannot_be_served_is_refused_with_the_way_out(authority, pair, tmp_path):
    certificate, key = pair

    def read(*, of=key, at=NOW):
        return read_certificate(certificate, key=of, now_us=round(at.timestamp() * 1e6))

    with pytest.raises(NotFound, match=r"server.pem: want a PEM file, found none"):
        read()
    authority.sign(certificate, key=key)
    for moment in (NOW + timedelta(days=91), NOW - timedelta(days=1)):
        with pytest.raises(Refused, match=r"from 2026-11-23 to 2027-02-21\. Renew it"):
            read(at=moment)
    authority.sign(tmp_path / "other.pem", key=tmp_path / "other.key")
    with pytest.raises(BadInput, match=r"other.key: want the private key of .*server.pem"):
        read(of=tmp_path / "other.key")
    with pytest.raises(BadInput, match="without a password"):
        read(of=certificate)
    certificate.write_text("hello")
    with pytest.raises(BadInput, match="in PEM"):
        read()
    with pytest.raises(Unavailable):
        Tls(certificate, key=key)


async def serial(tls, authority):
    """The serial number that a client is shown who trusts the authority, over a real handshake."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls.context)
    async with server:
        client = ssl.create_default_context(cafile=authority.certificate)
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost")
        found = writer.get_extra_info("peercert")["serialNumber"]
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
    assert version in ("TLSv1.2", "TLSv1.3")
    return int(found, 16)


def test_a_renewed_certificate_is_taken_up_and_a_wrong_one_is_not(pair, tmp_path):
    authority = Authority(tmp_path, now=datetime.now(UTC))
    certificate, key = pair
    first = authority.sign(certificate, key=key)
    tls = Tls(certificate, key=key)
    assert asyncio.run(serial(tls, authority)) == first
    second = authority.sign(certificate, key=key)
    assert asyncio.run(serial(tls, authority)) == first
    tls.look()
    assert asyncio.run(serial(tls, authority)) == second

    right = certificate.read_bytes()
    authority.sign(certificate, key=tmp_path / "elsewhere.key")  # half of a renewal
    tls.look()
    assert asyncio.run(serial(tls, authority)) == second
    certificate.write_bytes(right)
    os.utime(certificate, ns=(1, 1))
    tls.look()
    assert asyncio.run(serial(tls, authority)) == second


def test_what_is_older_than_tls_1_2_is_not_spoken(authority, pair):
    authority.sign(pair[0], key=pair[1])
    assert Tls(pair[0], key=pair[1]).context.minimum_version is ssl.TLSVersion.TLSv1_2
