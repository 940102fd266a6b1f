"""Ask the shadow arms about a job's rows where no shadow process runs that would.

It is the shadow process's own work, on the segments of one job: the same follower, which answers in the journal and
says how far it came, so that whoever goes on, this job or a server, asks nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from slipway.ports import JournalWriter, Position, Runtime
from slipway.records.arm import Arm
from slipway.records.field import Field
from slipway.records.frame import Frame, ShadowFrame
from slipway.records.route import Route
from slipway.serving.follower import Follower
from slipway.serving.routes import LOOK_S
from slipway.serving.run_state import State, is_alive, read_states
from slipway.serving.shadow_progress import Progress
from slipway.serving.use import Use
from slipway.storage.journal import SegmentReader
from slipway.storage.journal.reader import list_segments


class JobReader:
    """Reads what a job wrote, and what shadows answered; implements :class:`slipway.ports.JournalReader`.

    Args:
        journal: Folder of the journal.
        job: Name of the job.
    """

    def __init__(self, journal: Path, *, job: str) -> None:
        self._journal, self._series = journal, (f"{job}-", "shadow-")

    def read(self, after: Mapping[str, int]) -> Iterator[tuple[Frame, Position]]:
        """See :meth:`slipway.ports.JournalReader.read`."""
        reader = SegmentReader(self._journal)
        for segment in list_segments(self._journal):
            offset = after.get(segment.name, 0)
            if segment.name.startswith(self._series) and segment.size_bytes > offset:
                yield from reader.read_segment(segment, after=offset)


def somebody_shadows(run_folder: Path) -> bool:
    """Tell whether a shadow process of this project runs."""
    states = read_states(run_folder)
    return any(s.name == "shadow" and s.state is not State.STOPPED and is_alive(s.pid) for s in states)


def ask_shadows(
    route: Route,
    *,
    fields: tuple[Field, ...],
    journal: Path,
    job: str,
    writer: JournalWriter,
    open_arm: Callable[[Arm], Awaitable[Runtime]],
) -> dict[str, int]:
    """Ask each shadow of the route about the job's rows; return how many rows each has answered.

    A shadow that cannot be loaded, or fails, is told in the journal as an observation; it ends nothing.

    Args:
        route: It names the shadows.
        fields: Fields of X.
        journal: Folder of the journal.
        job: Name of the job.
        writer: Where answers go.
        open_arm: Loads an arm.

    Raises:
        Unavailable: The disk refused; call again.
    """
    reader = JobReader(journal, job=job)
    progress = Progress(reader.read({}))

    async def follow(arm: Arm) -> None:
        follower = Follower(
            arm,
            fields=fields,
            reader=reader,
            writer=writer,
            after=progress.of(arm.name),
            open_arm=open_arm,
            use=Use(),  # budgets are about what serving takes, and nobody asks a job
        )
        try:
            while await follower.step():
                await asyncio.sleep(LOOK_S if follower.trouble else 0)
        finally:
            await follower.close()

    for name in route.shadows:
        asyncio.run(follow(route.arm(name)))
    return _answered(reader, job=job)


def _answered(reader: JobReader, *, job: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for frame, _ in reader.read({}):
        if isinstance(frame, ShadowFrame) and frame.segment.startswith(f"{job}-"):
            found[frame.arm] = found.get(frame.arm, 0) + len(frame.id)
    return found
