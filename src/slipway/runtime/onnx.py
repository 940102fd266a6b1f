"""An arm that is a packaged model: an ONNX graph inside the process that asks, on one thread or on a GPU.

The graph takes either one float matrix that holds all fields in order, or one tensor of shape [rows, 1] a field, named
as the field. What it gives is told from the declared types; of two columns a binary answer is the second (class 1).

A fast graph answers inside the tick of the event loop (``score``). One that proves slow, in its trial or later, is
asked in a thread of its own (``predict``), so that it holds up nobody but its own callers. In both places a run that
takes longer than ``timeout_s`` is ended by the watchdog.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import DeadlineExceeded, Refused, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import Device
from slipway.records.field import FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.records.usage import ArmUsage
from slipway.runtime.batch import matrix
from slipway.runtime.device import CUDA_PROVIDER, providers_for, told_of
from slipway.runtime.onnx_wire import refuse_external_data
from slipway.runtime.row_order import order_by, put_back
from slipway.runtime.watchdog import Runs

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FLOATS: dict[str, Any] = {"tensor(float)": np.float32, "tensor(double)": np.float64}
_NUMBERS: dict[str, Any] = {
    **_FLOATS,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
SLOW_ROW_S = 0.005
"""A graph that takes longer for one row does not run inside a tick."""
_SLOW_RUN_S = 0.05
_STUCK_S = 1.0
_Feed = Callable[[Columns, int], tuple[dict[str, Any], npt.NDArray[np.bool_] | None]]


class OnnxRuntime:
    """Asks one graph.

    A missing category reaches the graph as an empty string, a missing number as NaN; where the graph takes whole
    numbers, which know no NaN, such a row cannot be answered and scores NaN.

    Args:
        model: The graph's bytes.
        signature: Inputs and kind of answer; binary answers are the probability of class 1.
        name: What to call the model in messages.
        timeout_s: How long a batch of up to 64 rows may take, larger ones in proportion.
        usage: What its trial measured.
        device: Where to compute.
        guide: The number by which many rows are sorted before they are asked (:mod:`slipway.runtime.row_order`), or
            None: not at all.

    Attributes:
        at_once: Whether it may run inside a tick; False once it proved slow, and for ever then.

    Raises:
        Refused: External data, or inputs or outputs that do not fit the signature.
    """

    def __init__(
        self,
        model: bytes,
        *,
        signature: Signature,
        name: str,
        timeout_s: float = 60.0,
        usage: ArmUsage | None = None,
        device: Device = Device.CPU,
        guide: str | None = None,
    ) -> None:
        refuse_external_data(model, name=name)
        session, note = _session(model, name, device)
        self._name = name
        self._usage = msgspec.structs.replace(
            usage or ArmUsage(), note=note, device="cuda" if CUDA_PROVIDER in session.get_providers() else "cpu"
        )
        self._runs = Runs(timeout_s=timeout_s)
        self._thread: ThreadPoolExecutor | None = None
        self._failures: dict[str, int] = {}
        self.at_once = self._usage.row_s <= SLOW_ROW_S
        self._feed = _plan_inputs(session, signature, name)
        self._output = _pick_output(session, signature, name)
        self._positive = 1 if signature.kind is TaskKind.BINARY else 0
        self._run = session.run
        self._guide = guide if self._usage.device == "cpu" else None

    def score(self, columns: Columns, *, rows: int) -> Floats:
        """Return one score a row, at once.

        Raises:
            DeadlineExceeded: It took longer than ``timeout_s`` and was ended.
            Unavailable: The graph failed on this batch, or gave another number of scores.
        """
        feed, unanswerable = self._feed(columns, rows)
        order = order_by(self._guide, columns, rows=rows)
        if order is not None:
            feed = {name: values.take(order, 0) for name, values in feed.items()}
        options, begun_s = self._runs.begin(rows), time.monotonic()
        try:
            (answer,) = self._run([self._output], feed, options)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises a class of its own for each kind of failure
            raise self._failed(error, rows, ended=options.terminate) from None
        finally:
            self._runs.end(options)
            took_s = time.monotonic() - begun_s
            if took_s > _SLOW_RUN_S and took_s > rows * SLOW_ROW_S:
                self.at_once = False
        if answer.ndim == 2:
            answer = answer[:, self._positive if answer.shape[1] == 2 else 0] if answer.shape[1] in (1, 2) else answer
        scores = np.asarray(answer, np.float64)
        if scores.shape != (rows,):
            came = f"an answer of shape {answer.shape}"
            raise Unavailable(f"{self._name}: want {rows} scores, got {came}.", came=came)
        if order is not None:
            scores = put_back(scores, order)
        if unanswerable is not None:
            scores = np.where(unanswerable, np.nan, scores)
        return scores

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return what :meth:`score` returns, from a thread of the model's own.

        Whoever gives up waiting takes his turn back, unless it has begun.

        Raises:
            DeadlineExceeded: As in :meth:`score`; or an earlier batch was told to end and does not.
            Unavailable: As in :meth:`score`.
        """
        late_s = self._runs.overdue_s(now_s=time.monotonic())
        if late_s > _STUCK_S:
            self._count("stuck")
            raise DeadlineExceeded(
                f"{self._name}: want {rows} scores, got none: an earlier batch was told to end {late_s:.0f} s ago and "
                "does not. Route around it and start the server again.",
                came="none, for an earlier batch does not end",
            )
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="slipway-model")
        return await asyncio.wrap_future(self._thread.submit(self.score, columns, rows=rows))

    def usage(self) -> ArmUsage:
        """Return what the model takes, as measured in its trial, and what it failed at since."""
        return msgspec.structs.replace(self._usage, failures=dict(self._failures))

    async def close(self) -> None:
        """End what runs, and let the thread go; the session goes with its last reference."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._runs.stop()
            thread.shutdown(wait=False, cancel_futures=True)

    def _failed(self, error: Exception, rows: int, *, ended: bool) -> Unavailable:
        if not ended:
            self._count("error")
            return Unavailable(f"{self._name}: want {rows} scores, got {_short(error)}.", came=type(error).__name__)
        self.at_once = False
        self._count("timeout")
        return DeadlineExceeded(
            f"{self._name}: want {rows} scores within {self._runs.timeout_s:g} s, got none; the run was ended. "
            "From now on this model is asked apart from the others. Raise its timeout_ms, or make it smaller.",
            came="none",
        )

    def _count(self, kind: str) -> None:
        self._failures[kind] = self._failures.get(kind, 0) + 1


def _session(model: bytes, name: str, device: Device) -> tuple["InferenceSession", str]:
    import onnxruntime as ort  # noqa: PLC0415 - heavy, and only wanted where models run

    asked = providers_for(device, available=ort.get_available_providers())

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(model, options, providers=list(asked.names))
    except Exception as error:  # noqa: BLE001 - as above
        raise Refused(f"{name}: want a graph that ONNX Runtime {ort.__version__} loads, got {_short(error)}.") from None
    return session, told_of(asked, got=session.get_providers(), device=device)


def _plan_inputs(session: "InferenceSession", signature: Signature, name: str) -> _Feed:
    inputs, fields = session.get_inputs(), signature.fields
    fixed = [i.shape[0] for i in inputs if i.shape and isinstance(i.shape[0], int)]
    if fixed:
        raise Refused(
            f"{name}: want a graph that takes any number of rows, got one for {fixed[0]}. "
            "Convert it again with the first dimension left open."
        )
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
