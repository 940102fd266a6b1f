"""Callers of a running server over connections that stay: one request each at a time, all at once."""

import json
import socket
import time


class Refused(SystemExit):
    """An answer that is none: what was asked, and what came."""


class Line:
    """One connection; use it in a ``with`` statement."""

    def __init__(self, port):
        self._socket = _connected(port)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self._file.close()
        self._socket.close()

    def send(self, path, body, *, head=(), method="POST"):
        data = json.dumps(body, separators=(",", ":")).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json", *(f"{k}: {v}" for k, v in head)]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + data)

    def read(self):
        status = int(self._file.readline().split(b" ", 2)[1])
        size = 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return status, json.loads(self._file.read(size))

    def ask(self, path, body=None, *, head=(), method="POST"):
        """Return what is answered, or end with what was said instead."""
        self.send(path, {} if body is None else body, head=head, method=method)
        status, said = self.read()
        if not 200 <= status < 300:
            raise Refused(f"{method} {path}: want an answer, got {status}: {said}")
        return said


def _connected(port, *, within_s=30):
    """Connect, waiting for who starts still: of several projects not every controller is up when the first is."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


class Callers:
    """Some callers who ask all at once, the next bodies only when these are answered."""

    def __init__(self, port, *, count=4):
        self._lines = [Line(port) for _ in range(count)]

    def ask_all(self, path, bodies, *, head=(), wanted=(200,)):
        """Return the answers to these bodies, in their order."""
        said, count = [], len(self._lines)
        for begin in range(0, len(bodies), count):
            some = list(zip(self._lines, bodies[begin : begin + count], strict=False))
            for line, body in some:
                line.send(path, body, head=head)
            for line, _ in some:
                status, reply = line.read()
                if status not in wanted:
                    raise Refused(f"POST {path}: want {wanted}, got {status}: {reply}")
                said.append(reply)
        return said
