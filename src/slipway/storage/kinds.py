"""Which records the control store keeps, and under which word.

The word is what is on the disk, so that a class may be renamed; a new kind of record is one line here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from slipway.errors import BadInput, Corrupt, nearest
from slipway.records.access import AccessKey
from slipway.records.alert import Finding
from slipway.records.arm import Arm
from slipway.records.attempt import Attempt
from slipway.records.base import canonical
from slipway.records.cohort import VerdictInputs
from slipway.records.dataset import DatasetVersion
from slipway.records.facts import Approval
from slipway.records.label import Collection, Guideline, LabelBatch, LabelItem, LabelQueue
from slipway.records.load_test import LoadTest
from slipway.records.look import Look
from slipway.records.model import Manifest, PackageSignature
from slipway.records.readiness import Attestation
from slipway.records.receiver import Outbox, Sent
from slipway.records.rehearsal import Rehearsal
from slipway.records.removal import RemovedSegment
from slipway.records.retraining import Retraining
from slipway.records.review import ReviewCase
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route
from slipway.records.run import CellAnswers, Run
from slipway.records.scope import Scope
from slipway.records.trial import Trial
from slipway.records.trouble import Alert

R = TypeVar("R")

KINDS: Mapping[str, type] = MappingProxyType(
    {
        "access-key": AccessKey,
        "alert": Alert,
        "alert-outbox": Outbox,
        "alerts-sent": Sent,
        "approval": Approval,
        "arm": Arm,
        "attestation": Attestation,
        "attempt": Attempt,
        "cell-answers": CellAnswers,
        "collection": Collection,
        "dataset": DatasetVersion,
        "finding": Finding,
        "guideline": Guideline,
        "label-batch": LabelBatch,
        "label-item": LabelItem,
        "label-queue": LabelQueue,
        "load-test": LoadTest,
        "look": Look,
        "package": Manifest,
        "package-signature": PackageSignature,
        "rehearsal": Rehearsal,
        "removed-segment": RemovedSegment,
        "review-case": ReviewCase,
        "retraining": Retraining,
        "rollout": Rollout,
        "route": Route,
        "run": Run,
        "scope": Scope,
        "trial": Trial,
        "verdict": Verdict,
        "verdict-inputs": VerdictInputs,
    }
)
"""Kind as it is stored to the class of its records."""

_NAMES = {record: kind for kind, record in KINDS.items()}


def kind_of(record: type) -> str:
    """Return the word under which records of a class are kept.

    Raises:
        BadInput: The class is not kept; the message lists those that are.

    >>> kind_of(DatasetVersion)
    'dataset'
    """
    try:
        return _NAMES[record]
    except KeyError:
        known = sorted(c.__name__ for c in _NAMES)
        raise BadInput(
            f"record kind: want one of {', '.join(known)}, got {record.__name__}.{nearest(record.__name__, known)} "
            "A new kind is one line in slipway/storage/kinds.py."
        ) from None


def encode_record(record: object) -> bytes:
    """Return the canonical bytes of a record: the same for the same content."""
    return canonical(record)


def decode_record(body: bytes, *, kind: type[R], id: str, version: int) -> R:  # noqa: A002 - the field's own word
    """Return the record.

    Raises:
        Corrupt: The bytes are no such record; the message names it, what is wrong, and the way out.
    """
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt(
            f"{kind_of(kind)} '{id}' version {version}: want a {kind.__name__}, got bytes that say '{error}'. "
            "Another version of Slipway may have written it; use that one, or restore the control store."
        ) from error
