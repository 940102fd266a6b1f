"""Where a monitor stands, as bytes: so that a restart goes on from there when the rows are gone."""

from typing import Any, TypeVar

import msgspec
import numpy as np

from slipway.monitoring.feed import Feed
from slipway.monitoring.instruments import Instruments
from slipway.monitoring.track import Side, Track, start
from slipway.monitoring.watch import Monitor, Watched
from slipway.records.alert import Finding
from slipway.records.refused_rows import RefusedRows
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats import state
from slipway.stats.edetector import DetectorState

S = TypeVar("S", InputSums, OutcomeSums)


class SavedSide(msgspec.Struct, frozen=True):
    """One test on its way; each part as :func:`slipway.stats.state.encode` has it."""

    state: bytes
    detector: bytes
    slices: tuple[bytes, ...]
    fed: int
    starts: bytes | None = None


class SavedTrack(msgspec.Struct, frozen=True):
    """All that a monitor remembers; its parts as :class:`slipway.monitoring.track.Track` has them."""

    inputs: SavedSide
    gap: SavedSide | None
    joint: SavedSide | None
    answers: SavedSide | None
    parts: SavedSide | None = None


class SavedPost(msgspec.Struct, frozen=True):
    """One monitor on one route.

    Attributes:
        route: Name of the route.
        model: Name of the arm.
        inputs_upto_us: Up to which moment it was fed inputs.
        outcomes_upto_us: Up to which moment it was fed outcomes.
        took: As in :class:`slipway.monitoring.watch.Watched`.
        quiet: As there.
        findings: All so far.
        inputs: Whether the inputs have moved.
        gap: Whether realised and expected performance have come apart; None where the reference has no answers.
        joint: Whether columns still go together; None where that is not watched.
        answers: Whether the scores have moved; None likewise.
        feed: Where the feed stands; None before its first slice.
        feed_upto_us: Up to which moment it was fed what came.
        spoiled: As in :class:`slipway.monitoring.watch.Watched`.
        refused: As there.
        whole: As there.
        parts: Whether the gap moved in a part of the rows; None where that is not watched.
    """

    route: str
    model: str
    inputs_upto_us: int
    outcomes_upto_us: int
    took: int
    quiet: int
    findings: tuple[Finding, ...]
    inputs: SavedSide
    gap: SavedSide | None
    joint: SavedSide | None = None
    answers: SavedSide | None = None
    feed: bytes | None = None
    feed_upto_us: int = 0
    spoiled: tuple[tuple[int, int], ...] = ()
    refused: RefusedRows | None = None
    whole: SavedTrack | None = None
    parts: SavedSide | None = None

    def watched(self, monitor: Monitor) -> Watched:
        """Return where the monitor stood.

        Raises:
            Corrupt: It was another monitor's.
        """
        tests = monitor.instruments
        track = _track(SavedTrack(self.inputs, self.gap, self.joint, self.answers, self.parts), tests=tests)
        return Watched(
            track=track,
            findings=self.findings,
            took=self.took,
            quiet=self.quiet,
            feed=None if self.feed is None else state.decode(self.feed, Feed),
            spoiled=self.spoiled,
            refused=self.refused,
            whole=None if self.whole is None else _track(self.whole, tests=tests),
        )


def save_post(
    watched: Watched, *, route: str, model: str, inputs_upto_us: int, outcomes_upto_us: int, feed_upto_us: int = 0
) -> SavedPost:
    """Return where a monitor stands."""
    track = _saved_track(watched.track)
    return SavedPost(
        route=route,
        model=model,
        inputs_upto_us=inputs_upto_us,
        outcomes_upto_us=outcomes_upto_us,
        took=watched.took,
        quiet=watched.quiet,
        findings=watched.findings,
        inputs=track.inputs,
        gap=track.gap,
        joint=track.joint,
        answers=track.answers,
        feed=None if watched.feed is None else state.encode(watched.feed),
        feed_upto_us=feed_upto_us,
        spoiled=watched.spoiled,
        refused=watched.refused,
        whole=None if watched.whole is None else _saved_track(watched.whole),
        parts=track.parts,
    )


def _saved_track(track: Track) -> SavedTrack:
    return SavedTrack(
        inputs=_saved(track.inputs),
        gap=_saved(track.gap) if track.gap else None,
        joint=_saved(track.joint) if track.joint else None,
        answers=_saved(track.answers) if track.answers else None,
        parts=_saved(track.parts) if track.parts else None,
    )


def _track(saved: SavedTrack, *, tests: Instruments) -> Track:
    fresh = start(tests)
    return Track(
        inputs=_side(saved.inputs, test=tests.inputs, kind=InputSums),
        gap=None if saved.gap is None else _side(saved.gap, test=tests.gap, kind=OutcomeSums),
        joint=_side(saved.joint, test=tests.joint, kind=InputSums) if saved.joint else fresh.joint,
        answers=_side(saved.answers, test=tests.answers, kind=InputSums) if saved.answers else fresh.answers,
        parts=_side(saved.parts, test=tests.parts, kind=OutcomeSums) if saved.parts else fresh.parts,
    )


def _saved(side: Side) -> SavedSide:
    return SavedSide(
        state=state.encode(side.state),
        detector=state.encode(side.detector),
        slices=tuple(state.encode(one) for one in side.slices),
        fed=side.fed,
        starts=None if side.starts is None else state.encode(side.starts),
    )


def _side(saved: SavedSide, *, test: Any, kind: type[S]) -> Side:
    return Side(
        state=state.decode(saved.state, type(test.start())),
        detector=state.decode(saved.detector, DetectorState),
        slices=tuple(state.decode(one, kind) for one in saved.slices),
        fed=saved.fed,
        starts=None if saved.starts is None else state.decode(saved.starts, np.ndarray),
    )
