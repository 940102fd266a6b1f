"""A ``torch.nn.Module`` as a model: asked as it will be served, and turned into a graph by PyTorch's own exporter.

The module gets one float32 matrix, the fields in their order with NaN for missing, and returns one number a row: for a
binary task the probability of class 1, shape (rows,) or (rows, 1), or both classes' probabilities, shape (rows, 2).
It is always asked in evaluation mode, without gradients, and left as it was found.
"""

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput, MissingExtra, Refused
from slipway.modeling.shares import positive_share
from slipway.records.field import Field, FieldKind
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]

_OPSET = 18
_ROWS_AT_ONCE = 16_384
_OUTPUTS = {TaskKind.BINARY: (1, 2), TaskKind.REGRESSION: (1,)}


def is_module(estimator: Any) -> bool:
    """Tell whether an estimator is a PyTorch module, without importing PyTorch.

    >>> is_module(object())
    False
    """
    return any((c.__module__, c.__qualname__) == ("torch.nn.modules.module", "Module") for c in type(estimator).__mro__)


class Estimator:
    """A module with the methods of an estimator, for those who know only such.

    Args:
        module: See :func:`ask_module`.
    """

    classes_ = (0.0, 1.0)

    def __init__(self, module: Any) -> None:
        self._module = module

    def predict_proba(self, x: Any) -> Floats:
        """Return the probabilities of the classes 0 and 1, shape (rows, 2)."""
        ones = ask_module(self._module, x=x, kind=TaskKind.BINARY)
        return np.stack([1 - ones, ones], axis=1)

    def predict(self, x: Any) -> Floats:
        """Return one number a row."""
        return ask_module(self._module, x=x, kind=TaskKind.REGRESSION)


def ask_module(module: Any, *, x: Any, kind: TaskKind) -> Floats:
    """Return the module's answers, shape (rows,): the probability of class 1, or a number.

    Args:
        module: In whatever mode and on whatever device it is.
        x: X as a table or matrix, all numbers.
        kind: Binary or regression.

    Raises:
        BadInput: X holds text, or the module does not return one number a row.
    """
    torch = _library("torch")
    matrix = np.ascontiguousarray(x.to_numpy() if isinstance(x, pl.DataFrame) else x)
    if matrix.dtype.kind not in "fiub":
        raise BadInput(f"{type(module).__name__}: want X all numbers, got text. {_ENCODE}")
    weights = next(iter(module.parameters()), None)
    device = torch.device("cpu") if weights is None else weights.device
    with _evaluating(module), torch.no_grad():
        parts = [
            _one_a_row(
                module(torch.tensor(matrix[at : at + _ROWS_AT_ONCE], dtype=torch.float32, device=device)),
                module=module,
                rows=min(_ROWS_AT_ONCE, len(matrix) - at),
                kind=kind,
            )
            for at in range(0, len(matrix), _ROWS_AT_ONCE)
        ]
    return np.concatenate([np.empty(0), *parts])


def graph_of_module(module: Any, *, fields: Sequence[Field], name: str) -> bytes:
    """Return the module as an ONNX file with its weights inside; the same bytes for the same module.

    What the exporter notes beside the graph (lines of the user's code, paths of this machine) is left out.

    Args:
        module: Takes one float32 matrix; it is copied, and the copy exported from the processor's memory.
        fields: X in order, none of them a category.
        name: Name of the graph's input.

    Raises:
        MissingExtra: onnxscript, which PyTorch exports with, is not installed.
        Refused: A field is a category, or PyTorch cannot export the module.
    """
    said = type(module).__name__
    if text := [f.name for f in fields if f.kind is FieldKind.CATEGORY]:
        raise Refused(f"converting {said}: want numbers and booleans only, got the categories {text}. {_ENCODE}")
    torch = _library("torch")
    _library("onnxscript")  # the exporter needs it, and fails with a page of its own without
    plain = copy.deepcopy(module).cpu().eval()
    some = (torch.zeros(2, len(fields), dtype=torch.float32),)
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                plain,
                some,
                dynamo=True,
                opset_version=_OPSET,
                input_names=[name],
                dynamic_shapes=({0: torch.export.Dim("rows")},),
                verbose=False,
            )
    except Exception as error:
        raise Refused(
            f"converting {said}: want a graph, got {type(error).__name__}: {_first_line(error)} PyTorch's exporter "
            "follows tensors: keep Python's 'if' and loops on values, numpy and .item() out of forward(), and take any "
            "number of rows."
        ) from error
    return _bare(program.model_proto)


def _library(name: str) -> Any:
    """Import what only those have who train with PyTorch; it is heavy, and no part of it has types here."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"packaging a PyTorch module: want {name}, got none. Install it: pip install 'slipway[torch]'"
        ) from error


_ENCODE = (
    "Declare a category's code as a number field, or encode it in a scikit-learn pipeline that holds the network "
    "(skorch makes it an estimator)."
)


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    learning = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in learning:
            part.training = True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what the exporter says of libraries that nobody needs here; what goes wrong is raised."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _one_a_row(answered: Any, *, module: Any, rows: int, kind: TaskKind) -> Floats:
    said = type(module).__name__
    if not hasattr(answered, "detach"):
        raise BadInput(f"{said}: want forward() to return a tensor, got {type(answered).__name__}.")
    found = answered.detach().cpu().double().numpy()
    width = 1 if found.ndim == 1 else found.shape[-1]
    if found.ndim not in (1, 2) or found.shape[0] != rows or width not in _OUTPUTS[kind]:
        wanted = "one probability a row, or one of each class" if kind is TaskKind.BINARY else "one number a row"
        raise BadInput(f"{said}: want {wanted} for {rows} rows, got a tensor of shape {tuple(found.shape)}.")
    if kind is TaskKind.BINARY and ((found < 0) | (found > 1)).any():
        raise BadInput(
            f"{said}: want probabilities from 0 to 1, got {float(np.nanmin(found)):.3g} to "
            f"{float(np.nanmax(found)):.3g}. Return torch.nn.Sequential(net, torch.nn.Sigmoid()) after the training."
        )
    if width == 2:
        return positive_share(found, said=said)
    return np.asarray(found if found.ndim == 1 else found[:, 0], dtype=np.float64)


def _bare(model: Any) -> bytes:
    """Return the bytes without notes, which would name this machine's paths and hold the user's code."""
    model.ClearField("metadata_props")
    model.ClearField("doc_string")
    graphs = [model.graph, *model.functions]
    while graphs:
        graph = graphs.pop()
        graph.ClearField("metadata_props")
        graph.ClearField("doc_string")
        values = [] if not hasattr(graph, "initializer") else [*graph.input, *graph.output, *graph.initializer]
        for item in (*values, *graph.value_info, *graph.node):
            item.ClearField("metadata_props")
            item.ClearField("doc_string")
        graphs += [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    return bytes(model.SerializeToString(deterministic=True))


def _first_line(error: Exception) -> str:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "no word of why")
    return text if len(text) <= 300 else text[:297] + "..."
