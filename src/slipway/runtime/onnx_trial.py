"""The first run of a model happens in a child, under limits, on rows whose answers are known.

A model file is a program that somebody else wrote. The worker that answers people loads it only after a process of
its own has loaded it, answered the packaged examples as recorded, alone and together, and stayed within its memory and
time. What it took there is what we know of its cost before it answers anybody.
"""

import asyncio
import os
import resource
import sys
import time

import msgspec
import numpy as np

from slipway.errors import Refused, SlipwayError
from slipway.ports import Columns, Floats
from slipway.records.arm import Device
from slipway.records.examples import Examples
from slipway.records.model import Manifest, Signature
from slipway.records.usage import ArmUsage
from slipway.runtime.child import end
from slipway.runtime.environment import child_environment
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.package import GRAPH, examples_of
from slipway.runtime.proc import die_with_parent, limit, peak_bytes, resident_bytes
from slipway.storage.columns import decode_column

_LOOK_S = 0.02
_ALONE = 8
_WARM_RUNS = 5


class TrialLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a model may use in its trial.

    Attributes:
        memory_bytes: Resident memory of the child, ours included (about 80 MB). Its address space may be twice that
            and a gigabyte more, unless it computes on a GPU, whose driver maps far more than it uses.
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
    device: Device
    parent: int


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    problem: str = ""
    peak_bytes: int = 0
    usage: ArmUsage = ArmUsage()


async def try_package(
    manifest: Manifest,
    files: dict[str, bytes],
    *,
    package: str,
    limits: TrialLimits = _LIMITS,
    device: Device = Device.CPU,
) -> ArmUsage:
    """Return what the model took if a child could load it and it answered the recorded examples as recorded.

    An answer counts as equal within the larger of 1e-4 (relative, for a regression's large values) and twice the
    parity measured at packaging: another processor may round differently, and the graph was allowed that difference to
    the original; a model that is damaged, or another one, is off by far more. The first eight examples are asked again
    one by one, for a row must not depend on those that happen to come with it.

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
        device=device,
        parent=os.getpid(),
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "slipway.runtime.onnx_trial",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(),
    )
    watch = asyncio.create_task(_end_if_large(child, limits.memory_bytes))
    try:
        out, _ = await asyncio.wait_for(child.communicate(msgspec.msgpack.encode(task)), limits.wall_s)
    except TimeoutError:
        raise Refused(
            f"{name}: want its examples answered within {limits.wall_s:g} s, got no answer. Try a smaller model."
        ) from None
    finally:
        watch.cancel()
        await end(child)
    return _read(out, name=name, limits=limits, status=child.returncode, large_bytes=await _result(watch))


def _read(out: bytes, *, name: str, limits: TrialLimits, status: int | None, large_bytes: int) -> ArmUsage:
    try:
        report = msgspec.msgpack.decode(out, type=_Report)
    except msgspec.DecodeError:
        took = f"one that ended with {status}"
        report = _Report(peak_bytes=large_bytes)
    else:
        took = ""
    if report.peak_bytes > limits.memory_bytes:
        took = f"one that took {report.peak_bytes >> 20} MB"
    if took:
        raise Refused(
            f"{name}: want a process that answers its examples within {limits.cpu_s} s of processor time and "
            f"{limits.memory_bytes >> 20} MB, got {took}. Try a smaller model, or raise memory_mb."
        ) from None
    if report.problem:
        raise Refused(report.problem)
    return report.usage


async def _end_if_large(child: asyncio.subprocess.Process, memory_bytes: int) -> int:
    while (held := resident_bytes(child.pid)) <= memory_bytes:
        await asyncio.sleep(_LOOK_S)
    child.kill()
    return held


async def _result(watch: asyncio.Task[int]) -> int:
    try:
        return await watch
    except (asyncio.CancelledError, ProcessLookupError):
        return 0


def compare(examples: Examples, runtime: OnnxRuntime, *, name: str, tolerance: float) -> None:
    """Return if the runtime answers the examples as recorded, all at once and the first few alone.

    Raises:
        Refused: It does not; the message has the worst row.
    """
    columns, wanted = _columns(examples), np.array(examples.score)
    _compare(wanted, runtime.score(columns, rows=len(wanted)), name=name, tolerance=tolerance, how="")
    alone = [runtime.score(_row(columns, i), rows=1)[0] for i in range(min(_ALONE, len(wanted)))]
    _compare(wanted[: len(alone)], np.array(alone), name=name, tolerance=tolerance, how=" asked alone")


def _compare(wanted: Floats, got: Floats, *, name: str, tolerance: float, how: str) -> None:
    off = np.abs(got - wanted) / np.maximum(1.0, np.abs(wanted))
    off[np.isnan(wanted) & np.isnan(got)] = 0.0
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    if not off[worst] <= tolerance:
        raise Refused(
            f"{name}: want the recorded answer {wanted[worst]:.6g} to example {worst}{how} within {tolerance:g}, "
            f"got {got[worst]:.6g}. This machine computes the model differently; package it again here and compare."
        )


def _columns(examples: Examples) -> Columns:
    return {field: decode_column(column) for field, column in examples.x.items()}


def _row(columns: Columns, i: int) -> Columns:
    return {field: column[i : i + 1] for field, column in columns.items()}


def _row_s(runtime: OnnxRuntime, columns: Columns) -> float:
    """Return how long one row takes once the graph is warm: the best of a few, so that a busy machine slows nobody."""
    best, one = float("inf"), _row(columns, 0)
    for _ in range(_WARM_RUNS):
        begun_s = time.perf_counter()
        runtime.score(one, rows=1)
        best = min(best, time.perf_counter() - begun_s)
    return best


def _run(task: _Task) -> _Report:
    before = resident_bytes(os.getpid())
    try:
        runtime = OnnxRuntime(
            task.model, signature=task.signature, name=task.name, timeout_s=task.limits.wall_s, device=task.device
        )
        compare(task.examples, runtime, name=task.name, tolerance=task.tolerance)
        row_s = _row_s(runtime, _columns(task.examples))
    except SlipwayError as error:
        return _Report(problem=str(error))
    except KeyError as error:
        return _Report(problem=f"{task.name}: want examples with every field, got none for {error}. Package again.")
    grown = max(0, resident_bytes(os.getpid()) - before)
    usage = msgspec.structs.replace(runtime.usage(), memory_bytes=grown, row_s=row_s)
    return _Report(usage=usage, peak_bytes=peak_bytes(os.getpid()))


def _main() -> None:
    reply = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not our answer
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Task)
    die_with_parent(task.parent)
    import onnxruntime  # noqa: F401, PLC0415 - what the runtime itself takes is not the model's

    if task.device is Device.CPU:
        limit(resource.RLIMIT_AS, 2 * task.limits.memory_bytes + (1 << 30))
    limit(resource.RLIMIT_CPU, task.limits.cpu_s)
    limit(resource.RLIMIT_CORE, 0)
    with reply:
        reply.write(msgspec.msgpack.encode(_run(task)))


if __name__ == "__main__":
    _main()
