"""Say in words which rhythm is allowed for, and what the present is held against."""

from slipway.monitoring.units import ORDER, PERIOD, PERIOD_US, SLICE_US, Units
from slipway.records.season import Season
from slipway.words import count, day, moment

_NAMED = 4
_FEWEST = 3
"""Periods from which on a rhythm can show: two of them in what is compared."""


def season_of_rows(*, timed: bool, asked_for: str) -> Season:
    """Return the season where rows are counted.

    Args:
        timed: Whether the reference has a time.
        asked_for: The unit that the reference asks for.
    """
    if asked_for != "row":
        said = f"Rows are counted as asked, though the reference asks for {asked_for}s: expect false alarms."
    elif not timed:
        said = "Rows are counted. There is no time, so no rhythm can be looked for."
    else:
        said = "Rows are counted: neither hours nor days nor a rhythm of them show in the reference."
    return Season(unit="row", sentence=said)


def season_of(
    units: Units,
    *,
    rhythmic: tuple[str, ...],
    shorter: tuple[tuple[str, int], ...],
    wandering: tuple[str, ...],
    asked_for: str = "",
) -> Season:
    """Return the season where blocks of time are counted.

    Args:
        units: Units of the window.
        rhythmic: What follows a rhythm: columns, ``score``, ``gap``.
        shorter: Columns of which only the newest part is taken, with its beginning.
        wandering: Columns that differ from themselves all along.
        asked_for: The unit that the reference asks for; empty where it is the one counted in.
    """
    since_us, until_us = int(units.starts[0]), units.until_us
    found = Season(
        unit=units.unit,
        period=PERIOD[units.unit],
        rhythmic=rhythmic,
        blocks=len(units.starts),
        since_us=since_us,
        until_us=until_us,
        shorter=shorter,
        wandering=wandering,
    )
    parts = [_window(found)]
    if asked_for and ORDER.index(asked_for) > ORDER.index(units.unit):
        parts.append(
            f"{units.unit.title()}s are counted as asked, though the reference asks for {asked_for}s: "
            "expect false alarms."
        )
    for since in sorted({since for _, since in shorter}):
        names = _listed([name for name, begun in shorter if begun == since])
        parts.append(
            f"Of {names} only what is from {_when(since, unit=units.unit)} on is taken: it was another before."
        )
    if wandering:
        parts.append(
            f"The reference of {_listed(wandering)} differs from itself all along; what it wandered through counts "
            "as usual, so smaller changes of it pass."
        )
    return Season(**{name: getattr(found, name) for name in found.__struct_fields__} | {"sentence": " ".join(parts)})


def _window(season: Season) -> str:
    unit, period = season.unit, season.period
    periods = (season.until_us - season.since_us) / PERIOD_US[unit]
    span = f"{_when(season.since_us, unit=unit)} to {_when(season.until_us - SLICE_US[unit], unit=unit)}"
    whole = (
        f"{count(round(periods), period)} ({span})" if periods >= _FEWEST else f"{count(season.blocks, unit)} ({span})"
    )
    if not season.rhythmic:
        few = periods < _FEWEST
        why = f"too few to show a rhythm of the {period}" if few else f"which show no rhythm of the {period}"
        return f"Each {unit} is held against the {unit}s of {whole}, {why}."
    like = "the same day of the week" if unit == "day" else "the same hour of the day"
    return (
        f"{_listed(season.rhythmic)} follow{'' if len(season.rhythmic) > 1 else 's'} the {period}: each {unit} is held "
        f"against {like} in {whole}, and what has no such rhythm against all {unit}s there."
    )


def _when(at_us: int, *, unit: str) -> str:
    return day(at_us) if unit == "day" else moment(at_us)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
