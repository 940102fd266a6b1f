"""Route files in a folder, as workers watch them."""

from pathlib import Path

from slipway.records.route import Route
from slipway.storage.routes import publish, read_route


class FolderRoutes:
    """Implements :class:`slipway.control.publish.RouteFiles`.

    Args:
        folder: Where the files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Route:
        """Return the route in force.

        Raises:
            NotFound: None was published.
            Corrupt: The file is damaged.
        """
        return read_route(self._folder, name=name)

    def publish(self, route: Route) -> None:
        """Put a route in force, at once and durably.

        Raises:
            Conflict: A newer one is in force.
            Unavailable: The disk refused.
        """
        publish(route, folder=self._folder)
