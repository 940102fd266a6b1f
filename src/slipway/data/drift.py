"""Which columns moved between two versions, in words."""

from slipway.records.dataset import ColumnProfile, DatasetVersion

LEAST_SD, LEAST_SHARE = 0.1, 0.02
"""Less than a tenth of a standard deviation, or two points of a share, is not said."""


def moved(old: DatasetVersion, *, new: DatasetVersion) -> tuple[str, ...]:
    """Say how columns that both versions have moved; what hardly moved is not said.

    These are sizes, not tests: of small versions a column moves by chance. A number is told by its mean in standard
    deviations of before, a category or boolean by the value whose share changed most (of the twenty most frequent on
    either side), any column by its share of missing values.
    """
    before = {column.name: column for column in old.columns}
    pairs = [(before[c.name], c) for c in new.columns if c.name in before and before[c.name].hash != c.hash]
    return tuple(words for pair in pairs for words in (_missing(*pair), _mean(*pair), _shares(*pair)) if words)


def _missing(old: ColumnProfile, new: ColumnProfile) -> str:
    if abs(new.missing_share - old.missing_share) < LEAST_SHARE:
        return ""
    return f"{new.name}: {_points(old.missing_share)} to {_points(new.missing_share)} missing"


def _mean(old: ColumnProfile, new: ColumnProfile) -> str:
    if old.mean is None or new.mean is None or not old.sd or abs(step := (new.mean - old.mean) / old.sd) < LEAST_SD:
        return ""
    return f"{new.name}: mean {old.mean:.4g} to {new.mean:.4g} ({step:+.1f} sd)"


def _shares(old: ColumnProfile, new: ColumnProfile) -> str:
    before, after = dict(old.top), dict(new.top)
    if not before or not after:
        return ""
    steps = {word: after.get(word, 0.0) - before.get(word, 0.0) for word in {*before, *after}}
    word = max(sorted(steps), key=lambda w: abs(steps[w]))
    if abs(steps[word]) < LEAST_SHARE:
        return ""
    return f"{new.name}: '{word}' {_points(before.get(word, 0.0))} to {_points(after.get(word, 0.0))}"


def _points(share: float) -> str:
    return f"{100 * share:.1f} %"
