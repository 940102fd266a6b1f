"""A record and what belongs to it, as the faces show them together."""

from slipway.records.base import Record
from slipway.records.model import Manifest
from slipway.records.rollout import Rollout, Verdict


class Packaged(Record, frozen=True, kw_only=True):
    """A packaged model.

    Attributes:
        id: Package id.
        manifest: What it is.
    """

    id: str
    manifest: Manifest


class RolloutStory(Record, frozen=True, kw_only=True):
    """A rollout with every verdict on it, oldest first."""

    rollout: Rollout
    verdicts: tuple[Verdict, ...]
