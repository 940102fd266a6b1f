"""From the ledger to what the gates on people read: a model's answers beside the decisions of people on the same rows.

A function of the rollout, the frames read, and the moment; like a cohort it counts a row once its time is over.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.decided import Reading
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.maturity import in_time
from slipway.control.told_people import COURSES, HIDDEN, SHOWN
from slipway.records.handover import Course
from slipway.records.people import COUNTS, PeopleSums
from slipway.stats.thresholds import THRESHOLDS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ASKED, _AUDITED = COURSES[Course.ASKED], COURSES[Course.AUDITED]


def people_sums(look: Look, *, blocks: Iterable[Block]) -> tuple[PeopleSums, ...]:
    """Return the sums of some days, oldest first.

    Args:
        look: A look at a rollout of a model beside people.
        blocks: The days.
    """
    found = [s for block in blocks for s in _of_day(block, look=look)]
    return tuple(sorted(found, key=lambda s: (s.start_us, s.route_version, s.audited, s.confidence)))


def _of_day(block: Block, *, look: Look) -> tuple[PeopleSums, ...]:
    (rollout, ledger, now_us), wait_us = look, look.wait_us
    rows = _asked_rows(block, look=look)
    if not len(rows):
        return ()
    model = _model(block, rows, ledger=ledger, candidate=rollout.candidate)
    sure = np.maximum(model, 1 - model)
    known = (sure >= THRESHOLDS[0]) & (sure <= 1)  # NaN is not
    rows, model, sure = rows[known], model[known], sure[known]
    said = _decided(ledger.readings(block), at_us=block.at_us[rows], rows=rows, wait_us=wait_us, now_us=now_us)
    told = in_time(block.outcome_at_us[rows], at_us=block.at_us[rows], wait_us=wait_us, now_us=now_us)
    outcome = np.where(told, block.outcome[rows], np.nan)
    label = (model >= ledger.terms.scoring.threshold).astype(np.float64)
    return _grouped(
        _counts(label, said=said, outcome=outcome, course=block.course[rows]),
        unit=block.at_us[rows] // look.length_us,
        version=block.version[rows],
        audited=block.course[rows] == _AUDITED,
        bin_=np.searchsorted(THRESHOLDS, sure, side="right") - 1,
        length=look.length_us,
    )


class _Said(NamedTuple):
    """Decisions by row; NaN where there is none. All of shape (rows,)."""

    first: Floats
    saw: Bools
    second: Floats
    last: Floats


def _asked_rows(block: Block, *, look: Look) -> Ints:
    """Return the rows of a rollout that people were asked about and whose time is over."""
    asked = np.isin(block.course, (_ASKED, _AUDITED, SHOWN, HIDDEN))
    own = (block.version >= look.rollout.entries[0].route_version) & (block.at_us + look.wait_us <= look.now_us)
    return np.flatnonzero(asked & own)


def _model(block: Block, rows: Ints, *, ledger: Ledger, candidate: str) -> Floats:
    """Return what the candidate said of each row: as its answer, as a suggestion, or as a shadow."""
    code = ledger.arm(candidate)
    said, _ = block.shadow(code)
    return np.where(block.arm[rows] == code, block.score[rows], said[rows])


def _decided(told: Reading, *, at_us: Ints, rows: Ints, wait_us: int, now_us: int) -> _Said:
    """Return who said what of each row, in the order in which it came."""
    place = np.full(int(max(rows.max(initial=0), told.row.max(initial=0))) + 1, -1)
    place[rows] = np.arange(len(rows))
    at = place[told.row]
    wanted = (at >= 0) & (told.at_us <= now_us)
    wanted[wanted] &= told.at_us[wanted] <= at_us[at[wanted]] + wait_us
    at, when, value, saw = at[wanted], told.at_us[wanted], told.value[wanted], told.saw[wanted]
    order = np.lexsort((value, when, at))
    at, value, saw = at[order], value[order], saw[order]
    first, second, last = np.full((3, len(rows)), np.nan)
    found = _Said(first=first, saw=np.zeros(len(rows), dtype=bool), second=second, last=last)
    if not len(at):
        return found
    begins = np.append(True, at[1:] != at[:-1])
    number = np.arange(len(at)) - np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))
    ends = np.append(at[1:] != at[:-1], True)
    found.first[at[begins]], found.saw[at[begins]] = value[begins], saw[begins] > 0
    found.second[at[number == 1]] = value[number == 1]
    found.last[at[ends & (number > 0)]] = value[ends & (number > 0)]
    return found


def _counts(label: Floats, *, said: _Said, outcome: Floats, course: npt.NDArray[np.uint8]) -> dict[str, Bools]:
    decided = np.isfinite(said.first)
    shown, hidden = decided & (course == SHOWN), decided & (course == HIDDEN)
    blind = decided & (course != SHOWN) & ~said.saw
    same = label == said.first
    truth = np.where(np.isfinite(outcome), outcome, said.last)
    apart, settled = blind & ~same, np.isfinite(truth)
    twice = np.isfinite(said.second)
    came = np.isfinite(outcome)
    agreed = blind & same & ~came
    wrong_suggestion = came & (outcome != label)
    return {
        "undecided": ~decided,
        "n": blind,
        "wrong": blind & np.where(settled, truth != label, ~same),
        "apart": apart,
        "model_wrong": apart & settled & (truth != label),
        "person_wrong": apart & settled & (truth == label),
        "split": blind & same & twice & (said.second != said.first),
        "alone": apart & twice & (said.second == said.first),
        "sided": apart & twice & (said.second != said.first),
        "shown": shown,
        "shown_same": shown & same,
        "hidden": hidden,
        "hidden_same": hidden & same,
        "wrong_shown": shown & wrong_suggestion,
        "wrong_shown_same": shown & wrong_suggestion & same,
        "wrong_hidden": hidden & wrong_suggestion,
        "wrong_hidden_same": hidden & wrong_suggestion & same,
        "model_wrong_told": apart & came & (truth != label),
        "person_wrong_told": apart & came & (truth == label),
        "agreed": agreed,
        "agreed_twice": agreed & twice,
        "shared": agreed & twice & (said.last != label),
    }


def _grouped(
    counts: dict[str, Bools],
    *,
    unit: Ints,
    version: npt.NDArray[np.int32],
    audited: Bools,
    bin_: Ints,
    length: int,
) -> tuple[PeopleSums, ...]:
    cells, group = np.unique(np.stack([unit, version, audited, bin_], axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    sums = {
        name: np.bincount(group, weights=counts[name], minlength=len(cells)).astype(int).tolist() for name in COUNTS
    }
    return tuple(
        PeopleSums(
            start_us=start * length,
            end_us=(start + 1) * length,
            route_version=of_version,
            confidence=THRESHOLDS[k],
            audited=bool(is_audit),
            **{name: column[i] for name, column in sums.items()},
        )
        for i, (start, of_version, is_audit, k) in enumerate(cells.tolist())
    )
