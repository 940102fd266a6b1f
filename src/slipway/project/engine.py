"""Project: everything one can ask of a project, the same for Python, the CLI and the web."""

from pathlib import Path

from slipway.errors import Conflict
from slipway.project.faces.base import BY
from slipway.project.faces.data import Data
from slipway.project.faces.modeling import Modeling
from slipway.project.faces.monitoring import Monitoring
from slipway.project.faces.rollouts import Rollouts
from slipway.project.faces.scoping import Scoping
from slipway.project.faces.serving import Serving
from slipway.project.faces.trust import Trust
from slipway.scoping.init import name_of, starter_files


class Project(Scoping, Data, Modeling, Rollouts, Serving, Monitoring, Trust):
    """A folder with a ``slipway.toml``; make one with :meth:`init`, open it with :meth:`open`.

    Nothing is cached but the scope: what other processes change is seen at the next call.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Project.init(folder, name="hearts").scope.project.name
    'hearts'
    """

    @classmethod
    def init(cls, folder: str | Path, *, name: str | None = None) -> "Project":
        """Make a project that runs as it is in an empty or new folder.

        Raises:
            Conflict: One of its files is there already; nothing was written.
            BadInput: The name is no checked word.
        """
        root = Path(folder).absolute()
        texts = starter_files(name or name_of(root.name))
        there = sorted(file for file in texts if (root / file).exists())
        if there:
            raise Conflict(f"init: want a folder without {', '.join(there)}, got {root}. Choose another, or move them.")
        root.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (root / file).write_text(text, encoding="utf-8")
        return cls(root)

    @classmethod
    def open(cls, folder: str | Path = ".", *, by: str = BY) -> "Project":
        """Open the project in a folder.

        Args:
            folder: It holds ``slipway.toml``.
            by: Whom the audit trail names for changes made through this object.

        Raises:
            NotFound: The folder holds no ``slipway.toml``.
            BadFile: The file is wrong; every problem is named.
        """
        return cls(Path(folder), by=by)
