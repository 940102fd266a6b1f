"""The review queue of :mod:`slipway.testing.review_site` behind a real server, for exams of its HTTP and its page."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from slipway.control.desk import Desk as ControlDesk
from slipway.control.run import run
from slipway.errors import Unavailable
from slipway.records.worker_config import ClockKind
from slipway.scoping.parse import parse
from slipway.serving.guard import Guard
from slipway.testing.review_site import Desk

_OPEN = Guard("127.0.0.1")
SCOPE = """
[project]
name = "demo"
owner = "team@example.org"
need = "to know"
case = "assist"
kill = "worse than the rule"
[task]
x = "a claim"
y = "<b>Is it a fraud?</b>"
kind = "binary"
target = "fraud"
entity = "card"
[fields]
amount = { kind = "number", unit = "EUR" }
words = "category"
name = { kind = "category", privacy = "pseudonym" }
[metric]
why = "it counts"
target = 0.1
margin = 0.02
"""


class _Machine:
    def __init__(self, site: Desk) -> None:
        self._site = site

    def now_us(self) -> int:
        """Return the site's moment."""
        return self._site.now_us


@contextlib.contextmanager
def served(site: Desk, *, guard: Guard = _OPEN) -> Iterator[str]:
    """Yield the address of the queue behind a real server on a free port of loopback; its time is the site's."""
    desk = ControlDesk(
        site.control,
        scope=parse(SCOPE, path="slipway.toml"),
        clock=_Machine(site),
        kind=ClockKind.SYSTEM,
        audit=site.store.audit,
    )
    ports: list[int] = []
    ready, alive = threading.Event(), threading.Event()
    alive.set()

    def tell(_: object, port: int) -> None:
        ports.append(port)
        ready.set()

    how: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "tell": tell,
        "alive": alive.is_set,
        "interval_s": 0.02,
        "guard": guard,
    }
    server = threading.Thread(target=run, args=(desk,), kwargs=how)
    server.start()
    try:
        if not ready.wait(60):
            raise Unavailable("review site: want a server that answers within 60 s, got none. See its thread's error.")
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        alive.clear()
        server.join(60)
