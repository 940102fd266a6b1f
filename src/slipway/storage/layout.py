"""Where everything lies in a project's folder, said once."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths of a project. Nothing here touches the disk but :meth:`create`.

    Attributes:
        root: The project's folder, which holds ``slipway.toml``.

    >>> Layout(Path("flights")).journal.as_posix()
    'flights/.slipway/journal'
    """

    root: Path

    @property
    def scope(self) -> Path:
        """The scope, which people write."""
        return self.root / "slipway.toml"

    @property
    def state(self) -> Path:
        """Everything that Slipway writes."""
        return self.root / ".slipway"

    @property
    def control_db(self) -> Path:
        """The control store's file."""
        return self.state / "control.db"

    @property
    def control_url(self) -> str:
        """The control store's address for SQLAlchemy."""
        return f"sqlite:///{self.control_db.absolute()}"

    @property
    def blobs(self) -> Path:
        """Bytes by their SHA-256."""
        return self.state / "blobs"

    @property
    def journal(self) -> Path:
        """Segments of frames."""
        return self.state / "journal"

    @property
    def sealed(self) -> Path:
        """Closed segments as Parquet."""
        return self.journal / "sealed"

    @property
    def checkpoint(self) -> Path:
        """What control has read of the journal; it may be removed at any time."""
        return self.state / "checkpoint.npz"

    @property
    def service(self) -> Path:
        """What is kept of how the service did; it may be removed at any time."""
        return self.state / "service.msgpack"

    @property
    def routes(self) -> Path:
        """Routes in force."""
        return self.state / "routes"

    @property
    def emergency(self) -> Path:
        """What a rollback needs while the control store does not answer, and what was ordered then."""
        return self.state / "emergency"

    @property
    def run(self) -> Path:
        """What is running now."""
        return self.state / "run"

    @property
    def controller_lock(self) -> Path:
        """Held by the one controller."""
        return self.run / "controller.lock"

    @property
    def retrain_lock(self) -> Path:
        """Held by the one process that retrains."""
        return self.run / "retrain.lock"

    @property
    def retrain_log(self) -> Path:
        """What retrainings that control started printed."""
        return self.run / "retrain.log"

    @property
    def keys(self) -> Path:
        """Keys that callers show, as far as they are stored."""
        return self.state / "keys.json"

    @property
    def local_key(self) -> Path:
        """Key by which this machine's own commands ask the server."""
        return self.state / "local.key"

    @property
    def signing_key(self) -> Path:
        """Signs packages."""
        return self.state / "signing.key"

    @property
    def pseudonym_key(self) -> Path:
        """Makes pseudonyms of what people sent."""
        return self.state / "pseudonym.key"

    def create(self) -> "Layout":
        """Make the folders that are missing, readable by their owner only, and keep them out of git.

        The journal may hold what people sent; neither a neighbour on the machine nor a repository should get it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.state, self.blobs, self.journal, self.sealed, self.routes, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
        ignore = self.state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return self
