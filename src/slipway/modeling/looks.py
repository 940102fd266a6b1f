"""How often was this test set looked at, and what is a result on it still worth?

Who looks at the same rows again and again and keeps what looks good learns the rows. Two things are done about it.
Every look is counted, and a *judgement* at look k uses the miss probability alpha / (k (k + 1)): these add up to alpha,
so that all looks together miss with probability alpha, however many there will be. Intervals that are only *reported*
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
from slipway.records.look import Look
from slipway.records.scoring import ALPHA
from slipway.stats.special import normal_quantile
from slipway.words import count

_SAMPLED = 128
_SAME = 0.5
_SPENT = 0.5


def alpha_at(look: int, *, alpha: float = ALPHA) -> float:
    """Return the miss probability of a judgement at a look; over all looks these add up to alpha.

    Args:
        look: Which look, from 1; 0 (nobody counted) is taken for the first.
        alpha: Miss probability of all judgements on one test set together.

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


def sample_of(hashes: npt.NDArray[np.uint64]) -> tuple[int, ...]:
    """Return the lowest of the rows' hashes: a sample by which sets of rows are compared wherever they are.

    Args:
        hashes: One a row, without its truth: a label that was mended makes no row fresh.
    """
    return tuple(int(h) >> 1 for h in np.unique(hashes)[:_SAMPLED])  # 63 bits, which every store can keep


def shared(one: Sequence[int], *, other: Sequence[int]) -> float:
    """Estimate the share of rows that two sets have in common, of those that are in either.

    Reference:
        Broder (1997), On the resemblance and containment of documents: the lowest hashes of the union are a random
        sample of it.

    >>> shared([1, 2, 3, 4], other=[1, 2, 3, 9])  # sets that small are their own samples: 3 of 5
    0.6
    """
    size = max(len(one), len(other))
    lowest = sorted({*one, *other})[: size if size == _SAMPLED else None]
    return len({*one} & {*other} & {*lowest}) / len(lowest) if lowest else 0.0


def looks_at(sample: Sequence[int], *, known: Iterable[Look]) -> tuple[Look, ...]:
    """Return the looks that were taken at these rows, or at a set that shares half of them, oldest first."""
    return tuple(look for look in known if shared(look.sample, other=sample) >= _SAME)


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
