"""Find every sequential test of a package, so that none escapes the exam of :mod:`slipway.testing.laws`."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any, get_type_hints

from slipway.stats.evidence import AnytimeInterval, EValue


def sequential_tests(package: ModuleType) -> dict[str, type[Any]]:
    """Return all classes of a package that have ``start`` and ``update`` and give anytime evidence, by dotted name.

    Args:
        package: Such as ``slipway.stats``; all its modules are imported.

    >>> import slipway.stats
    >>> "slipway.stats.event_split.EventSplit" in sequential_tests(slipway.stats)
    True
    """
    found = {}
    for info in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and _is_test(kind):
                found[f"{module.__name__}.{name}"] = kind
    return found


def _is_test(kind: type[Any]) -> bool:
    if getattr(kind, "_is_protocol", False) or not all(hasattr(kind, name) for name in ("start", "update", "evidence")):
        return False
    answer = get_type_hints(kind.evidence).get("return")
    return answer in (EValue, AnytimeInterval)
