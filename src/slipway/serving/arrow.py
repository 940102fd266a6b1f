"""Arrow streams in and out, for many rows: the columns of a table go to the arms without becoming rows.

polars does the reading. It is loaded with the first such request, for it is large and most servers never see one.
"""

import threading
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.serving.arrow_frame import check_stream, no_stream
from slipway.serving.explain import unknown_field
from slipway.serving.http_request import Request
from slipway.serving.media import Form
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values
from slipway.serving.waiting import Waiting

if TYPE_CHECKING:
    import polars as pl

_loaded = threading.Event()
_MOST_TEXT_BYTES = 16 << 20
"""Texts of one request together, each counted as often as a row refers to it."""


def is_loaded() -> bool:
    """Tell whether a stream can be read at once."""
    return _loaded.is_set()


def load() -> None:
    """Load what reads streams; takes a tenth of a second or more."""
    import polars as pl  # noqa: PLC0415 - see above

    pl.DataFrame({"loaded": ["yes"]}).write_ipc_stream(BytesIO())
    _loaded.set()


def read_columns(
    body: bytes, *, most_rows: int, known: Sequence[str], moments: Sequence[str] = ()
) -> tuple[dict[str, Values], int]:
    """Return the columns of a stream by name, and the number of rows.

    Numbers become float64 arrays, where null is NaN; texts and dictionaries become lists of text or None; timestamps
    become microseconds since the epoch, in UTC where they have no zone.

    Args:
        body: An Arrow IPC stream, uncompressed.
        most_rows: Rows that it may have.
        known: Names that its columns may have.
        moments: Those of them that may hold timestamps.

    Raises:
        Refusal: 400, no such stream, or a column of another kind; 413, too much of it.
    """
    import polars as pl  # noqa: PLC0415 - see above

    check_stream(body, most_rows=most_rows)
    try:
        table = pl.read_ipc_stream(body)
        if unknown := [name for name in table.columns if name not in known]:
            raise unknown_field(unknown[0][:80], known=known)
        left_bytes = [_MOST_TEXT_BYTES]
        counted = [_counted(column) if column.name in moments else column for column in table]
        return {column.name: _values(column, left_bytes) for column in counted}, table.height
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise no_stream(str(error).partition("\n")[0]) from None


class ArrowReply:
    """Encodes answers as one table: id, entity, score, label (binary), arm, fallback.

    Args:
        request: Where the reply goes.
        signature: What the model gives.
    """

    def __init__(self, request: Request, *, signature: Signature) -> None:
        self._request = request
        self._threshold = signature.threshold if signature.kind is TaskKind.BINARY else None

    def encode(self, w: Waiting) -> bytes:
        """Return the table as an Arrow IPC stream that Arrow 1.0 reads too."""
        import polars as pl  # noqa: PLC0415 - see above

        score = np.array(w.score)
        label = {} if self._threshold is None else {"label": (score >= self._threshold).astype(np.int64)}
        columns = {"id": w.ids, "entity": w.asked.entities, "score": score, **label, "arm": w.arm}
        out = BytesIO()
        table = pl.DataFrame(columns | {"fallback": w.fallback})
        table.write_ipc_stream(out, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
        return out.getvalue()

    def ok(self, body: bytes) -> None:
        """Reply with the table."""
        self._request.reply(200, body, content_type=Form.ARROW)

    def unlogged(self) -> None:
        """Let the reply say that the journal does not hold the answer."""
        self._request.unlogged()

    def refuse(self, refusal: Refusal) -> None:
        """Reply with an error, as JSON."""
        self._request.refuse(refusal)


def _counted(column: "pl.Series") -> "pl.Series":
    """Return timestamps as microseconds since the epoch, and anything else as it is."""
    import polars as pl  # noqa: PLC0415 - see above

    return column.dt.epoch("us") if column.dtype == pl.Datetime else column


def _values(column: "pl.Series", left_bytes: list[int]) -> Values:
    import polars as pl  # noqa: PLC0415 - see above

    kind = column.dtype
    if kind.is_float() or kind.is_integer():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if kind == pl.Null:
        return [None] * len(column)
    if kind == pl.Boolean:
        return column.to_list() if column.null_count() else column.to_numpy()
    if kind in (pl.String, pl.Categorical, pl.Enum):
        texts = column.cast(pl.String)
        left_bytes[0] -= int(texts.str.len_bytes().sum())
        if left_bytes[0] < 0:
            wanted = f"at most {_MOST_TEXT_BYTES} bytes of text"
            raise Refusal(413, f"{column.name[:80]}: too much text.", wanted=wanted, got="more")
        return texts.to_list()
    wanted = "numbers, booleans, text, or dictionaries of text"
    raise Refusal(400, f"{column.name[:80]}: this column is of another type.", wanted=wanted, got=str(kind)[:80])
