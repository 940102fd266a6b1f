"""Attempts: written down before the work begins, and told apart afterwards, also where the process was killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from slipway.errors import SlipwayError
from slipway.ports import Change
from slipway.records.attempt import Attempt, Ended, Work
from slipway.records.base import content_id
from slipway.storage.lock import try_lock
from slipway.wiring import Parts


class Standing(StrEnum):
    """What became of an attempt, as seen now."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


class Seen(NamedTuple):
    """An attempt as it is seen now."""

    attempt: Attempt
    standing: Standing


class Note:
    """What came of an attempt, said by whoever does the work."""

    def __init__(self) -> None:
        self.detail = ""


@contextmanager
def attempt(parts: Parts, *, work: Work, data: str, code: str, by: str) -> Iterator[Note]:
    """Write down that work begins, and how it ends.

    While it goes on, the process holds a lock that the kernel gives back however it dies.

    Raises:
        Unavailable: The control store does not take it; nothing was begun.
    """
    started_us = parts.clock.now_us()
    begun = Attempt(
        id=content_id([work, data, code, by, started_us, os.getpid()]),
        work=work,
        data=data,
        code=code,
        by=by,
        started_us=started_us,
    )
    path = _lock_of(parts, begun.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try_lock(handle)
    note = Note()
    try:
        parts.store.commit([Change(begun, begun.id, 0)], at_us=started_us, by=by, why=f"began to {work}")
        try:
            yield note
        except BaseException as error:
            ended = Ended.FAILED if isinstance(error, Exception) else Ended.STOPPED
            with suppress(SlipwayError):  # what went wrong with the work matters more than that this is not kept
                _end(parts, begun, ended=ended, detail=str(error).partition("\n")[0])
            raise
        _end(parts, begun, ended=Ended.FINISHED, detail=note.detail)
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def attempts(parts: Parts) -> list[Seen]:
    """Return all attempts, oldest first, and what became of each."""
    return [Seen(one, _standing(parts, one)) for _, one, _ in parts.store.all(Attempt)]


def _standing(parts: Parts, one: Attempt) -> Standing:
    if one.ended is not Ended.NOT_YET:
        return Standing(one.ended.value)
    try:
        handle = os.open(_lock_of(parts, one.id), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return Standing.INTERRUPTED
    try:
        return Standing.INTERRUPTED if try_lock(handle) else Standing.RUNNING
    finally:
        os.close(handle)


def _end(parts: Parts, begun: Attempt, *, ended: Ended, detail: str) -> None:
    at_us = parts.clock.now_us()
    done = msgspec.structs.replace(begun, ended=ended, detail=detail, ended_us=at_us)
    why = f"{begun.work} {ended}" + (f": {detail}" if detail else "")
    parts.store.commit([Change(done, done.id, 1)], at_us=at_us, by=begun.by, why=why)


def _lock_of(parts: Parts, id_: str) -> Path:
    return parts.layout.run / f"attempt-{id_[:32]}.lock"
