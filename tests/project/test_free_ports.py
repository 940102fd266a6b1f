"""Ports of a server that is started again and again are its own, also in between."""

import socket

from slipway.project.server import free_ports


def test_they_are_free_and_none_that_the_system_lends_to_callers():
    for count in (1, 2, 5):
        port = free_ports(count)
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            socket.create_connection(listening.getsockname()) as one,
        ):
            lent = one.getsockname()[1], listening.getsockname()[1]
        assert port + count - 1 < min(lent)
        for number in range(port, port + count):
            socket.create_server(("127.0.0.1", number)).close()
