"""What a key, TLS and a second project cost: processor time of the worker a request, measured in one run.

    python benchmarks/reach.py

One row a request, 16 connections that stay, the real server with journal and control; the worker's time is the
kernel's count, so that other work on the machine matters little. Least of three rounds.
"""

import asyncio
import os
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from slipway import Project
from slipway.project.server import Server
from slipway.serving.run_state import read_states
from slipway.storage.layout import Layout
from slipway.testing.certificates import Authority

BODY = b'{"mean_radius": 30.0, "sample": "s1"}'
CONNECTIONS, REQUESTS, ROUNDS = 16, 16_000, 3


async def load(port, *, path, head, tls, requests):
    sent = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n{head}\r\n".encode() + BODY
    name = "localhost" if tls else None

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        for _ in range(requests // CONNECTIONS):
            writer.write(sent)
            reply = await reader.readuntil(b"\r\n\r\n")
            if not reply.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"want 200, got {reply!r}")
            await reader.readexactly(int(reply.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


def used_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(label, folder, *, beside=(), path="/predict", head="", tls=None):
    with Server(folder, beside=beside) as server:
        port = int(server.url.rsplit(":", 1)[1])
        pid = next(s.pid for s in read_states(Layout(folder).run) if s.name == "worker-0")
        rounds = []
        for requests in (2_000, *[REQUESTS] * ROUNDS):
            before = used_s(pid)
            asyncio.run(load(port, path=path, head=head, tls=tls, requests=requests))
            rounds.append((used_s(pid) - before) / requests * 1e6)
    print(f"{label:20} {min(rounds[1:]):5.1f} us a request ({', '.join(f'{r:.1f}' for r in rounds[1:])})", flush=True)


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        plain, second, keyed, safe = (Project.init(folder / name, name=name) for name in ("a", "b", "c", "d"))
        measure("plain", plain.folder)
        measure("two projects", plain.folder, beside=[second.folder], path="/predict/a")
        measure("key", keyed.folder, head=f"Authorization: Bearer {keyed.make_key('caller')[1]}\r\n")
        authority = Authority(folder, now=datetime.now(UTC))
        authority.sign(safe.folder / "server.pem", key=safe.folder / "server.key")
        page = safe.folder / "slipway.toml"
        files = '[serving]\ntls_certificate = "server.pem"\ntls_key = "server.key"\n'
        page.write_text(page.read_text().replace("[serving]\n", files))
        head = f"Authorization: Bearer {safe.make_key('caller')[1]}\r\n"
        measure("key and TLS", safe.folder, head=head, tls=ssl.create_default_context(cafile=authority.certificate))


if __name__ == "__main__":
    main()
