"""``slipway init``: a folder that holds a project which runs as it is."""

from pathlib import Path

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show
from slipway.errors import BadInput
from slipway.records.base import Record


class Made(Record, frozen=True, kw_only=True):
    """What was made: the project's name, its folder, and the files in it."""

    name: str
    folder: str
    files: tuple[str, ...]


def init(folder: Path | None = None, /, *, name: str | None = None, common: Common = COMMON) -> int:
    """Make a project in a folder; what it makes runs as it is.

    Args:
        folder: Where; the present folder if not given. Nothing that is there is ever overwritten.
        name: Name of the project; the folder's name if not given.
        common: What every command takes.
    """
    if folder is not None and common.project is not None and folder != common.project:
        raise BadInput(f"init: want one folder, got {folder} and --project {common.project}. Name it once.")
    from slipway.project import Project  # noqa: PLC0415 - it brings the table engine; --help must not wait for it

    project = Project.init(folder or common.project or Path.cwd(), name=name)
    files = sorted(p.name for p in project.folder.iterdir() if p.is_file())
    made = Made(name=project.scope.project.name, folder=str(project.folder), files=tuple(files))
    return show(made, human=_page, common=common)


def _page(screen: Screen, made: Made) -> None:
    screen.title(f"Project {made.name} in {made.folder}")
    screen.line(f"  {', '.join(made.files)}")
    screen.line()
    screen.line("Next, in that folder:")
    screen.facts(
        [
            ("slipway data make", "make a dataset version: rows named by their content, checked"),
            ("slipway run train", "train a model on it, compare it with the baselines, package it"),
            ("slipway serve", "serve it; in another terminal, 'slipway status'"),
        ]
    )
