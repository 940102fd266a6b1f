"""What a project is made of on this machine: the concrete parts, opened."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from slipway.errors import NotFound
from slipway.ports import Clock
from slipway.records.scope import Scope
from slipway.scoping.parse import parse
from slipway.storage.blobs import LocalBlobs
from slipway.storage.clock import SystemClock
from slipway.storage.control_store import SqlStore
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout


@dataclass(frozen=True)
class Parts:
    """What a project is made of on this machine.

    Attributes:
        layout: Where everything lies.
        scope: What ``slipway.toml`` says.
        blobs: Bytes by hash.
        journal: Reader over all segments.
        clock: The machine's.
    """

    layout: Layout
    scope: Scope
    blobs: LocalBlobs
    journal: SegmentReader
    clock: Clock

    @cached_property
    def store(self) -> SqlStore:
        """Control store, opened when it is first asked for: what can do without it does.

        Raises:
            Corrupt: The file is no database.
            Refused: A newer Slipway has used it.
            Unavailable: The database does not answer. Each is tried anew the next time.
        """
        return SqlStore(self.layout.control_url, clock=self.clock)


def open_parts(folder: Path) -> Parts:
    """Open the project in a folder.

    Raises:
        NotFound: The folder holds no ``slipway.toml``.
        BadFile: The file is wrong; every problem is named.
    """
    layout = Layout(folder)
    scope = read_scope(layout)
    layout.create()
    return Parts(
        layout=layout,
        scope=scope,
        blobs=LocalBlobs(layout.blobs),
        journal=SegmentReader(layout.journal),
        clock=SystemClock(),
    )


def read_scope(layout: Layout) -> Scope:
    """Read and check ``slipway.toml``.

    Raises:
        NotFound: There is none.
        BadFile: It is wrong; every problem is named.
    """
    try:
        source = layout.scope.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            f"project: want a file slipway.toml in {layout.root}, found none. "
            "Go to the project's folder, name it with --project, or make one with 'slipway init'."
        ) from None
    return parse(source, path=str(layout.scope))
