"""An arm that is a packaged model: an ONNX graph on the CPU, one thread, inside the process that asks.

The graph takes either one float matrix that holds all fields in order, or one tensor of shape [rows, 1] a field, named
as the field. What it gives is told from the declared types; of two columns a binary answer is the second (class 1).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from slipway.errors import Refused, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.field import FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.runtime.batch import matrix
from slipway.runtime.onnx_wire import refuse_external_data

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FLOATS: dict[str, Any] = {"tensor(float)": np.float32, "tensor(double)": np.float64}
_NUMBERS: dict[str, Any] = {
    **_FLOATS,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
_Feed = Callable[[Columns, int], tuple[dict[str, Any], npt.NDArray[np.bool_] | None]]


class OnnxRuntime:
    """Asks one graph.

    A missing category reaches the graph as an empty string, a missing number as NaN; where the graph takes whole
    numbers, which know no NaN, such a row cannot be answered and scores NaN.

    Args:
        model: The graph's bytes.
        signature: Inputs and kind of answer; binary answers are the probability of class 1.
        name: What to call the model in messages.

    Raises:
        Refused: External data, or inputs or outputs that do not fit the signature.
    """

    def __init__(self, model: bytes, *, signature: Signature, name: str) -> None:
        refuse_external_data(model, name=name)
        session = _session(model, name)
        self._name = name
        self._feed = _plan_inputs(session, signature, name)
        self._output = _pick_output(session, signature, name)
        self._positive = 1 if signature.kind is TaskKind.BINARY else 0
        self._run = session.run

    def score(self, columns: Columns, *, rows: int) -> Floats:
        """Return one score a row, at once.

        Raises:
            Unavailable: The graph failed on this batch, or gave another number of scores.
        """
        feed, unanswerable = self._feed(columns, rows)
        try:
            (answer,) = self._run([self._output], feed)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises a class of its own for each kind of failure
            raise Unavailable(f"{self._name}: want {rows} scores, got {_short(error)}.") from None
        if answer.ndim == 2:
            answer = answer[:, self._positive if answer.shape[1] == 2 else 0] if answer.shape[1] in (1, 2) else answer
        scores = np.asarray(answer, np.float64)
        if scores.shape != (rows,):
            raise Unavailable(f"{self._name}: want {rows} scores, got an answer of shape {answer.shape}.")
        if unanswerable is not None:
            scores = np.where(unanswerable, np.nan, scores)
        return scores

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """See :meth:`slipway.ports.Runtime.predict`."""
        return self.score(columns, rows=rows)

    async def close(self) -> None:
        """Nothing to give back: the session goes with its last reference."""


def _session(model: bytes, name: str) -> "InferenceSession":
    import onnxruntime as ort  # noqa: PLC0415 - heavy, and only wanted where models run

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - as above
        raise Refused(f"{name}: want a graph that ONNX Runtime {ort.__version__} loads, got {_short(error)}.") from None


def _plan_inputs(session: "InferenceSession", signature: Signature, name: str) -> _Feed:
    inputs, fields = session.get_inputs(), signature.fields
    names = tuple(f.name for f in fields)
    if _is_matrix(inputs, signature) and (len(fields) > 1 or inputs[0].name not in names):
        return _matrix_feed(inputs[0].name, names, _FLOATS[inputs[0].type])
    wanted = {f.name: "tensor(string)" if f.kind is FieldKind.CATEGORY else "a number tensor" for f in fields}
    got = {i.name: i.type for i in inputs}
    fits = wanted.keys() == got.keys() and all(
        (kind == "tensor(string)") == (got[field] == "tensor(string)") and (got[field] in {*_NUMBERS, "tensor(string)"})
        for field, kind in wanted.items()
    )
    if not fits:
        raise Refused(
            f"{name}: want one float matrix of {len(fields)} columns (all fields numbers), or one [rows, 1] tensor "
            f"a field {wanted}, got {[(i.name, i.type, i.shape) for i in inputs]}. Convert it again with these names."
        )
    return _typed_feed([(f.name, _NUMBERS.get(got[f.name])) for f in fields])


def _is_matrix(inputs: list[Any], signature: Signature) -> bool:
    if len(inputs) != 1 or any(f.kind is FieldKind.CATEGORY for f in signature.fields):
        return False
    return inputs[0].type in _FLOATS and _width(inputs[0]) in (len(signature.fields), None)


def _width(value: Any) -> object:
    if len(value.shape) != 2:
        return -1
    return value.shape[1] if isinstance(value.shape[1], int) else None


def _matrix_feed(input_name: str, names: tuple[str, ...], kind: Any) -> _Feed:
    def feed(columns: Columns, rows: int) -> tuple[dict[str, Any], None]:
        return {input_name: matrix(columns, names, rows=rows, kind=kind)}, None

    return feed


def _typed_feed(inputs: list[tuple[str, Any]]) -> _Feed:
    texts = [name for name, kind in inputs if kind is None]
    floats = [(name, kind) for name, kind in inputs if kind in (np.float32, np.float64)]
    wholes = [(name, kind) for name, kind in inputs if kind in (np.int64, np.int32, np.bool_)]

    def feed(columns: Columns, rows: int) -> tuple[dict[str, Any], npt.NDArray[np.bool_] | None]:
        unanswerable = None
        given: dict[str, Any] = {name: _text_or_empty(columns[name], rows) for name in texts}
        for name, kind in floats:
            given[name] = columns[name].astype(kind).reshape(rows, 1)
        for name, kind in wholes:
            missing = np.isnan(columns[name])
            given[name] = np.where(missing, 0, columns[name]).astype(kind).reshape(rows, 1)
            unanswerable = missing if unanswerable is None else unanswerable | missing
        return given, unanswerable

    return feed


def _text_or_empty(column: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    out = np.empty((rows, 1), object)
    out[:, 0] = ["" if v is None else v for v in column]
    return out


def _pick_output(session: "InferenceSession", signature: Signature, name: str) -> str:
    outputs = session.get_outputs()
    numbers = [o for o in outputs if o.type in _FLOATS]
    if len(numbers) > 1:
        numbers = [o for o in numbers if "prob" in o.name.lower()] or numbers
    widths = (1, 2) if signature.kind is TaskKind.BINARY else (1,)
    if len(numbers) == 1:
        width = _width(numbers[0])
        if len(numbers[0].shape) < 2 or width in widths or width is None:
            return str(numbers[0].name)
    hint = (
        "Convert with options={'zipmap': False}, so that probabilities are one array."
        if any(o.type.startswith(("seq", "map")) for o in outputs)
        else "Convert the model again with one score a row."
    )
    raise Refused(
        f"{name}: want one float output of shape [rows] or [rows, n] with n in {widths}, "
        f"got {[(o.name, o.type, o.shape) for o in outputs]}. {hint}"
    )


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
