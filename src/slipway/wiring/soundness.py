"""Try an arm as a worker that starts would: hashes, signature of the fields, recorded answers; then give it back."""

import asyncio
from collections.abc import Callable

from slipway.errors import SlipwayError
from slipway.records.arm import Arm, ArmKind
from slipway.records.model import Signature
from slipway.wiring.parts import Parts


def sound(parts: Parts) -> Callable[[Arm], str]:
    """Return what tries an arm of a project: it returns why it cannot be used, or nothing.

    A remote system is not asked: what a request costs or does there is not known here.
    """

    def why_not(arm: Arm) -> str:
        if arm.kind is ArmKind.PERSON:
            return ""
        try:
            asyncio.run(_open_and_close(arm, parts=parts))
        except SlipwayError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - code of others, which may raise anything
            return f"arm {arm.name}: want it loaded, got {type(error).__name__}: {error}."
        return ""

    return why_not


async def _open_and_close(arm: Arm, *, parts: Parts) -> None:
    from slipway.runtime.registry import ArmContext, open_arm  # noqa: PLC0415 - loads ONNX Runtime

    scope = parts.scope
    signature = Signature(fields=scope.fields, kind=scope.task.kind, threshold=scope.task.threshold)
    context = ArmContext(signature=signature, blobs=parts.blobs, root=parts.layout.root)
    runtime = await open_arm(arm, context=context)
    await runtime.close()
