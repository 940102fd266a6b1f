"""Ending a child process so that nothing of it stays: no zombie, no open pipe, no child of its own."""

import os
import signal
from asyncio.subprocess import Process
from contextlib import suppress


async def end(child: Process) -> None:
    """Kill the child if it still runs, with all that it started where it leads a session, and take back its pipes."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            # not child.kill(): that one may take the exit status away from the loop, which then reports 255
            kill = os.killpg if os.getpgid(child.pid) == child.pid else os.kill
            kill(child.pid, signal.SIGKILL)
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()
    if child.stdout is not None:
        await child.stdout.read()
