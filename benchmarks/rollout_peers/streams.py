"""Seeded canaries of one day: what two arms did, minute by minute, with a known truth.

A tenth of the users goes to the candidate, a tenth to a second group of live's (what Kayenta calls the baseline), the
rest to live. Live fails 1 % of the requests and errs on 10 %; its answers take 40 ms in the middle and 128 ms at the
99th percentile, so nothing here comes near a budget of 500 ms. Every user comes once, but in `bursty` streams, where
one whom the service fails asks again four times in the mean.
"""

import zlib
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from slipway.stats.crossings import RATIO, levels_of

CELL_S, HOURS = 60, 24
CELLS = HOURS * 3600 // CELL_S
SHARE = 0.1
ARMS = ("candidate", "baseline", "rest")
FAIL, ERR, BOTH = 0.01, 0.10, 0.07
MEDIAN_US, SIGMA = 40_000.0, 0.5
FIRST, LAST = (int(level) for level in levels_of([2_000.0, 5_000_000.0]))
EDGES_US = RATIO ** np.arange(FIRST, LAST + 1, dtype=float)
MIDDLE_MS = EDGES_US * (1 + 1 / RATIO) / 2 / 1000
"""A wait in the middle of each level, in milliseconds."""


class Family(NamedTuple):
    """A truth. What is worse is the candidate's, if nothing else is said.

    Attributes:
        words: What it is called.
        harmful: Whether the candidate should be stopped; None where people may differ.
        an_hour: Requests an hour, all arms.
        fail: The candidate's failures, a share; `fail_to` is what it has grown to at the end, from the fifth hour on.
        slower: Factor on its waits; `slower_to` likewise.
        sigma: Standard deviation of the logarithm of its waits, their mean being kept.
        tail: Factor on the slowest 2 % of its waits.
        err: Its wrong answers, a share.
        delay_h: Hours until an outcome comes.
        missing: Share of the outcomes that never come.
        swing: Standard deviation of the logarithms of traffic, failures and waits that both arms share over hours.
        again: Requests that a user makes once it was failed, in the mean.
        incident: First cells of an hour's trouble of both arms, or of half an hour's of the candidate alone.
    """

    words: str
    harmful: bool | None = True
    an_hour: int = 30_000
    fail: float = FAIL
    fail_to: float | None = None
    slower: float = 1.0
    slower_to: float | None = None
    sigma: float = SIGMA
    tail: float = 1.0
    err: float = ERR
    delay_h: float = 1.0
    missing: float = 0.02
    swing: float = 0.0
    again: float = 0.0
    incident: str = ""


FAMILIES = {
    "equal": Family("no effect", harmful=False),
    "equal-bursty": Family("no effect, bursty and autocorrelated", harmful=False, swing=0.4, again=4.0),
    "equal-low": Family("no effect, 120 requests an hour", harmful=False, an_hour=120),
    "equal-late": Family("no effect, outcomes 6 h late, 30 % missing", harmful=False, delay_h=6.0, missing=0.3),
    "incident": Family("an hour's trouble of both arms, heals", harmful=False, incident="both"),
    "fail-1.25": Family("failures 1 to 1.25 %", fail=0.0125),
    "fail-2": Family("failures 1 to 2 %", fail=0.02),
    "fail-5": Family("failures 1 to 5 %", fail=0.05),
    "slow-3": Family("3 % slower, within Slipway's margin", harmful=None, slower=1.03),
    "slow-10": Family("10 % slower", slower=1.1),
    "slow-20": Family("20 % slower", slower=1.2),
    "tail": Family("slowest 2 % twice as slow, median same", tail=2.0),
    "variance": Family("waits vary more, mean same", sigma=0.6),
    "leak-slow": Family("a leak: up to 60 % slower, from hour 4 on", slower_to=1.6),
    "leak-fail": Family("a leak: failures to 4 %, from hour 4 on", fail_to=0.04),
    "accuracy-1": Family("accuracy - 1 point", err=0.11),
    "accuracy-3": Family("accuracy - 3 points", err=0.13),
    "accuracy-5": Family("accuracy - 5 points", err=0.15),
    "accuracy-3-late": Family("accuracy - 3, outcomes 6 h late, 30 % missing", err=0.13, delay_h=6.0, missing=0.3),
    "fail-5-low": Family("failures 1 to 5 %, 120 requests an hour", fail=0.05, an_hour=120),
    "fail-2-bursty": Family("failures 1 to 2 %, bursty and autocorrelated", fail=0.02, swing=0.4, again=4.0),
    "slow-20-bursty": Family("20 % slower, bursty and autocorrelated", slower=1.2, swing=0.4, again=4.0),
    "warm-up": Family("the candidate's first half hour: 5 % fail, heals", harmful=None, incident="candidate"),
}


class Stream(NamedTuple):
    """One canary; arms in the order of :data:`ARMS`.

    Attributes:
        family: Its truth.
        n: Requests, shape (arms, cells).
        failures: Of those, failed.
        failed_users: Users whose first failure is here.
        waits: Requests by level of waiting, shape (arms, cells, levels).
        labelled: Requests whose outcome comes, after the family's delay.
        errors: Of those, answered wrongly.
        only_candidate: Of those, where only the candidate was wrong; either arm answers the other's as a shadow.
        only_live: Of those, where only live was.
        before: Requests by level of waiting in the hour before, all of them live's, shape (levels,).
    """

    family: Family
    n: np.ndarray
    failures: np.ndarray
    failed_users: np.ndarray
    waits: np.ndarray
    labelled: np.ndarray
    errors: np.ndarray
    only_candidate: np.ndarray
    only_live: np.ndarray
    before: np.ndarray

    @property
    def live(self):
        """The two arms that live answers."""
        return slice(1, 3)

    def known(self, cell):
        """Return from which cell on outcomes have not come yet, at the end of a cell."""
        return max(0, cell + 1 - round(self.family.delay_h * 3600 / CELL_S))


def draw(name, seed):
    """Return a stream of a family; the same seed gives the same one."""
    family, rng = FAMILIES[name], np.random.default_rng([seed, zlib.crc32(name.encode())])
    swings = {what: _swing(rng, family.swing) for what in ("traffic", "fail", "wait")}
    asked = rng.poisson(family.an_hour * CELL_S / 3600 * swings["traffic"])
    n = np.stack(_deal(rng, asked))
    fail = np.array([_grown(family.fail, family.fail_to), np.full(CELLS, FAIL), np.full(CELLS, FAIL)]) * swings["fail"]
    slower = np.array([_grown(family.slower, family.slower_to), np.ones(CELLS), np.ones(CELLS)]) * swings["wait"]
    if family.incident == "both":
        at = slice(8 * 3600 // CELL_S, 9 * 3600 // CELL_S)
        fail[:, at], slower[:, at] = 0.2, slower[:, at] * 3
    if family.incident == "candidate":
        fail[0, : 1800 // CELL_S] = 0.05
    users = rng.binomial(n, np.minimum(fail / (1 + family.again), 1.0))
    extra = rng.poisson(rng.gamma(users + 1e-9) * family.again) if family.again else 0
    waits = np.stack([_waits(rng, n[arm], slower[arm], arm=arm, family=family) for arm in range(3)])
    labelled = rng.binomial(n, 1 - family.missing)
    wrong = np.stack([_pairs(rng, labelled[arm], family.err) for arm in range(3)])
    both, only_candidate, only_live = np.moveaxis(wrong, 2, 0)
    errors = both + np.concatenate([only_candidate[:1], only_live[1:]])
    before = _before(np.random.default_rng([seed, zlib.crc32(name.encode()), 1]), family)
    return Stream(family, n + extra, users + extra, users, waits, labelled, errors, only_candidate, only_live, before)


def _swing(rng, sd):
    """Return a factor a cell of mean about 1 that forgets within a few hours."""
    if not sd:
        return np.ones(CELLS)
    keep = np.exp(-CELL_S / (2 * 3600))
    steps, at = rng.normal(0, sd * np.sqrt(1 - keep**2), CELLS), rng.normal(0, sd)
    out = np.empty(CELLS)
    for cell, step in enumerate(steps):
        at = keep * at + step
        out[cell] = at
    return np.exp(out - sd**2 / 2)


def _grown(start, end):
    hour = np.arange(CELLS) * CELL_S / 3600
    return np.full(CELLS, start) if end is None else start + (end - start) * np.clip((hour - 4) / (HOURS - 4), 0, 1)


def _deal(rng, asked):
    candidate = rng.binomial(asked, SHARE)
    baseline = rng.binomial(asked - candidate, SHARE / (1 - SHARE))
    return candidate, baseline, asked - candidate - baseline


def _waits(rng, n, slower, *, arm, family):
    """Return requests by level, shape (cells, levels): log-normal, with the candidate's own spread and tail."""
    sigma, tail = (family.sigma, family.tail) if arm == 0 else (SIGMA, 1.0)
    middle = np.log(MEDIAN_US) + (SIGMA**2 - sigma**2) / 2 + np.log(slower)
    change = np.unique(middle)
    below = ndtr((np.log(EDGES_US) - change[:, None]) / sigma)
    if tail != 1.0:
        slow = 0.98  # from this quantile on waits are longer by the factor
        longer = ndtr((np.log(EDGES_US / tail) - change[:, None]) / sigma)
        below = np.minimum(below, slow) + np.maximum(longer - slow, 0)
    below[:, -1] = 1.0
    probs = np.diff(below, prepend=0.0, axis=1)
    if len(change) == 1:
        return rng.multinomial(n, probs[0])
    return rng.multinomial(n, probs[np.searchsorted(change, middle)])


def _before(rng, family):
    """Return live's waits of the hour before, by level; where both arms swing it had a mood of its own."""
    slower = np.full(1, np.exp(rng.normal(0, family.swing) - family.swing**2 / 2))
    return _waits(rng, rng.poisson([family.an_hour]), slower, arm=1, family=family)[0]


def _pairs(rng, n, err):
    """Return (both wrong, only the candidate, only live), shape (cells, 3)."""
    return rng.multinomial(n, [BOTH, err - BOTH, ERR - BOTH, 1 - err - ERR + BOTH])[:, :3]
