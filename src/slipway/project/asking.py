"""Ask an arm about the rows of a table, as a baseline needs it."""

import asyncio

import numpy as np
import polars as pl

from slipway.ports import Floats
from slipway.project.tables import columns_of
from slipway.records.arm import Arm
from slipway.records.model import Signature
from slipway.records.scope import Scope
from slipway.runtime.registry import ArmContext, open_arm
from slipway.wiring import Parts

ROWS_AT_ONCE = 2048


def signature_of(scope: Scope) -> Signature:
    """Return what requests of this project carry and what is answered."""
    return Signature(fields=scope.fields, kind=scope.task.kind, threshold=scope.task.threshold)


def ask(arm: Arm, *, table: pl.DataFrame, parts: Parts) -> Floats:
    """Return the arm's answer to each row, shape (rows,); NaN where it has none.

    Raises:
        SlipwayError: The arm cannot be opened, or did not answer.
    """
    return asyncio.run(_ask(arm, table, parts))


async def _ask(arm: Arm, table: pl.DataFrame, parts: Parts) -> Floats:
    context = ArmContext(signature=signature_of(parts.scope), blobs=parts.blobs, root=parts.layout.root)
    runtime = await open_arm(arm, context=context)
    try:
        answers = []
        for part in table.iter_slices(ROWS_AT_ONCE):
            columns = columns_of(part, fields=parts.scope.fields)
            answers.append(await runtime.predict(columns, rows=part.height))
        return np.concatenate(answers)
    finally:
        await runtime.close()
