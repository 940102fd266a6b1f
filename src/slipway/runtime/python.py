"""An arm that is a function of the project: ``file.py:function``, asked in processes of its own.

The function takes a dict of columns (float64 arrays, or object arrays of text and None) and gives one score a row. It
may be slow, hang, leak or crash: it does so in its own process, which is ended and started afresh. A batch that hangs
costs its own rows; where others wait behind it, another process answers them.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from slipway.errors import BadInput, DeadlineExceeded, NotFound, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import Arm
from slipway.records.usage import ArmUsage
from slipway.runtime.python_process import PythonProcess

_REFERENCE = re.compile(r"((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.py):([A-Za-z_][A-Za-z0-9_]*)")
_CROWDED_S = 0.05


class PythonRuntime:
    """Asks one function of the project.

    Args:
        arm: Arm of kind PYTHON; its ``timeout_ms`` bounds one batch, its ``processes`` their number.
        root: Folder of the project; the file must lie inside.
        monotonic: Seconds of a clock that is never set, for how long a function that dies is left alone.

    Raises:
        BadInput: The reference is not ``file.py:function`` or leads out of the project.
        NotFound: No such file.
    """

    def __init__(self, arm: Arm, *, root: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        shape = _REFERENCE.fullmatch(arm.function)
        if shape is None:
            raise BadInput(f"arm {arm.name}: want 'file.py:function' inside the project, got '{arm.function}'.")
        file, function = shape.groups()
        path = (root / file).resolve()
        if not path.is_relative_to(root.resolve()):
            raise BadInput(f"arm {arm.name}: want a file inside the project, got '{file}', which leads out.")
        if not path.is_file():
            raise NotFound(f"arm {arm.name}: no file {file} in {root}. Write it, or mend 'function'.")
        self._arm = arm
        told = {"file": file, "function": function}
        self._all = [PythonProcess(arm, **told, root=root, monotonic=monotonic) for _ in range(arm.processes)]
        self._spare = self._all[1:]
        self._free: asyncio.Queue[PythonProcess] = asyncio.Queue()
        self._free.put_nowait(self._all[0])
        self._failures: Counter[str] = Counter()

    async def start(self) -> None:
        """Start the first process and load the function.

        Raises:
            Unavailable: It cannot be loaded; the message says why.
        """
        await self._all[0].start()

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return what the function says, shape (rows,).

        Raises:
            DeadlineExceeded: It took longer than ``timeout_ms``; its process was killed.
            Unavailable: It raised, ended its process, or gave something else than one number a row; or its processes
                died too often of late.
        """
        process = await self._take()
        try:
            tell = await process.ask(columns, rows=rows)
        except DeadlineExceeded:
            self._failures["timeout"] += 1
            raise
        except Unavailable:
            self._failures["process"] += 1
            raise
        finally:
            self._free.put_nowait(process)
        if tell.error or tell.score is None:
            self._failures["error"] += 1
            raise Unavailable(f"{self._arm.function}: want {rows} scores, got {tell.error}", came=tell.kind)
        return np.frombuffer(tell.score, np.float64)

    def usage(self) -> ArmUsage:
        """Return what its processes hold now, and what they failed at."""
        held = [process.usage() for process in self._all]
        restarts = sum((process.restarts for process in self._all), Counter[str]())
        return ArmUsage(
            device="process",
            memory_bytes=sum(memory for memory, _ in held),
            cpu_s=sum(cpu for _, cpu in held),
            restarts=dict(restarts),
            failures=dict(self._failures),
        )

    async def close(self) -> None:
        """End the processes. Calling it twice is harmless."""
        await asyncio.gather(*(process.close() for process in self._all))

    async def _take(self) -> PythonProcess:
        """Return a process that is free, or start another one where all have been held up for a while."""
        if self._spare:
            try:
                return await asyncio.wait_for(self._free.get(), _CROWDED_S)
            except TimeoutError:
                if self._spare:
                    return self._spare.pop(0)
        return await self._free.get()
