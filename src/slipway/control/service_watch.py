"""Keeps book of the service: looks every few seconds, keeps it in a file, and knows which budgets are not kept."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from slipway.control.alerting import Source
from slipway.errors import SlipwayError
from slipway.monitoring.refused_rows import watch_refused
from slipway.monitoring.service_alarms import judge
from slipway.monitoring.service_book import look
from slipway.monitoring.service_report import service_report
from slipway.monitoring.service_told import service_troubles
from slipway.records.refused_rows import RefusedRows
from slipway.records.scope import Budgets
from slipway.records.service_book import ServiceBook, Snapshot
from slipway.records.service_report import ServiceReport
from slipway.records.trouble import AlertKind, Trouble
from slipway.serving.metrics import EDGES_S
from slipway.storage.atomic import write_atomically

_log = structlog.get_logger()

LOOK_US = 5_000_000
"""Pause between two looks; what the workers leave is a second old."""

SAVE_US = 60_000_000
"""How often the book is put on the disk: as much of it is lost with the process."""


class ServiceWatch:
    """Knows how the service of a project does. One thread asks it.

    Args:
        path: Where the book is kept.
        snapshot: Returns what the workers say at a moment.
        budgets: The scope's.
        route: Name of the route.
        now_us: Tells the machine's time.
        writes: Tells whether the book is kept on the disk; only the controller may.
        candidate: Returns the arm of the rollout that runs, or an empty word.
        replays: Whether rows of the past are replayed: faster than life, so that rows a second and cores say nothing.
    """

    def __init__(
        self,
        path: Path,
        *,
        snapshot: Callable[[int], Snapshot],
        budgets: Budgets,
        route: str,
        now_us: Callable[[], int],
        writes: Callable[[], bool] = lambda: True,
        candidate: Callable[[], str] = str,
        replays: bool = False,
    ) -> None:
        self._path, self._snapshot, self._route = path, snapshot, route
        self._budgets = msgspec.structs.replace(budgets, qps=None, cpu_cores=None) if replays else budgets
        self._now_us, self._writes, self._candidate = now_us, writes, candidate
        self._book: ServiceBook | None = None
        self._saved_us = 0

    def report(self, *, queue_rows: int) -> ServiceReport:
        """Return how the service does, as of the last look, of this process or of who kept the book.

        Args:
            queue_rows: Rows for which a worker has room.
        """
        book = self._book or read_book(self._path)
        now_us = self._now_us()
        return service_report(book, route=self._route, budgets=self._budgets, queue_rows=queue_rows, now_us=now_us)

    def refused(self) -> RefusedRows | None:
        """Return that more rows are refused than is usual, as of the last look; None where that is not known."""
        return (self._book or read_book(self._path)).refused.told

    def source(self) -> Source:
        """Return who knows of budgets that are not kept."""
        return Source(frozenset({AlertKind.BUDGET}), lambda _: self.troubles())

    def troubles(self) -> list[Trouble]:
        """Look if it is time to, and return what is not kept: one trouble, or none."""
        now_us = self._now_us()
        if self._book is None:
            self._book = read_book(self._path)
        if not 0 <= now_us - self._book.at_us < LOOK_US:
            before = self._book
            self._book = judge(
                watch_refused(look(before, self._snapshot(now_us))), budgets=self._budgets, now_us=now_us
            )
            changed = self._book.unkept != before.unkept or self._book.refused.told != before.refused.told
            self._keep(self._book, changed=changed)
        return service_troubles(
            self._book,
            route=self._route,
            budgets=self._budgets,
            candidate=self._candidate() if self._book.unkept else "",
        )

    def _keep(self, book: ServiceBook, *, changed: bool) -> None:
        if not self._writes() or (not changed and 0 <= book.at_us - self._saved_us < SAVE_US):
            return
        self._saved_us = book.at_us
        try:
            write_atomically(self._path, msgspec.msgpack.encode(book))
        except SlipwayError as error:  # a full disk is told of by who watches it
            _log.warning("book of the service not kept", error=str(error))


def read_book(path: Path) -> ServiceBook:
    """Return the book that a file holds; an empty one where there is none, or none that can be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        book = msgspec.msgpack.decode(path.read_bytes(), type=ServiceBook)
        if book.edges_s == EDGES_S:
            return book
    return ServiceBook(edges_s=EDGES_S)
