"""The first run of a model happens in a child, under limits, on rows whose answers are known.

A model file is a program that somebody else wrote. The worker that answers people loads it only after a process of
its own has loaded it, answered the packaged examples as recorded, and stayed within its memory and time.
"""

import asyncio
import os
import resource
import sys

import msgspec
import numpy as np

from slipway.errors import Refused, SlipwayError
from slipway.records.examples import Examples
from slipway.records.model import Manifest, Signature
from slipway.runtime.child import end
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.package import GRAPH, examples_of
from slipway.storage.columns import decode_column


class TrialLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a model may use in its trial.

    Attributes:
        memory_bytes: Address space of the child.
        cpu_s: Processor time.
        wall_s: Time until its answer.
    """

    memory_bytes: int = 4 << 30
    cpu_s: int = 30
    wall_s: float = 60.0


_LIMITS = TrialLimits()


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    model: bytes
    signature: Signature
    examples: Examples
    tolerance: float
    limits: TrialLimits


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    problem: str = ""


async def try_package(
    manifest: Manifest, files: dict[str, bytes], *, package: str, limits: TrialLimits = _LIMITS
) -> None:
    """Return if a child could load the model and it answered the recorded examples as recorded.

    An answer counts as equal within the larger of 1e-4 (relative, for a regression's large values) and twice the
    parity measured at packaging: another processor may round differently.

    Raises:
        Refused: It could not, answered differently, or exceeded a limit; the message carries the numbers.
    """
    name = f"package {package[:12]} ({manifest.name})"
    task = _Task(
        name=name,
        model=files[GRAPH],
        signature=manifest.signature,
        examples=examples_of(files, package=package),
        tolerance=max(1e-4, 2 * manifest.parity),
        limits=limits,
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "slipway.runtime.onnx_trial",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(msgspec.msgpack.encode(task)), limits.wall_s)
    except TimeoutError:
        raise Refused(f"{name}: want its examples answered within {limits.wall_s:g} s, got no answer.") from None
    finally:
        await end(child)
    try:
        problem = msgspec.msgpack.decode(out, type=_Report).problem
    except msgspec.DecodeError:
        raise Refused(
            f"{name}: want it to answer its examples within {limits.cpu_s} s of processor time and "
            f"{limits.memory_bytes >> 20} MB, got a process that ended with {child.returncode}. Try a smaller model."
        ) from None
    if problem:
        raise Refused(problem)


def compare(examples: Examples, runtime: OnnxRuntime, *, name: str, tolerance: float) -> None:
    """Return if the runtime answers the examples as recorded.

    Raises:
        Refused: It does not; the message has the worst row.
    """
    rows = len(examples.score)
    columns = {field: decode_column(column) for field, column in examples.x.items()}
    wanted, got = np.array(examples.score), runtime.score(columns, rows=rows)
    off = np.abs(got - wanted) / np.maximum(1.0, np.abs(wanted))
    off[np.isnan(wanted) & np.isnan(got)] = 0.0
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    if not off[worst] <= tolerance:
        raise Refused(
            f"{name}: want the recorded answer {wanted[worst]:.6g} to example {worst} within {tolerance:g}, "
            f"got {got[worst]:.6g}. This machine computes the model differently; package it again here and compare."
        )


def _run(task: _Task) -> _Report:
    try:
        runtime = OnnxRuntime(task.model, signature=task.signature, name=task.name)
        compare(task.examples, runtime, name=task.name, tolerance=task.tolerance)
    except SlipwayError as error:
        return _Report(problem=str(error))
    except KeyError as error:
        return _Report(problem=f"{task.name}: want examples with every field, got none for {error}. Package again.")
    return _Report()


def _main() -> None:
    reply = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not our answer
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Task)
    resource.setrlimit(resource.RLIMIT_AS, (task.limits.memory_bytes, task.limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (task.limits.cpu_s, task.limits.cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with reply:
        reply.write(msgspec.msgpack.encode(_run(task)))


if __name__ == "__main__":
    _main()
