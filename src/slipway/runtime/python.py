"""An arm that is a function of the project: ``file.py:function``, asked in a process of its own.

The function takes a dict of columns (float64 arrays, or object arrays of text and None) and gives one score a row. It
may be slow, hang or crash: it does so in its own process, which is killed at the time limit and started afresh.
"""

import asyncio
import re
import sys
from pathlib import Path

import msgspec
import numpy as np

from slipway.errors import BadInput, DeadlineExceeded, NotFound, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import Arm
from slipway.runtime.child import end
from slipway.runtime.python_child import Ask, Tell, frame_head
from slipway.storage.columns import encode_columns

_REFERENCE = re.compile(r"((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.py):([A-Za-z_][A-Za-z0-9_]*)")
_START_S = 30.0


class PythonRuntime:
    """Asks one function of the project.

    Args:
        arm: Arm of kind PYTHON; its ``timeout_ms`` bounds one batch.
        root: Folder of the project; the file must lie inside.

    Raises:
        BadInput: The reference is not ``file.py:function`` or leads out of the project.
        NotFound: No such file.
    """

    def __init__(self, arm: Arm, *, root: Path) -> None:
        shape = _REFERENCE.fullmatch(arm.function)
        if shape is None:
            raise BadInput(f"arm {arm.name}: want 'file.py:function' inside the project, got '{arm.function}'.")
        self._file, self._function = shape.groups()
        path = (root / self._file).resolve()
        if not path.is_relative_to(root.resolve()):
            raise BadInput(f"arm {arm.name}: want a file inside the project, got '{self._file}', which leads out.")
        if not path.is_file():
            raise NotFound(f"arm {arm.name}: no file {self._file} in {root}. Write it, or mend 'function'.")
        self._arm, self._root = arm, root
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return what the function says, shape (rows,).

        Raises:
            DeadlineExceeded: It took longer than ``timeout_ms``; its process was killed.
            Unavailable: It raised, ended its process, or gave something else than one number a row.
        """
        async with self._turn:
            await self._start()
            try:
                tell = await asyncio.wait_for(self._ask(columns, rows), self._arm.timeout_ms / 1000)
            except TimeoutError:
                await self._stop()
                raise DeadlineExceeded(
                    f"{self._arm.function}: want an answer within {self._arm.timeout_ms:g} ms, got none. "
                    f"Its process was stopped; make it faster or raise arms.{self._arm.name}.timeout_ms."
                ) from None
            except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
                await self._stop()
                raise Unavailable(f"{self._arm.function}: want {rows} scores, got a process that ended.") from None
            except BaseException:  # cancelled in the middle of an answer: the pipe no longer stands at a frame
                await self._stop()
                raise
        if tell.error or tell.score is None:
            raise Unavailable(f"{self._arm.function}: want {rows} scores, got {tell.error}")
        return np.frombuffer(tell.score, np.float64)

    async def close(self) -> None:
        """End the process. Calling it twice is harmless."""
        await self._stop()

    async def _start(self) -> None:
        if self._child is not None and self._child.returncode is None:
            return
        await self._stop()
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "slipway.runtime.python_child",
            self._file,
            self._function,
            cwd=self._root,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            ready = await asyncio.wait_for(self._read(), _START_S)
        except (TimeoutError, asyncio.IncompleteReadError, msgspec.DecodeError):
            await self._stop()
            raise Unavailable(f"{self._arm.function}: want it loaded within {_START_S:g} s, got no sign.") from None
        if ready.error:
            await self._stop()
            raise Unavailable(f"{self._arm.function}: want it loaded, got {ready.error}")

    async def _ask(self, columns: Columns, rows: int) -> Tell:
        assert self._child is not None and self._child.stdin is not None  # noqa: PT018, S101 - started above
        body = msgspec.msgpack.encode(Ask(x=encode_columns(columns), rows=rows))
        self._child.stdin.write(frame_head(body) + body)
        await self._child.stdin.drain()
        return await self._read()

    async def _read(self) -> Tell:
        assert self._child is not None and self._child.stdout is not None  # noqa: PT018, S101 - started above
        size = int.from_bytes(await self._child.stdout.readexactly(4), "little")
        return msgspec.msgpack.decode(await self._child.stdout.readexactly(size), type=Tell)

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await end(child)
