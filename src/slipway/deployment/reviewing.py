"""The rules of a review queue, pure: what a case waits for, who may have it, which one comes first, what is decided.

Whoever reads is told nothing that another reader, or a model that he is not to see, said. So what a case waits for is
decided here and stays here.
"""

import math
from collections.abc import Sequence

import msgspec

from slipway.errors import BadInput, Conflict
from slipway.records.arm import Reading
from slipway.records.handover import PENDING
from slipway.records.lease import holder_of, is_free_for
from slipway.records.review import Decision, Part, ReadOnce, ReviewCase
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind


def waits_for(case: ReviewCase, *, scoring: Scoring) -> Part | None:
    """Return the reading that a case waits for; None where nobody has to read it now.

    Nobody settles what may still be taken back: who could see that his case goes on would know what the model said, and
    might say so himself.
    """
    if case.ended_us is not None:
        return None
    reads = case.valid()
    parts = [read.part for read in reads]
    if Part.FIRST not in parts:
        return Part.FIRST
    if case.second and Part.SECOND not in parts:
        return Part.SECOND
    final = case.written == len(case.reads)
    if case.settles and final and Part.SETTLING not in parts and is_disputed(case, scoring=scoring):
        return Part.SETTLING
    return None


def is_disputed(case: ReviewCase, *, scoring: Scoring) -> bool:
    """Tell whether readers differ, or a model and the first reader. Numbers are never the same, and dispute nothing."""
    reads = [read for read in case.valid() if read.part is not Part.SETTLING]
    if scoring.kind is not TaskKind.BINARY or not reads:
        return False
    models = {
        float(score >= scoring.threshold) for arm, score in case.said if arm in case.models and math.isfinite(score)
    }
    return len({read.value for read in reads} | models) > 1


def may_read(case: ReviewCase, *, by: str, scoring: Scoring) -> bool:
    """Tell whether a case waits for a reading that somebody may give, as soon as nobody else has it.

    He has not read it before, and later readings are given by who was never shown the suggestion. An empty name is
    nobody in particular, who is told nothing of what readers and models differ on.
    """
    part = waits_for(case, scoring=scoring)
    if part is None or (part is Part.SETTLING and not by) or any(read.by == by for read in case.valid()):
        return False
    return part is Part.FIRST or by not in case.shown_to


def may_have(case: ReviewCase, *, by: str, now_us: int, scoring: Scoring) -> bool:
    """Tell whether somebody may read a case now: it waits for him (:func:`may_read`), and nobody else has it."""
    return is_free_for(case, by=by, now_us=now_us) and may_read(case, by=by, scoring=scoring)


def handed(case: ReviewCase, *, by: str, now_us: int, until_us: int, scoring: Scoring) -> ReviewCase:
    """Return the case as somebody's who may have it; who has it already keeps what he was shown, and since when."""
    if holder_of(case, now_us=now_us) == by:
        return msgspec.structs.replace(case, until_us=until_us)
    shows = case.suggestion is not None and waits_for(case, scoring=scoring) is Part.FIRST
    return msgspec.structs.replace(
        case,
        holder=by,
        since_us=now_us,
        until_us=until_us,
        showing=shows,
        shown_to=(*case.shown_to, by) if shows and by not in case.shown_to else case.shown_to,
    )


def left(case: ReviewCase) -> ReviewCase:
    """Return the case as nobody's."""
    return msgspec.structs.replace(case, holder="", until_us=0, showing=False)


def rank(case: ReviewCase, *, reading: Reading) -> tuple[float, int]:
    """Return what cases are handed out by, the smallest first."""
    match reading.first:
        case "unsure":
            scores = [score for arm, score in case.said if arm in case.models and math.isfinite(score)]
            return (min((abs(score - 0.5) for score in scores), default=0.0), case.due_us)
        case "oldest":
            return (case.at_us, case.due_us)
        case _:
            return (case.due_us, case.at_us)


def read_once(case: ReviewCase, *, by: str, value: float, why: str, now_us: int, scoring: Scoring) -> ReviewCase:
    """Return the case with what its holder decided.

    Raises:
        Conflict: Somebody else has it, its time is over, or nobody has to decide it any more.
        BadInput: Y cannot be that.
    """
    part = waits_for(case, scoring=scoring)
    if case.ended_us is not None:
        raise Conflict("case: want one whose time is not over, got one for which the declared fallback has answered.")
    if part is None or holder_of(case, now_us=now_us) != by or not may_read(case, by=by, scoring=scoring):
        raise Conflict(f"case: want one that {by} has, got another. Leases end: ask for the next.")
    _check_value(value, kind=scoring.kind)
    said = ReadOnce(
        by=by,
        value=value,
        part=part,
        at_us=now_us,
        took_s=max(0, now_us - case.since_us) / 1e6,
        saw=case.showing,
        why=why,
    )
    return msgspec.structs.replace(left(case), reads=(*case.reads, said))


def told_once(case: ReviewCase, *, by: str, value: float, saw: bool, at_us: int, scoring: Scoring) -> ReviewCase | None:
    """Return the case with what somebody decided without the queue; None where that changes nothing of it.

    It is in the journal already, so it cannot be taken back. Whoever has the case has it no more. What was told while
    the case waited for nobody changes nothing, whenever it is heard: see :func:`heard_from`.

    Args:
        case: The case.
        by: Who decided, as the journal holds it.
        value: What.
        saw: Whether he knew the model's answer.
        at_us: When it was received.
        scoring: Of the task.
    """
    part = waits_for(case, scoring=scoring)
    if part is None or any(read.by == by for read in case.valid()) or not _is_possible(value, kind=scoring.kind):
        return None
    if at_us < heard_from(case, part=part):
        return None
    reads = (*case.reads, ReadOnce(by=by, value=value, part=part, at_us=at_us, took_s=0.0, saw=saw, told=True))
    final = all(read.undone_us is not None for read in case.reads[case.written :])
    told = msgspec.structs.replace(left(case), reads=reads)
    if not final:
        return told
    return msgspec.structs.replace(told, written=len(reads), final_us=max(case.final_us, at_us))


def heard_from(case: ReviewCase, *, part: Part) -> int:
    """Return the moment from which on what is told of a case counts as the reading that it waits for.

    Before, it waited for nobody: a reading stood that was then taken back, or could still be. Who reads the journal
    again hears what was told then once more, and must not take it for an answer to what was asked later.
    """
    undone = [read.undone_us + 1 for read in case.reads if read.undone_us is not None]
    final = [case.final_us, *(read.at_us for read in case.reads)] if part is Part.SETTLING else []
    return max([*undone, *final], default=0)


def undone(case: ReviewCase, *, by: str, now_us: int, undo_s: float) -> ReviewCase:
    """Return the case without the newest reading, which stays in it as taken back.

    Raises:
        Conflict: It is not his, the time to take it back is over, or its decision was fetched already.
    """
    newest = case.valid()[-1:]
    if not newest or newest[0].by != by:
        raise Conflict(f"case: want a decision of {by} that can still be taken back, got a case without one.")
    read = newest[0]
    if read.part is Part.FIRST and case.fetched_us is not None and case.course in PENDING:
        raise Conflict("case: want a decision that nobody knows of, got one that the caller has. It can not be undone.")
    if now_us > read.at_us + round(undo_s * 1e6) or read.told or case.reads.index(read) < case.written:
        raise Conflict(f"case: want a decision of the last {undo_s:g} s, got an older one, which is in the journal.")
    taken = msgspec.structs.replace(read, undone_us=now_us)
    reads = tuple(taken if one is read else one for one in case.reads)
    return msgspec.structs.replace(case, reads=reads)


def over(case: ReviewCase, *, now_us: int) -> bool:
    """Tell whether the people's time is over, and the answer of the arm that steps in is there.

    An audit has no such time: its caller was answered, and what is learned from it late is learned all the same.
    """
    waits = case.course in PENDING and not case.valid() and case.ended_us is None
    return waits and now_us >= case.due_us and stepped_in(case) is not None


def is_pressed(case: ReviewCase, *, now_us: int) -> bool:
    """Tell whether a caller waits for a case of whose time less than a tenth is left."""
    waits = case.course in PENDING and not case.valid() and case.ended_us is None
    return waits and now_us >= case.due_us - (case.due_us - case.at_us) // 10


def stepped_in(case: ReviewCase) -> float | None:
    """Return what the arm answered that steps in; None where there is none, or it has no answer."""
    found = [score for arm, score in case.said if arm == case.steps_in and math.isfinite(score)]
    return found[0] if found else None


def decision_of(id_: str, case: ReviewCase, *, scoring: Scoring) -> Decision:
    """Return what the caller is told: what the first reader decided, or the arm that stepped in.

    Later readings are evidence about the people and the models; they change nothing of what was decided.
    """
    first = next((read for read in case.valid() if read.part is Part.FIRST), None)
    answer = stepped_in(case)
    if first is None and case.ended_us is not None and answer is not None:
        binary = scoring.kind is TaskKind.BINARY
        return Decision(
            id=id_,
            pending=False,
            decision=float(answer >= scoring.threshold) if binary else answer,
            by=case.steps_in or "",
            fallback=True,
            at_us=case.ended_us,
            due_us=case.due_us,
        )
    if first is None:
        return Decision(id=id_, pending=True, due_us=case.due_us)
    return Decision(id=id_, pending=False, decision=first.value, by=first.by, at_us=first.at_us, due_us=case.due_us)


def to_write(case: ReviewCase, *, now_us: int, undo_s: float) -> Sequence[ReadOnce]:
    """Return the readings that can no longer be taken back, and are not in the journal yet."""
    found = []
    for read in case.reads[case.written :]:
        fetched = read.part is Part.FIRST and case.fetched_us is not None
        if not (read.told or read.undone_us is not None or fetched) and now_us <= read.at_us + round(undo_s * 1e6):
            break
        found.append(read)
    return found


def with_written(case: ReviewCase, *, count: int, now_us: int) -> ReviewCase:
    """Return the case with so many more of its readings in the journal; what comes after this moment may settle it."""
    return msgspec.structs.replace(case, written=case.written + count, final_us=now_us + 1)


def is_done(case: ReviewCase, *, scoring: Scoring) -> bool:
    """Tell whether nothing will change any more: read as often as wanted, or ended, and all of it in the journal."""
    return waits_for(case, scoring=scoring) is None and case.written == len(case.reads)


def _check_value(value: float, *, kind: TaskKind) -> None:
    if not _is_possible(value, kind=kind):
        wanted = "0 or 1" if kind is TaskKind.BINARY else "a number"
        raise BadInput(f"decision: want {wanted}, got {value:g}.")


def _is_possible(value: float, *, kind: TaskKind) -> bool:
    return value in (0.0, 1.0) if kind is TaskKind.BINARY else math.isfinite(value)
