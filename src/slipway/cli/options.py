"""The options that every command takes."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from slipway.cli.place import find, named

if TYPE_CHECKING:
    from slipway.project import Project


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command takes.

    Attributes:
        json: Print one JSON document on stdout, and nothing else there.
        project: Folder of the project; without it, the nearest one upward that holds slipway.toml.
    """

    json: bool = False
    project: Path | None = None

    def folder(self) -> Path:
        """Return the project's folder.

        Raises:
            NotFound: There is none.
        """
        return find(Path.cwd()) if self.project is None else named(self.project)

    def open(self) -> "Project":
        """Open the project.

        Raises:
            NotFound: There is none.
            BadFile: Its slipway.toml is wrong.
        """
        folder = self.folder()
        from slipway.project import Project  # noqa: PLC0415 - it brings the table engine; --help must not wait for it

        return Project.open(folder, by=who())


def who() -> str:
    """Return whom the audit trail names: the account that runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under an id that has no name
        return "cli"


COMMON = Common()
"""No option given."""
