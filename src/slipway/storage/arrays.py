"""Named arrays in one file, for what can be made again: read whole and right, or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write a file that holds the arrays, each with a checksum. A reader sees the old file or the new one.

    It is not flushed to the disk: after a power loss it may be damaged, and then counts as not there.

    Args:
        path: The file; its folder exists.
        arrays: Name to array of numbers.

    Raises:
        OSError: The disk refused; the old file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_arrays(path: Path) -> dict[str, Array] | None:
    """Return the arrays of a file; None if there is none, or it is not what was written."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except Exception:  # noqa: BLE001 - of damage one cannot know what it raises: the archive is read by three libraries
        return None
