"""A process that keeps a server busy: so many connections, each asking again as soon as it is answered.

python -m live.busy PORT CONNECTIONS   until its standard input closes; then it prints what it saw, as JSON
"""

import asyncio
import json
import sys
import time

USERS = 5_000


class Busy:
    """Counts answers, failures, and when requests were sent that somebody else than `live` answered."""

    def __init__(self):
        self.done, self.failed, self.elsewhere, self.latency_ms = 0, [], [], []

    async def one(self, number, *, port, until):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = number
        while not until.done():
            sent += 16
            body = b'{"live_says":%d,"user":"u%d"}' % (sent % 7 % 2, sent % USERS)
            began_ns = time.time_ns()
            writer.write(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            said = await reader.readexactly(size)
            self.done += 1
            self.latency_ms.append((time.time_ns() - began_ns) / 1e6)
            if not head.startswith(b"HTTP/1.1 200 "):
                self.failed.append(said.decode()[:200])
            elif b'"arm":"live"' not in said:
                self.elsewhere.append(began_ns)
        writer.close()


async def main(port, connections):
    busy, loop = Busy(), asyncio.get_running_loop()
    until = loop.run_in_executor(None, sys.stdin.read)
    began_s = time.monotonic()
    try:
        await asyncio.gather(*(busy.one(n, port=port, until=until) for n in range(connections)))
    except (OSError, asyncio.IncompleteReadError) as error:
        busy.failed.append(repr(error))
    latency = sorted(busy.latency_ms)
    print(
        json.dumps(
            {
                "requests": busy.done,
                "per_s": busy.done / (time.monotonic() - began_s),
                "failed": busy.failed,
                "elsewhere_ns": busy.elsewhere,
                "p99_ms": latency[int(0.99 * len(latency))],
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
