"""Models that others made: which file of an MLflow folder to take, and a skops file read without trusting it.

What was pickled is a program of its author's, run by whoever loads it. It is refused here, always; whoever trusts one
writes the loading into a function of the project's own, where a reviewer sees it.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from slipway.errors import BadFile, MissingExtra, Refused

_WAYS_OUT = (
    "Log it again with the ONNX flavour, or with serialization_format='skops'; or, if you trust whoever made it, write "
    "a function of your own that loads it and returns the estimator, and import that: 'slipway model import "
    "model.py:load'."
)


class Flavour(NamedTuple):
    """The one file of an MLflow folder to take.

    Attributes:
        kind: ``onnx`` or ``skops``.
        path: Relative to the folder.
        source: Where the folder says it comes from, in words.
    """

    kind: str
    path: str
    source: str


def read_mlmodel(text: str, *, path: str) -> Flavour:
    """Choose what to take from an MLflow folder: its ONNX file, else its skops file.

    Args:
        text: What the folder's ``MLmodel`` file holds.
        path: The file, for messages.

    Raises:
        BadFile: It is no ``MLmodel`` file.
        Refused: It holds neither; what it holds is pickled, or of a library that we cannot read.
        MissingExtra: PyYAML is not installed.
    """
    try:
        import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - only wanted for MLflow folders; no types
    except ImportError as error:
        raise MissingExtra(
            "importing an MLflow folder: want PyYAML, got none. Install it: pip install 'slipway[mlflow]'"
        ) from error
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadFile(path, [f"want YAML, got {' '.join(str(error).split())}."]) from None
    flavours = found.get("flavors") if isinstance(found, dict) else None
    if not isinstance(flavours, dict) or not flavours:
        raise BadFile(path, ["want 'flavors', as MLflow writes it, got none. Name the folder that holds MLmodel."])
    told = [f"run {found['run_id']}"] if found.get("run_id") else []
    source = ", ".join(["MLflow folder", *told, f"flavours {', '.join(sorted(map(str, flavours)))}"])
    onnx, sklearn = _options(flavours, "onnx"), _options(flavours, "sklearn")
    if onnx is not None:
        return Flavour("onnx", _inside(onnx.get("data", "model.onnx"), path), source)
    if sklearn is not None and sklearn.get("serialization_format") == "skops":
        return Flavour("skops", _inside(sklearn.get("pickled_model", "model.skops"), path), source)
    raise Refused(
        f"{path}: want an ONNX or a skops model, got flavours {sorted(map(str, flavours))}"
        f"{' pickled with ' + str(sklearn.get('serialization_format')) if sklearn else ''}. To load a pickle is to run "
        f"its author's program, and other formats we cannot read. {_WAYS_OUT}"
    )


def read_skops(data: bytes, *, trust: Collection[str], path: str) -> Any:
    """Return the estimator of a skops file, of types that skops knows and those trusted.

    Args:
        data: The file.
        trust: Names of further types that may be made, such as ``mylib.Encoder``.
        path: The file, for messages.

    Raises:
        BadFile: It is no skops file.
        Refused: It holds types that nobody trusts; the message lists them.
        MissingExtra: skops is not installed.
    """
    try:
        import skops.io as skops  # type: ignore[import-untyped]  # noqa: PLC0415 - only wanted for skops files; no types
    except ImportError as error:
        raise MissingExtra(
            "importing a skops file: want skops, got none. Install it: pip install 'slipway[skops]'"
        ) from error
    try:
        unknown = sorted(skops.get_untrusted_types(data=data))
    except Exception as error:  # noqa: BLE001 - a damaged file raises whatever its damage leads to
        raise BadFile(path, [f"want a skops file, got {type(error).__name__}: {error}."]) from None
    if untrusted := [name for name in unknown if name not in trust]:
        options = " ".join(f"--trust {name}" for name in untrusted)
        raise Refused(
            f"{path}: want types that skops knows to be harmless, got also {untrusted}. Read what they do, and if you "
            f"trust them say so: {options}"
        )
    try:
        return skops.loads(data, trusted=unknown)
    except Exception as error:  # noqa: BLE001 - as above
        trouble = f"want a model that loads here, got {type(error).__name__}: {error}. Mind the versions."
        raise BadFile(path, [trouble]) from None


def _options(flavours: Mapping[Any, Any], name: str) -> Mapping[str, Any] | None:
    options = flavours.get(name)
    return options if isinstance(options, dict) else None


def _inside(file: Any, path: str) -> str:
    """Return the file's name if it stays in the folder; whoever wrote MLmodel may have meant harm."""
    parts = str(file).replace("\\", "/").split("/")
    if str(file).startswith("/") or ".." in parts or not parts[-1]:
        raise Refused(f"{path}: want a file inside the folder, got {str(file)!r}. Do not trust this folder.")
    return str(file)
