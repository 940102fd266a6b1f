"""Which project a command is about: the nearest folder upward that holds a slipway.toml."""

from pathlib import Path

from slipway.errors import NotFound

SCOPE_FILE = "slipway.toml"


def find(start: Path) -> Path:
    """Return the nearest folder, from ``start`` upward, that holds a ``slipway.toml``.

    Raises:
        NotFound: None does; the message says how to make one.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / SCOPE_FILE).is_file():
            return folder
    raise NotFound(
        f"project: want a {SCOPE_FILE} in {start} or a folder above it, found none. "
        f"Make a project with 'slipway init', or name its folder with --project FOLDER."
    )


def named(folder: Path) -> Path:
    """Return the folder that a person named with ``--project``; no guessing upward from it.

    Raises:
        NotFound: It holds no ``slipway.toml``.
    """
    if (folder / SCOPE_FILE).is_file():
        return folder.absolute()
    raise NotFound(
        f"--project {folder}: want a folder that holds {SCOPE_FILE}, found none there. "
        f"Make a project with 'slipway init {folder}'."
    )
