"""What every control store checks before it keeps a change, whatever it keeps it in."""

from collections.abc import Sequence

from slipway.errors import BadInput, Conflict, NotFound, nearest
from slipway.ports import Change
from slipway.storage.kinds import kind_of

_ID_LENGTH = 200


def check_commit(changes: Sequence[Change], *, by: str, why: str) -> None:
    """Refuse changes that could never be kept.

    Raises:
        BadInput: A class that is no kind, an id that is empty, too long or not printable, or no ``by`` or ``why``.
    """
    for name, value in (("by", by), ("why", why)):
        if not value.strip():
            raise BadInput(f"commit: want '{name}' in words, got {value!r}. The audit must tell who and why.")
    for change in changes:
        kind = kind_of(type(change.record))
        if not 0 < len(change.id) <= _ID_LENGTH or not change.id.isprintable() or " " in change.id:
            raise BadInput(
                f"id of a {kind}: want 1 to {_ID_LENGTH} printable characters without spaces, got {change.id!r}."
            )


def check_version(change: Change, *, present: int) -> None:
    """Refuse a change that was decided on another version than the present one (0: there is none).

    Raises:
        Conflict: Names the record and both versions.
    """
    if change.expect is not None and change.expect != present:
        kind = kind_of(type(change.record))
        have, want = (f"version {v}" if v else "none" for v in (present, change.expect))
        raise Conflict(
            f"{kind} '{change.id}': want {want}, as it was when this change was decided, got {have}. "
            "Nothing was stored. Read it again and decide anew."
        )


def not_found(kind: type, id: str, *, known: Sequence[str]) -> NotFound:  # noqa: A002 - the field's own word
    """Say that there is no such record, and which name is nearest."""
    some = f"There are {len(known)}, the newest '{known[-1]}'." if known else "There is none of that kind yet."
    return NotFound(f"{kind_of(kind)} '{id}': no such record.{nearest(id, known)} {some}")
