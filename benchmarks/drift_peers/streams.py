"""All worlds of benchmarks/drift.py by name, and their streams."""

from . import bundled, car_loan, flights, twenty, worlds

WORLDS = {
    **worlds.WORLDS,
    **twenty.WORLDS,
    **(flights.WORLDS if flights.there() else {}),
    **(car_loan.WORLDS if car_loan.there() else {}),
    **{name: world for name, world in bundled.WORLDS.items() if bundled.there(name)},
}
"""Those whose rows are there."""


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    of = next(part for part in (worlds, twenty, flights, car_loan, bundled) if name in part.WORLDS)
    return of.draw(name, seed)
