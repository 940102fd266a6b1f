"""Ask the arms of a group: now, where they answer at once; later, where they must be awaited. Then the fallback.

An answer counts if it is finite and came before the deadline. Whatever else happens (an error, a timeout, NaN), the
fallback is asked for those rows; where it fails too the score stays NaN and the caller gets an error.
"""

import asyncio
import time

import numpy as np
import numpy.typing as npt

from slipway.errors import DeadlineExceeded, SlipwayError, Unavailable
from slipway.ports import Columns, Floats
from slipway.serving.live_route import LiveRoute
from slipway.serving.waiting import Group

Index = npt.NDArray[np.intp]
_NONE: Index = np.empty(0, np.intp)


def ask_now(group: Group, *, deadline_ns: int) -> tuple[Group | None, list[Group]]:
    """Ask the arms that answer at once.

    Returns:
        The rows that are settled, or None if there are none; and groups of one arm each that must be awaited.
    """
    later: list[Group] = []
    if group.of_one_arm() and (arm := group.arms[0]) in group.live.immediate:
        group.score = _score_now(group, arm, group.columns, len(group.owners))
        return _after(group, later, deadline_ns=deadline_ns)
    settled = np.ones(len(group.owners), bool)
    for arm, index in _by_arm(group.arms):
        if arm in group.live.immediate:
            columns = group.columns if index is None else _columns(group, index)
            _fill(group, index, _score_now(group, arm, columns, len(group.owners) if index is None else len(index)))
        else:
            settled[slice(None) if index is None else index] = False
            later.append(group if index is None else group.part(index))
    if not settled.any():
        return None, later
    if later:
        group = group.part(np.flatnonzero(settled))
    return _after(group, later, deadline_ns=deadline_ns)


def _after(group: Group, later: list[Group], *, deadline_ns: int) -> tuple[Group | None, list[Group]]:
    """Turn to the fallback where it is needed, once the arms that answer at once were asked."""
    still_open = _settle(group, deadline_ns=deadline_ns)
    if not len(still_open):
        return group, later
    later.append(group.part(still_open))
    later[-1].wants_fallback = True
    done = np.setdiff1d(np.arange(len(group.owners)), still_open)
    return (group.part(done) if len(done) else None), later


async def ask_later(group: Group, *, deadline_ns: int) -> Group:
    """Ask the one arm of a group that must be awaited, then the fallback for what it left open."""
    rows, live = len(group.owners), group.live
    arm = group.arms[0]
    index = np.arange(rows)
    if not group.wants_fallback:
        left_s = (deadline_ns - group.age_ns(time.monotonic_ns())) / 1e9
        group.score = await _score_later(group, arm, rows, timeout_s=left_s)
        index = _settle(group, deadline_ns=deadline_ns)
    fallback = live.route.fallback
    if fallback is None or not len(index):
        return group
    part = group.part(index)
    timeout_s = live.route.arm(fallback).timeout_ms / 1000
    _fill_fallback(group, index, await _score_later(part, fallback, len(index), timeout_s=timeout_s), fallback)
    group.trouble = part.trouble or group.trouble
    return group


def _settle(group: Group, *, deadline_ns: int) -> Index:
    """Ask the fallback for what is open or late; return the rows for which it must be awaited."""
    now_ns = time.monotonic_ns()
    if group.age_ns(now_ns) > deadline_ns:
        late = np.array([now_ns - w.start_ns > deadline_ns for w, _ in group.owners])
        group.score = np.where(late, np.nan, group.score)
        group.trouble = group.trouble or DeadlineExceeded(
            f"arm {group.arms[int(np.argmax(late))]}: want an answer within {deadline_ns / 1e6:g} ms, got it later."
        )
    finite = np.isfinite(group.score)
    if finite.all():
        return _NONE
    group.score = np.where(finite, group.score, np.nan)
    group.trouble = group.trouble or _no_answer(group, finite)
    fallback = group.live.route.fallback
    index = np.flatnonzero(~finite & ~_of_arm(group, fallback))
    if fallback is None or not len(index):
        return _NONE
    if fallback not in group.live.immediate:
        return index
    _fill_fallback(group, index, _score_now(group, fallback, _columns(group, index), len(index)), fallback)
    return _NONE


def _fill_fallback(group: Group, index: Index, scores: Floats, fallback: str) -> None:
    for i, score in zip(index.tolist(), scores.tolist(), strict=True):
        if np.isfinite(score):
            group.score[i], group.arms[i], group.fallback[i] = score, fallback, True


def _score_now(group: Group, arm: str, columns: Columns, rows: int) -> Floats:
    try:
        return group.live.immediate[arm](columns, rows=rows)
    except SlipwayError as error:
        group.trouble = error
    except Exception as error:  # noqa: BLE001 - an arm must not take the worker down, whatever it does
        group.trouble = Unavailable(f"arm {arm}: want {rows} scores, got {type(error).__name__}: {error}.")
    return np.full(rows, np.nan)


async def _score_later(group: Group, arm: str, rows: int, *, timeout_s: float) -> Floats:
    try:
        if timeout_s > 0:
            return await asyncio.wait_for(group.live.runtimes[arm].predict(group.columns, rows=rows), timeout_s)
        group.trouble = DeadlineExceeded(f"arm {arm}: the deadline passed before it could be asked.")
    except TimeoutError:
        group.trouble = DeadlineExceeded(f"arm {arm}: want an answer within {timeout_s * 1000:.0f} ms, got none.")
    except SlipwayError as error:
        group.trouble = error
    except Exception as error:  # noqa: BLE001 - as above
        group.trouble = Unavailable(f"arm {arm}: want {rows} scores, got {type(error).__name__}: {error}.")
    return np.full(rows, np.nan)


def _by_arm(arms: list[str]) -> list[tuple[str, Index | None]]:
    names = set(arms)
    if len(names) == 1:
        return [(arms[0], None)]
    dealt = np.array(arms)
    return [(name, np.flatnonzero(dealt == name)) for name in sorted(names)]


def _columns(group: Group, index: Index) -> Columns:
    return group.part(index).columns


def _fill(group: Group, index: Index | None, scores: Floats) -> None:
    if index is None:
        group.score = scores
    else:
        group.score[index] = scores


def _of_arm(group: Group, arm: str | None) -> npt.NDArray[np.bool_]:
    return np.array([name == arm for name in group.arms])


def _no_answer(group: Group, finite: npt.NDArray[np.bool_]) -> Unavailable:
    return Unavailable(
        f"arm {group.arms[int(np.argmin(finite))]}: want a finite score for each of {len(group.owners)} rows, "
        f"got {int(np.count_nonzero(~finite))} without."
    )


def live_or_none(live: LiveRoute | None) -> LiveRoute:
    """Return the route in force.

    Raises:
        Unavailable: There is none yet.
    """
    if live is None:
        raise Unavailable(
            "No route is in force yet: its arms are being loaded, or cannot be. 'slipway status' says which."
        )
    return live
