"""Ending a child process so that nothing of it stays: no zombie, no open pipe."""

from asyncio.subprocess import Process
from contextlib import suppress


async def end(child: Process) -> None:
    """Kill the child if it still runs, and take back its pipes."""
    with suppress(ProcessLookupError):
        child.kill()
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()
    if child.stdout is not None:
        await child.stdout.read()
