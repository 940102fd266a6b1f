"""What was learned from: versions, what they hold, and whether the checks passed."""

from typing import NamedTuple

from slipway.records.dataset import CheckResult, ColumnProfile, DatasetVersion
from slipway.records.field import FieldKind
from slipway.words import day, number, percent, short

_MOST_COLUMNS = 24
_RARE = 0.01
"""A category whose most frequent value is rarer than this is told by its number of values."""


class Version(NamedTuple):
    """One dataset version, said."""

    name: str
    id: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str, str, str], ...]
    left_out: int
    checks: tuple[CheckResult, ...]
    failed: int


def versions(datasets: tuple[DatasetVersion, ...]) -> tuple[Version, ...]:
    """Say each version, newest first."""
    return tuple(_version(d) for d in reversed(datasets))


def column(profile: ColumnProfile) -> tuple[str, str, str, str]:
    """Say one column: name, kind, what it holds, what is missing."""
    if profile.kind is FieldKind.NUMBER and profile.mean is not None:
        low, high = (profile.quantiles[0], profile.quantiles[-1]) if profile.quantiles else (None, None)
        holds = f"mean {number(profile.mean)}, sd {number(profile.sd)}, {number(low)} to {number(high)}"
    elif profile.top and profile.top[0][1] >= _RARE:
        holds = ", ".join(f"{word or '(empty)'} {percent(share, digits=0)}" for word, share in profile.top[:3])
        holds += f" and {profile.distinct - 3} more" if profile.distinct > 3 else ""
    else:
        holds = f"{number(profile.distinct)} different values"
    return profile.name, profile.kind, holds, percent(profile.missing_share) if profile.missing_share else "none"


def _version(version: DatasetVersion) -> Version:
    splits = ", ".join(f"{name} {number(rows)}" for name, rows in version.splits.items() if rows)
    failed = sum(not c.passed for c in version.checks)
    facts = (
        ("Rows", f"{number(version.rows)} ({splits}, split by {version.split_kind})"),
        ("From", version.source),
        ("Made", day(version.created_us)),
        ("Content id", short(version.id)),
        ("Checks", f"{len(version.checks) - failed} of {len(version.checks)} hold"),
    )
    columns = tuple(column(c) for c in version.columns[:_MOST_COLUMNS])
    return Version(
        version.name, version.id, facts, columns, len(version.columns) - len(columns), version.checks, failed
    )
