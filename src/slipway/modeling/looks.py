"""How often was this test set looked at, and what is a result on it still worth?

Who looks at the same rows again and again and keeps what looks good learns the rows. Two things are done about it.
Every look is counted, by how often half of its rows were seen, and that says what the rows are still worth. And a
*judgement* uses the miss probability alpha / (k (k + 1)), where k counts every look before that saw any of its rows,
for results on rows in part the same are no fresh chances. Of looks each two of which share a row no two have the same
k, so that theirs add up to alpha: together they miss with probability alpha at most, however many there will be. Looks
that share no row are of different test sets, and each set has an alpha of its own. Intervals that are only *reported*
are for one look.

The sum bounds models that were fixed before the rows were seen. A model that was chosen because of what earlier looks
said is adaptive, and no sum over looks covers that in full (Dwork et al. 2015): the count and the advice to hold out
fresh rows are for it. The Ladder (Blum & Hardt 2015) does cover it, by hiding every result that is not clearly better
than the best so far; a page that hides a result from the person who must sign for the model serves nobody here.

Reference:
    Dwork, Feldman, Hardt, Pitassi, Reingold & Roth (2015), Science 349(6248); Blum & Hardt (2015), ICML, The Ladder.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.scoring import ALPHA
from slipway.stats.special import normal_quantile
from slipway.words import count

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

_SAMPLED = 128
_HALF = 0.5
_SPENT = 0.5


def alpha_at(look: int, *, alpha: float = ALPHA) -> float:
    """Return the miss probability of a judgement at a look; over all looks these add up to alpha.

    Args:
        look: Which look, from 1; 0 (nobody counted) is taken for the first.
        alpha: Miss probability of all judgements together whose test sets share rows, each with each.

    >>> alpha_at(1), round(sum(alpha_at(k) for k in range(1, 100_000)), 5)
    (0.025, 0.05)
    """
    if look < 0:
        raise BadInput(f"look: want 0 or more, got {look}.")
    k = max(look, 1)
    return alpha / (k * (k + 1))


def worth(look: int) -> float:
    """Return the share of the test rows that a first look would need to be as sharp as this one.

    >>> worth(1), round(worth(4), 2)  # R: (qnorm(1 - .025 / 2) / qnorm(1 - .0025 / 2))^2
    (1.0, 0.55)
    """
    return float((normal_quantile(1 - alpha_at(1) / 2) / normal_quantile(1 - alpha_at(look) / 2)) ** 2)


def spent(look: int) -> bool:
    """Tell whether the rows are worth less than half as many fresh ones."""
    return worth(look) < _SPENT


def names_of(hashes: Words) -> Words:
    """Return the names of rows, each once, increasing: by these sets of rows are compared wherever they are.

    Args:
        hashes: One a row, of what it is a case of (entity and moment): neither a label that was mended nor a field more
            makes a row fresh.
    """
    return np.unique(hashes)


def times_seen(rows: Words, *, before: Iterable[Words]) -> Ints:
    """Count for each row how often it was seen.

    Args:
        rows: Names of rows, from :func:`names_of`, shape (n,).
        before: Names of the rows of each look that was taken.

    >>> times_seen(np.array([1, 2, 3], dtype=np.uint64), before=[np.array([2, 3, 9], dtype=np.uint64)]).tolist()
    [0, 1, 1]
    """
    times = np.zeros(rows.size, dtype=np.int64)
    for seen in before:
        times += np.isin(rows, seen)
    return times


def next_look(seen: Ints) -> int:
    """Return which look at some rows the next one is: one more than how often half of them were seen, at least.

    So a part of a test set is as spent as the whole, whatever its size, and a set is fresh where most of it is.

    Args:
        seen: How often each row was seen, shape (n,), n >= 1.

    >>> next_look(np.array([10] * 80)), next_look(np.array([10] * 80 + [0] * 81)), next_look(np.array([2, 2, 1, 0]))
    (11, 1, 3)
    """
    return 1 + int(np.sort(seen)[::-1][(seen.size - 1) // 2])


def next_judgement(rows: Words, *, before: Iterable[Words]) -> int:
    """Return as which look the next one is judged: one more than how many looks saw any of its rows.

    Args:
        rows: Names of rows, from :func:`names_of`, shape (n,).
        before: Names of the rows of each look that was taken.

    >>> one, two, other = (np.array(rows, dtype=np.uint64) for rows in ([1, 2, 3], [3, 9], [7, 8]))
    >>> next_judgement(two, before=[one, other]), next_judgement(np.array([5], dtype=np.uint64), before=[one, two])
    (2, 1)
    """
    return 1 + sum(bool(np.isin(rows, seen).any()) for seen in before)


def sample_meets(sample: Sequence[int], *, hashes: Words) -> bool:
    """Tell whether a look of before November 2026 saw any of some rows, as far as its sample tells.

    >>> sample_meets([1, 2, 3], hashes=np.array([6, 40], dtype=np.uint64))
    True
    """
    return bool(np.isin(np.unique(hashes) >> np.uint64(1), np.array(sample, dtype=np.uint64)).any())


def sample_covers(sample: Sequence[int], *, hashes: Words) -> bool:
    """Tell whether a look of before November 2026, of which only a sample was kept, saw half of some rows.

    Only rows whose hashes are as low as those in the sample can be told; where there are none, nothing is known, and
    they count as not seen.

    Args:
        sample: The 128 lowest hashes, of 63 bits, of the rows that were seen, or all of fewer.
        hashes: Those of the rows in question, of 64 bits, by entity, time and X as then.

    >>> sample_covers([1, 2, 3], hashes=np.array([2, 4, 40], dtype=np.uint64))
    True
    """
    own = np.unique(hashes) >> np.uint64(1)
    if len(sample) >= _SAMPLED:
        own = own[own <= max(sample)]
    return bool(own.size) and float(np.isin(own, np.array(sample, dtype=np.uint64)).mean()) >= _HALF


def say_look(look: int, *, rows: int) -> str:
    """Say which look it was and what that means; empty where nobody counted.

    >>> say_look(1, rows=171)
    'first look at these 171 test rows'
    >>> say_look(4, rows=171)
    'look 4 at these 171 test rows, worth 94 at a first look'
    >>> say_look(6, rows=171).partition("; ")[2]
    'nearly spent: hold out fresh rows before the next decision'
    """
    if look == 0:
        return ""
    if look == 1:
        return f"first look at these {count(rows, 'test row')}"
    said = f"look {look} at these {count(rows, 'test row')}, worth {round(worth(look) * rows):,}"
    more = "; nearly spent: hold out fresh rows before the next decision" if spent(look) else ""
    return f"{said} at a first look{more}"
