"""Write a run down: what went in, as content hashes, and what came out."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from slipway.errors import BadInput
from slipway.records.base import content_id
from slipway.records.dataset import Score
from slipway.records.run import Repeat, Reported, Run, Slice

TOOLS = (
    "scikit-learn",
    "numpy",
    "polars",
    "pandas",
    "xgboost",
    "lightgbm",
    "torch",
    "onnx",
    "skl2onnx",
    "onnxruntime",
    "slipway",
)
"""Packages whose version may change what a training gives."""


def hash_code(sources: Mapping[str, str]) -> str:
    """Name source files by their names and text, whatever the order they come in.

    Ends of line do not count, so that a checkout on another system is the same code.

    Args:
        sources: File name, relative to the project, to its text: every file that the training used.

    Raises:
        BadInput: There is not one.

    >>> hash_code({"a.py": "x = 1", "b.py": ""}) == hash_code({"b.py": "", "a.py": "x = 1"})
    True
    """
    if not sources:
        raise BadInput("code: want the source files that the training used, got none.")
    return content_id({name: text.splitlines() for name, text in sources.items()})


def hash_params(params: Mapping[str, Any]) -> str:
    """Name hyperparameters by their content; the order of keys does not count.

    Raises:
        BadInput: A value is not plain (a number, text, boolean, None, or lists and tables of these).

    >>> hash_params({"a": 1, "b": [2.5]}) == hash_params({"b": [2.5], "a": 1}), hash_params({}) == hash_params({"a": 1})
    (True, False)
    """
    try:
        return content_id(msgspec.to_builtins(dict(params), builtin_types=()))
    except (TypeError, NotImplementedError, OverflowError) as error:
        raise BadInput(
            f"params: want numbers, text, booleans, lists and tables, got {dict(params)!r} ({error}). "
            "Build objects from plain values inside train()."
        ) from error


def environment(version_of: Callable[[str], str | None], *, names: Iterable[str] = TOOLS) -> dict[str, str]:
    """Return the versions of the packages that are installed.

    Args:
        version_of: Returns a package's version, or None where it is not installed.
        names: Packages to ask about.

    >>> environment({"numpy": "2.0"}.get, names=["numpy", "xgboost"])
    {'numpy': '2.0'}
    """
    return {name: version for name in names if (version := version_of(name)) is not None}


def make_run(
    *,
    sources: Mapping[str, str],
    params: Mapping[str, Any],
    data: str,
    seed: int,
    tools: Mapping[str, str],
    scores: Iterable[Score],
    slices: Iterable[Slice] = (),
    package: str | None = None,
    started_us: int,
    ended_us: int,
    reported: Iterable[Reported] = (),
    repeats: Iterable[Repeat] = (),
    search: str | None = None,
    held_out: str = "",
) -> Run:
    """Write a run down.

    Args:
        sources: See :func:`hash_code`.
        params: See :func:`hash_params`.
        data: Dataset version id.
        seed: Seed of all chance.
        tools: See :func:`environment`.
        scores: Metrics by predictor and split.
        slices: Worst slices, confirmed.
        package: Id of the package, or None.
        started_us: When it began, microseconds since the epoch, UTC.
        ended_us: When it ended.
        reported: What the training function reported.
        repeats: The same with several seeds.
        search: The search that found the hyperparameters, or None.
        held_out: Name of the test set, or empty.

    Raises:
        BadInput: No sources, parameters that are not plain, or an end before the start.
    """
    if ended_us < started_us:
        raise BadInput(f"run: want an end at or after its start {started_us}, got {ended_us}.")
    code, params_hash = hash_code(sources), hash_params(params)
    parts = f"{code} {params_hash} {data} {seed} {started_us}"
    return Run(
        id=hashlib.sha256(parts.encode()).hexdigest(),
        code=code,
        params=dict(params),
        params_hash=params_hash,
        data=data,
        seed=seed,
        environment=dict(tools),
        scores=tuple(scores),
        slices=tuple(slices),
        package=package,
        started_us=started_us,
        ended_us=ended_us,
        reported=tuple(reported),
        repeats=tuple(repeats),
        search=search,
        held_out=held_out,
    )
