"""Which runtime asks which kind of arm. A new kind is one file and one line here, or a package of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np

from slipway.errors import Refused
from slipway.ports import BlobStore, Runtime
from slipway.records.arm import Arm, ArmKind
from slipway.records.model import Signature
from slipway.runtime.http import HttpRuntime
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.onnx_trial import TrialLimits, try_package
from slipway.runtime.package import GRAPH, examples_of, load_package
from slipway.runtime.plugins import check_runtime, find_opener
from slipway.runtime.python import PythonRuntime
from slipway.runtime.row_order import guide_of
from slipway.runtime.rule import RuleRuntime
from slipway.storage.columns import decode_column


class ArmContext(msgspec.Struct, frozen=True, kw_only=True):
    """What opening an arm may need.

    Attributes:
        signature: The fields that requests carry, and the kind of answer.
        blobs: Where packages are.
        root: Folder of the project.
    """

    signature: Signature
    blobs: BlobStore
    root: Path


async def open_arm(arm: Arm, *, context: ArmContext) -> Runtime:
    """Return the arm, ready to be asked. A model was hash-checked and tried in a child process first.

    Raises:
        SlipwayError: It cannot be used; the message says why. Nothing is left running.
    """
    return await _OPENERS[arm.kind](arm, context)


async def _open_model(arm: Arm, context: ArmContext) -> Runtime:
    manifest, files = await asyncio.to_thread(load_package, context.blobs, arm.package)  # hashing takes its time
    _check_fields(arm, manifest.signature, context.signature)
    limits = TrialLimits(memory_bytes=arm.memory_bytes)
    usage = await try_package(manifest, files, package=arm.package, limits=limits, device=arm.device)
    examples = examples_of(files, package=arm.package)
    columns = {name: decode_column(column) for name, column in examples.x.items()}
    return await asyncio.to_thread(
        OnnxRuntime,
        files[GRAPH],
        signature=manifest.signature,
        name=f"arm {arm.name} (package {arm.package[:12]})",
        timeout_s=arm.timeout_ms / 1000,
        usage=usage,
        device=arm.device,
        guide=guide_of(files[GRAPH], columns, np.array(examples.score)),
    )


async def _open_http(arm: Arm, context: ArmContext) -> Runtime:
    return HttpRuntime(arm, signature=context.signature, root=context.root)


async def _open_rule(arm: Arm, context: ArmContext) -> Runtime:
    return RuleRuntime(arm, signature=context.signature)


async def _open_python(arm: Arm, context: ArmContext) -> Runtime:
    runtime = PythonRuntime(arm, root=context.root)
    try:
        await runtime.start()
    except BaseException:
        await runtime.close()
        raise
    return runtime


async def _open_plugin(arm: Arm, context: ArmContext) -> Runtime:
    return check_runtime(await find_opener(arm.runtime)(arm, context), name=arm.runtime)


async def _open_person(arm: Arm, _: ArmContext) -> Runtime:
    raise Refused(
        f"arm {arm.name}: want an arm that answers at once, got people ({arm.people}). They decide case by case: see "
        "'slipway review'."
    )


_OPENERS: dict[ArmKind, Callable[[Arm, ArmContext], Awaitable[Runtime]]] = {
    ArmKind.MODEL: _open_model,
    ArmKind.HTTP: _open_http,
    ArmKind.RULE: _open_rule,
    ArmKind.PYTHON: _open_python,
    ArmKind.PLUGIN: _open_plugin,
    ArmKind.PERSON: _open_person,
}


def _check_fields(arm: Arm, model: Signature, served: Signature) -> None:
    if model.kind is not served.kind:
        raise Refused(f"arm {arm.name}: want a {served.kind} model, as the scope says, got a {model.kind} one.")
    kinds = {f.name: f.kind for f in served.fields}
    odd = [f"{f.name} ({f.kind})" for f in model.fields if kinds.get(f.name) is not f.kind]
    if odd:
        raise Refused(
            f"arm {arm.name}: want a model over the fields of the scope {[f'{n} ({k})' for n, k in kinds.items()]}, "
            f"got one that also takes {odd}. Train it on the scope's fields, or add them to the scope."
        )
