"""What the journal may hold of a request: a field in clear, under a pseudonym, or not at all.

A pseudonym is a keyed hash, the same for the same value, so that rows can still be counted and joined; without the key
it says nothing. Shadow arms read the journal, so to them a pseudonym is an unknown category and a hidden field missing.
"""

import hashlib
import math
import sys
from typing import Any

import numpy.typing as npt

from slipway.ports import Columns
from slipway.records.field import Privacy
from slipway.records.frame import Column
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.batch import Batch
from slipway.storage.columns import encode_column


class PrivacyFilter:
    """Turns a batch into what a frame may hold, and an entity into what it is dealt and journalled by."""

    def __init__(self, config: WorkerConfig) -> None:
        self._key = config.pseudonym_key[:64]
        self._clear = [f.name for f in config.signature.fields if f.privacy is Privacy.CLEAR]
        self._hidden = [f.name for f in config.signature.fields if f.privacy is Privacy.PSEUDONYM]
        self._all_clear = len(self._clear) == len(config.signature.fields) and sys.byteorder == "little"
        self._hides_entity = config.privacy_of_entity() is Privacy.PSEUDONYM

    def columns(self, columns: Columns) -> dict[str, Column]:
        """Return the columns that a frame may hold."""
        kept = _in_one_go(columns) if self._all_clear and isinstance(columns, Batch) else self._one_by_one(columns)
        for name in self._hidden:
            kept[name] = [self._of_value(value) for value in _listed(columns[name])]
        return kept

    def _one_by_one(self, columns: Columns) -> dict[str, Column]:
        return {name: encode_column(columns[name], name=name) for name in self._clear}

    def entities(self, entities: list[str]) -> list[str]:
        """Return what the entities are dealt and journalled by."""
        return [self.pseudonym(entity) for entity in entities] if self._hides_entity else entities

    def pseudonym(self, value: str) -> str:
        """Return the 24 hex digits that stand for the value."""
        return hashlib.blake2b(value.encode(), key=self._key, digest_size=12).hexdigest()

    def _of_value(self, value: str | float | None) -> str | None:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        return self.pseudonym(format(value, ".17g") if isinstance(value, float) else value)


def _in_one_go(batch: Batch) -> dict[str, Column]:
    """Return what :func:`encode_column` would, column by column, at the price of one copy of the block."""
    data, width = batch.block.tobytes(), batch.block.shape[1] * 8
    kept: dict[str, Column] = {name: data[i * width : (i + 1) * width] for i, name in enumerate(batch.names)}
    for name, column in batch.texts.items():
        kept[name] = encode_column(column, name=name)
    return kept


def _listed(column: npt.NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return values
