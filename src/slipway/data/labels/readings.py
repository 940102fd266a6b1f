"""What several annotators said of the same rows: how far they agree, and what they say together."""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from slipway.data.labels.names import said
from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.label import Label
from slipway.stats.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha
from slipway.stats.dawid_skene import MISSING, DawidSkene, dawid_skene
from slipway.stats.evidence import FixedInterval

ALPHA = 0.05


class Agreement(Record, frozen=True, kw_only=True):
    """How far some annotators agree under one guideline, beyond chance.

    Attributes:
        guideline: Its id, or empty where nobody wrote it down.
        who: Two annotators, or all that labelled under it.
        statistic: ``krippendorff-alpha`` (all), ``fleiss-kappa`` (all, where each row has the same number of labels) or
            ``cohen-kappa`` (two).
        rows: Rows that two or more of them labelled.
        same_share: Part of these on which all agree; no credit is taken off for chance.
        value: The statistic with its interval, or None.
        why_not: Why there is no value.
    """

    guideline: str
    who: tuple[str, ...]
    statistic: str
    rows: int
    same_share: float
    value: FixedInterval | None
    why_not: str = ""


class Consensus(Record, frozen=True, kw_only=True):
    """What the annotators together say of one row.

    Attributes:
        row: Which row.
        value: The most probable class.
        probability: Of that class, by Dawid and Skene's model; NaN of a lone label, which nothing confirms.
        labels: How many annotators labelled the row.
        unanimous: Whether all of them said the same.
    """

    row: str
    value: str
    probability: float
    labels: int
    unanimous: bool


class Skill(Record, frozen=True, kw_only=True):
    """How good one annotator seems to be.

    Attributes:
        annotator: Who.
        labels: How many labels he gave.
        right_share: Chance of the right answer, classes weighted as they occur; estimated without knowing the truth.
    """

    annotator: str
    labels: int
    right_share: float


class Together(Record, frozen=True, kw_only=True):
    """All rows, all annotators.

    Attributes:
        rows: What they say of each row, in the order of first labels.
        skills: How good each seems to be who labelled a row with somebody else, best first.
        converged: Whether the estimate had settled.
    """

    rows: tuple[Consensus, ...]
    skills: tuple[Skill, ...]
    converged: bool


def newest(labels: Iterable[Label]) -> list[Label]:
    """Keep one label of each row, annotator and guideline: the latest; of those without a moment the last."""
    kept: dict[tuple[str, str, str], Label] = {}
    for label in labels:
        key = (label.row, label.annotator, label.guideline)
        before = kept.get(key)
        if before is None or (label.at_us or 0) >= (before.at_us or 0):
            kept[key] = label
    return list(kept.values())


def agreement(labels: Sequence[Label], *, alpha: float = ALPHA) -> list[Agreement]:
    """Measure agreement for each version of the guideline: of all annotators, then of each two.

    Where a number cannot be computed the reason stands in its place; it is never taken for full agreement.

    >>> ann = [Label(row=f"r{i}", annotator="ann", value=v) for i, v in enumerate("yynny")]
    >>> bob = [Label(row=f"r{i}", annotator="bob", value=v) for i, v in enumerate("yynyn")]
    >>> pair = agreement(ann + bob)[-1]
    >>> pair.statistic, pair.who, pair.rows, pair.same_share
    ('cohen-kappa', ('ann', 'bob'), 5, 0.6)
    """
    found = []
    kept = newest(labels)
    for guideline in dict.fromkeys(label.guideline for label in kept):
        mine = [label for label in kept if label.guideline == guideline]
        found += _all(mine, guideline, alpha)
        found += _pairs(mine, guideline, alpha)
    return found


def together(labels: Sequence[Label]) -> Together:
    """Estimate the true class of each row and the skill of each annotator, by Dawid and Skene's method.

    Of several labels that one annotator gave a row, under whatever guideline, the latest counts. Skill shows only where
    several labelled a row, so it is estimated from such rows alone; a lone label is taken at its word.

    Raises:
        BadInput: Rows with several labels, and fewer than two classes in them.
    """
    by_row: dict[str, dict[str, str]] = {}
    for x in sorted(newest(labels), key=lambda x: x.at_us or 0):
        by_row.setdefault(x.row, {})[x.annotator] = x.value
    found, people, classes = _weighed([row for row in by_row.values() if len(row) > 1])
    rows, place = [], 0
    for row in dict.fromkeys(x.row for x in labels):
        said_of = by_row[row]
        if len(said_of) == 1 or found is None:
            value, probability = next(iter(said_of.values())), math.nan
        else:
            value, probability = classes[found.labels[place]], float(found.posterior[place].max())
            place += 1
        unanimous = len(set(said_of.values())) == 1
        rows.append(Consensus(row=row, value=value, probability=probability, labels=len(said_of), unanimous=unanimous))
    return Together(
        rows=tuple(rows),
        skills=() if found is None else _skills(found, people, by_row),
        converged=found is None or found.converged,
    )


def disputed(consensus: Together) -> list[Consensus]:
    """Return the rows that annotators disagree on, the least certain first."""
    return sorted((c for c in consensus.rows if not c.unanimous), key=lambda c: c.probability)


def _weighed(rows: Sequence[dict[str, str]]) -> tuple[DawidSkene | None, list[str], list[str]]:
    people = sorted({who for row in rows for who in row})
    classes = sorted({value for row in rows for value in row.values()}, key=_natural)
    if not rows:
        return None, people, classes
    if len(classes) < 2:
        raise BadInput(f"labels: want two or more classes to weigh annotators by, got {classes}.")
    answers = np.full((len(rows), len(people)), MISSING, dtype=np.intp)
    column, code = ({name: i for i, name in enumerate(names)} for names in (people, classes))
    for i, row in enumerate(rows):
        for who, value in row.items():
            answers[i, column[who]] = code[value]
    return dawid_skene(answers, classes=len(classes)), people, classes


def _skills(found: DawidSkene, people: Sequence[str], by_row: dict[str, dict[str, str]]) -> tuple[Skill, ...]:
    right = np.einsum("k,rkk->r", found.prevalence, found.confusion)
    skills = [
        Skill(annotator=who, labels=sum(who in row for row in by_row.values()), right_share=float(right[i]))
        for i, who in enumerate(people)
    ]
    return tuple(sorted(skills, key=lambda s: -s.right_share))


def _all(labels: Sequence[Label], guideline: str, alpha: float) -> list[Agreement]:
    people = tuple(sorted({x.annotator for x in labels}))
    by_row = _by_row(labels)
    twice = [row for row in by_row.values() if len(row) > 1]
    found = [_measure(twice, guideline=guideline, who=people, statistic="krippendorff-alpha", alpha=alpha)]
    if len(people) > 2 and len({len(row) for row in by_row.values()}) == 1 and len(twice) == len(by_row):
        found.append(_measure(twice, guideline=guideline, who=people, statistic="fleiss-kappa", alpha=alpha))
    return found


def _pairs(labels: Sequence[Label], guideline: str, alpha: float) -> list[Agreement]:
    by_row = _by_row(labels)
    found = []
    for pair in itertools.combinations(sorted({x.annotator for x in labels}), 2):
        both = [{who: row[who] for who in pair} for row in by_row.values() if all(who in row for who in pair)]
        if both:
            found.append(_measure(both, guideline=guideline, who=pair, statistic="cohen-kappa", alpha=alpha))
    return found


def _measure(
    rows: list[dict[str, str]], *, guideline: str, who: tuple[str, ...], statistic: str, alpha: float
) -> Agreement:
    value, why = None, ""
    if not rows:
        why = f"no row was labelled by two of {', '.join(who)}; let somebody label some rows again"
    else:
        try:
            value = _statistic(statistic, rows, who, alpha)
        except BadInput as error:
            why = str(error)
    return Agreement(
        guideline=guideline,
        who=who,
        statistic=statistic,
        rows=len(rows),
        same_share=sum(len(set(row.values())) == 1 for row in rows) / len(rows) if rows else math.nan,
        value=value,
        why_not=why,
    )


def _statistic(name: str, rows: list[dict[str, str]], who: tuple[str, ...], alpha: float) -> FixedInterval:
    if name == "cohen-kappa":
        first, second = ([row[person] for row in rows] for person in who)
        return cohen_kappa(first, second=second, alpha=alpha)
    if name == "fleiss-kappa":
        classes = sorted({value for row in rows for value in row.values()})
        return fleiss_kappa([[list(row.values()).count(c) for c in classes] for row in rows], alpha=alpha)
    return krippendorff_alpha([[row.get(person) for row in rows] for person in who], alpha=alpha)


def _by_row(labels: Sequence[Label]) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for label in labels:
        rows.setdefault(label.row, {})[label.annotator] = said(label.value)
    return rows


def _natural(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value
