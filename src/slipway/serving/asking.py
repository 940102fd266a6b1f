"""Ask the arms of a group: now, where they answer at once; later, where they must be awaited. Then the fallback.

An answer counts if it is finite and came before the deadline. Whatever else happens (an error, a timeout, NaN), the
fallback is asked for those rows; where it fails too the score stays NaN and the caller gets an error.
"""

import asyncio
import time
from collections.abc import Sequence
from math import isfinite

from slipway.errors import DeadlineExceeded, SlipwayError, Unavailable
from slipway.runtime.handed_on import traceparent
from slipway.serving.live_route import LiveRoute
from slipway.serving.tracing.calls import Calls
from slipway.serving.waiting import Group

_NAN = float("nan")


def ask_now(group: Group, *, deadline_ns: int) -> tuple[Group | None, list[Group]]:
    """Ask the arms that answer at once.

    Returns:
        The rows that are settled, or None if there are none; and groups of one arm each that must be awaited.
    """
    immediate, rows, first = group.live.immediate, len(group), group.arms[0]
    later: list[Group] = []
    if first in immediate and group.arms.count(first) == rows:
        group.score = _score_now(group, first)
        return _after(group, later, deadline_ns=deadline_ns)
    settled: list[int] = []
    for arm, index in _places(group.arms).items():
        if arm in immediate:
            _fill(group, index, _score_now(group, arm, index=index))
            settled += index
        else:
            later.append(group.part(index))
    if not settled:
        return None, later
    if later:
        group = group.part(sorted(settled))
    return _after(group, later, deadline_ns=deadline_ns)


def _places(arms: Sequence[str]) -> dict[str, list[int]]:
    """Return which rows each arm has."""
    places: dict[str, list[int]] = {arm: [] for arm in dict.fromkeys(arms)}
    for i, arm in enumerate(arms):
        places[arm].append(i)
    return places


def _after(group: Group, later: list[Group], *, deadline_ns: int) -> tuple[Group | None, list[Group]]:
    """Turn to the fallback where it is needed, once the arms that answer at once were asked."""
    still_open = _settle(group, deadline_ns=deadline_ns)
    if not still_open:
        return group, later
    later.append(group.part(still_open))
    later[-1].wants_fallback = True
    done = sorted(set(range(len(group))) - set(still_open))
    return (group.part(done) if done else None), later


async def ask_later(group: Group, *, deadline_ns: int) -> Group:
    """Ask the one arm of a group that must be awaited, then the fallback for what it left open."""
    live, arm = group.live, group.arms[0]
    index = list(range(len(group)))
    if not group.wants_fallback:
        left_s = (deadline_ns - (time.monotonic_ns() - group.since_ns)) / 1e9
        group.score = await _score_later(group, arm, timeout_s=left_s)
        index = _settle(group, deadline_ns=deadline_ns)
    fallback = live.route.fallback
    if fallback is None or not index:
        return group
    part = group.part(index)
    timeout_s = live.route.arm(fallback).timeout_ms / 1000
    _fill_fallback(group, index, await _score_later(part, fallback, timeout_s=timeout_s), fallback)
    group.trouble = part.trouble or group.trouble
    return group


def _settle(group: Group, *, deadline_ns: int) -> list[int]:
    """Ask the fallback for what is open or late; return the rows for which it must be awaited."""
    if time.monotonic_ns() - group.since_ns > deadline_ns:
        group.score = [_NAN] * len(group)
        group.trouble = group.trouble or DeadlineExceeded(
            f"arm {group.arms[0]}: want an answer within {deadline_ns / 1e6:g} ms, got it later.", came="it later"
        )
    if all(map(isfinite, group.score)):
        return []
    missing = [i for i, score in enumerate(group.score) if not isfinite(score)]
    for i in missing:
        group.score[i] = _NAN
    group.trouble = group.trouble or _no_answer(group, missing)
    fallback = group.live.route.fallback
    index = [i for i in missing if group.arms[i] != fallback]
    if fallback is None or not index:
        return []
    if fallback not in group.live.immediate:
        return index
    _fill_fallback(group, index, _score_now(group, fallback, index=index), fallback)
    return []


def _fill(group: Group, index: Sequence[int], scores: Sequence[float]) -> None:
    for i, score in zip(index, scores, strict=True):
        group.score[i] = score


def _fill_fallback(group: Group, index: Sequence[int], scores: Sequence[float], fallback: str) -> None:
    for i, score in zip(index, scores, strict=True):
        if isfinite(score):
            group.score[i], group.arms[i], group.fallback[i] = score, fallback, True


def _score_now(group: Group, arm: str, *, index: Sequence[int] | None = None) -> list[float]:
    batch = group.batch if index is None else group.batch.take(index)
    rows = len(group) if index is None else len(index)
    calls = Calls(group, arm, index=index) if group.traces else None
    begun_ns = time.monotonic_ns()
    trouble: SlipwayError | None = None
    try:
        scores: list[float] = group.live.immediate[arm](batch, rows=rows).tolist()
    except SlipwayError as error:
        group.trouble = trouble = error
    except Exception as error:  # noqa: BLE001 - an arm must not take the worker down, whatever it does
        group.trouble = trouble = _raised(arm, rows, error)
    else:
        return scores
    finally:
        group.live.spent(arm, rows=rows, ns=time.monotonic_ns() - begun_ns)
        if calls is not None:
            calls.end(error=trouble)
    return [_NAN] * rows


async def _score_later(group: Group, arm: str, *, timeout_s: float) -> list[float]:
    calls = Calls(group, arm) if group.traces else None
    traceparent.set(calls.traceparent if calls else "")  # who asks later does so in a task, so a context, of its own
    begun_ns, rows = time.monotonic_ns(), len(group)
    trouble: SlipwayError | None = None
    try:
        if timeout_s > 0:
            predicted = group.live.runtimes[arm].predict(group.batch, rows=rows)
            scores: list[float] = (await asyncio.wait_for(predicted, timeout_s)).tolist()
            return scores
        group.trouble = trouble = DeadlineExceeded(f"arm {arm}: the deadline passed before it could be asked.")
    except TimeoutError:
        group.trouble = trouble = DeadlineExceeded(
            f"arm {arm}: want an answer within {timeout_s * 1000:.0f} ms, got none.", came="none"
        )
    except SlipwayError as error:
        group.trouble = trouble = error
    except Exception as error:  # noqa: BLE001 - as above
        group.trouble = trouble = _raised(arm, rows, error)
    finally:
        group.live.spent(arm, rows=rows, ns=time.monotonic_ns() - begun_ns)
        if calls is not None:
            calls.end(error=trouble)
    return [_NAN] * rows


def _raised(arm: str, rows: int, error: Exception) -> Unavailable:
    kind = type(error).__name__
    return Unavailable(f"arm {arm}: want {rows} scores, got {kind}: {error}.", came=kind)


def _no_answer(group: Group, missing: Sequence[int]) -> Unavailable:
    came = f"{len(missing)} without"
    arm = group.arms[missing[0]]
    return Unavailable(f"arm {arm}: want a finite score for each of {len(group)} rows, got {came}.", came=came)


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
