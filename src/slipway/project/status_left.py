"""What can be said of a project whose ``slipway.toml`` cannot be read: what the store and the run folder know.

A server goes on with the scope that it started with, whatever somebody writes into the file meanwhile; who is called
at night has to see what it does.
"""

from pathlib import Path

from slipway.errors import BadFile, Corrupt, Refused, Unavailable
from slipway.project.status import Status, Stored, living, serves, stored, troubles_of
from slipway.storage.clock import SystemClock
from slipway.storage.control_store import SqlStore
from slipway.storage.layout import Layout


def status_left(folder: Path, *, fault: BadFile) -> Status:
    """Return what is known without the scope; the fault is the first of the problems.

    What needs the scope is not there: what of the journal counts, budgets, certificates, receivers.

    Args:
        folder: It holds the broken ``slipway.toml``.
        fault: What is wrong with it.
    """
    layout, clock = Layout(folder), SystemClock()
    alive, now_us = living(layout.run), clock.now_us()
    problems = [f"slipway.toml: {fault}", *troubles_of(alive, run=layout.run, now_us=now_us)]
    kept = Stored()
    if layout.control_db.exists():  # to look makes no store
        try:
            store = SqlStore(layout.control_url, clock=clock)
            kept = stored(store)
            store.close()
        except (Corrupt, Refused, Unavailable) as error:
            problems.append(str(error))
    return Status(
        project=kept.route.name if kept.route else folder.name,
        now_us=now_us,
        serving=serves(alive),
        processes=alive,
        **kept._asdict(),
        predictions=None,
        outcomes=None,
        problems=tuple(problems),
    )
