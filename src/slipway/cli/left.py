"""Opens a project, or what is left of it where nobody can read its ``slipway.toml``."""

from typing import TYPE_CHECKING

from slipway.cli.options import Common, who
from slipway.cli.screen import tell
from slipway.errors import BadFile

if TYPE_CHECKING:
    from slipway.project import Project
    from slipway.project.left import Left


def open_left(common: Common) -> "Project | Left":
    """Return the project, or what is left of it; then stderr says what is wrong with the file."""
    try:
        return common.open()
    except BadFile as fault:
        from slipway.project.left import Left  # noqa: PLC0415 - for the few who need it

        tell(f"slipway.toml cannot be read; what follows is by the store and by control. {fault}")
        return Left(common.folder(), fault=fault, by=who())
