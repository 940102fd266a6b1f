"""The route file follows the store: whatever the store says is put in force, as often as one likes."""

from typing import Protocol

from slipway.errors import Corrupt, NotFound
from slipway.ports import ControlStore
from slipway.records.route import Route


class RouteFiles(Protocol):
    """Where workers look for their routes."""

    def read(self, name: str) -> Route:
        """Return the route in force.

        Raises:
            NotFound: None was published.
            Corrupt: The file is damaged.
        """
        ...

    def publish(self, route: Route) -> None:
        """Put a route in force, at once and durably.

        Raises:
            Conflict: A newer one is in force.
            Unavailable: The disk refused.
        """
        ...


def publish_all(store: ControlStore, *, files: RouteFiles) -> tuple[str, ...]:
    """Put in force what the store says, and return what had not been in force yet, as ``route version``.

    Raises:
        Conflict: A file is newer than the store.
        Unavailable: The disk refused.
    """
    done = []
    for name, route, _ in store.all(Route):
        if in_force(files, name=name) != route:
            files.publish(route)
            done.append(f"{name} {route.version}")
    return tuple(done)


def in_force(files: RouteFiles, *, name: str) -> Route | None:
    """Return the route in force, or None if there is none that can be read."""
    try:
        return files.read(name)
    except (NotFound, Corrupt):
        return None
