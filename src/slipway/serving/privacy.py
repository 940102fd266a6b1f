"""What the journal may hold of a request: a field in clear, under a pseudonym, or not at all.

A pseudonym is a keyed hash, the same for the same value, so that rows can still be counted and joined; without the key
it says nothing. Shadow arms read the journal, so to them a pseudonym is an unknown category and a hidden field missing.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.ports import Floats
from slipway.records.field import FieldKind, Privacy
from slipway.records.held import Held
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.batch import Batch
from slipway.storage.columns import encode_column

_LARGE_BYTES = 1 << 16


class PrivacyFilter:
    """Turns a batch into what a frame may hold, and an entity into what it is dealt and journalled by."""

    def __init__(self, config: WorkerConfig) -> None:
        self._key = config.pseudonym_key[:64]
        fields = config.signature.fields
        self._hidden = [f.name for f in fields if f.privacy is Privacy.PSEUDONYM]
        self._texts = [f.name for f in fields if f.privacy is Privacy.CLEAR and f.kind is FieldKind.CATEGORY]
        numbers = [f for f in fields if f.kind is not FieldKind.CATEGORY]
        clear = [i for i, f in enumerate(numbers) if f.privacy is Privacy.CLEAR]
        self._names = tuple(numbers[i].name for i in clear)
        self._in_clear = None if len(clear) == len(numbers) else clear
        self._hides_entity = config.privacy_of_entity() is Privacy.PSEUDONYM

    def columns(self, batch: Batch) -> Held:
        """Return what a frame may hold."""
        kept = {name: encode_column(batch.texts[name], name=name) for name in self._texts}
        for name in self._hidden:
            kept[name] = [self._of_value(value) for value in _listed(batch[name])]
        block = batch.block if self._in_clear is None else batch.block[:, self._in_clear]
        return Held(kept, names=self._names, block=_bytes_of(block))

    def entities(self, entities: Sequence[str]) -> Sequence[str]:
        """Return what the entities are dealt and journalled by."""
        return [self.pseudonym(entity) for entity in entities] if self._hides_entity else entities

    def pseudonym(self, value: str) -> str:
        """Return the 24 hex digits that stand for the value."""
        return hashlib.blake2b(value.encode(), key=self._key, digest_size=12).hexdigest()

    def _of_value(self, value: str | float | None) -> str | None:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        return self.pseudonym(format(value, ".17g") if isinstance(value, float) else value)


def _bytes_of(block: Floats) -> bytes | memoryview:
    """Return the bytes of a block; of one that is large, without a copy, unless it lies elsewise in memory."""
    block = block.astype("<f8", order="C", copy=False)
    return block.tobytes() if block.nbytes < _LARGE_BYTES else block.reshape(-1).view(np.uint8).data


def _listed(column: npt.NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return values
