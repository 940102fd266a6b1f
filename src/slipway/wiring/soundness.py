"""Try an arm as a worker that starts would: hashes, signature of the fields, recorded answers; then give it back."""

import asyncio
from collections.abc import Callable

from slipway.errors import SlipwayError
from slipway.records.arm import Arm, ArmKind
from slipway.records.model import Manifest, Signature
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


class Whole:
    """Tells what is wrong with an arm's package; its files are hashed again only when one of them has changed.

    Args:
        parts: The project.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[str, tuple[tuple[object, ...], str]] = {}

    def __call__(self, arm: Arm) -> str:
        """Return it, or an empty string; of what is no package nothing is said."""
        if not arm.package:
            return ""
        stamp, said = self._known.get(arm.package, ((), ""))
        now = self._stamp(arm.package)
        if stamp and stamp == now:
            return said
        try:
            from slipway.runtime.package import load_package  # noqa: PLC0415 - loads what reads packages

            load_package(self._parts.blobs, arm.package)
            said = ""
        except SlipwayError as error:
            said = f"arm {arm.name}: {error}"
        self._known[arm.package] = (now, said)
        return said

    def _stamp(self, package: str) -> tuple[object, ...]:
        try:
            manifest, _ = self._parts.store.get(Manifest, id=package)
        except SlipwayError:
            return ()
        return tuple(self._parts.blobs.stamp(id_) for id_ in sorted({package, *manifest.files.values()}))


async def _open_and_close(arm: Arm, *, parts: Parts) -> None:
    from slipway.runtime.registry import ArmContext, open_arm  # noqa: PLC0415 - loads ONNX Runtime

    scope = parts.scope
    signature = Signature(fields=scope.fields, kind=scope.task.kind, threshold=scope.task.threshold)
    context = ArmContext(signature=signature, blobs=parts.blobs, root=parts.layout.root)
    runtime = await open_arm(arm, context=context)
    await runtime.close()
