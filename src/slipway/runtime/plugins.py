"""Runtimes that other packages bring along: found by name, without a line changed here.

A package registers one in its ``pyproject.toml``::

    [project.entry-points."slipway.runtimes"]
    lookup = "my_package.lookup:open_lookup"

``open_lookup(arm, context)`` is a coroutine that returns a :class:`slipway.ports.Runtime`; ``arm.options`` holds what
``slipway.toml`` tells it, ``context`` is a :class:`slipway.runtime.registry.ArmContext`.
"""

from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import Any

from slipway.errors import Conflict, NotFound, Refused, nearest
from slipway.ports import Runtime

GROUP = "slipway.runtimes"
Opener = Callable[[Any, Any], Awaitable[Runtime]]


def find_opener(name: str) -> Opener:
    """Return what opens arms of that runtime.

    Raises:
        NotFound: No installed package registers it; the message names those that are there.
        Conflict: Two packages register the same name.
        Refused: It is registered and cannot be imported.
    """
    found = entry_points(group=GROUP, name=name)
    names = sorted({one.name for one in entry_points(group=GROUP)})
    if not found:
        raise NotFound(
            f"runtime {name}: want one that an installed package registers under '{GROUP}', got {names or 'none'}."
            f"{nearest(name, names)} Install the package that has it into the environment of the server."
        )
    if len({one.value for one in found}) > 1:
        raise Conflict(
            f"runtime {name}: want one, got {sorted(one.value for one in found)}. Remove all packages but one."
        )
    try:
        opener: Opener = next(iter(found)).load()
    except Exception as error:
        raise Refused(
            f"runtime {name}: want {next(iter(found)).value} imported, got {type(error).__name__}: {error}. "
            "Mend or update the package that registers it."
        ) from error
    return opener


def check_runtime(runtime: object, *, name: str) -> Runtime:
    """Return what an opener gave, if it can be asked.

    Raises:
        Refused: It has no ``predict`` or no ``close``.
    """
    if missing := [method for method in ("predict", "close") if not callable(getattr(runtime, method, None))]:
        raise Refused(
            f"runtime {name}: want an object with predict and close, got {type(runtime).__name__} without "
            f"{' and '.join(missing)}. slipway.testing.runtime.RuntimeContract says what is wanted."
        )
    return runtime  # type: ignore[return-value]  # looked at above; a Protocol cannot be checked for signatures
