"""All worlds of benchmarks/drift.py by name, and their streams."""

from . import bundled, car_loan, flights, twenty, worlds

PARTS = (worlds, twenty, flights, car_loan, bundled)
WORLDS = {name: world for part in PARTS for name, world in part.WORLDS.items()}


def there(name):
    """Tell whether the rows of a world are there: those of peers come with their environments."""
    part = _part(name)
    if part is bundled:
        return bundled.there(name)
    return part in (worlds, twenty) or part.there()


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    return _part(name).draw(name, seed)


def _part(name):
    return next(part for part in PARTS if name in part.WORLDS)
