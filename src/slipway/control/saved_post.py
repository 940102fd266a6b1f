"""Where a monitor stands, as bytes: so that a restart goes on from there when the rows are gone."""

from typing import Any, TypeVar

import msgspec

from slipway.monitoring.feed import Feed
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

    def watched(self, monitor: Monitor) -> Watched:
        """Return where the monitor stood.

        Raises:
            Corrupt: It was another monitor's.
        """
        tests = monitor.instruments
        inputs = _side(self.inputs, test=tests.inputs, kind=InputSums)
        fresh = start(tests)
        gap = None if self.gap is None else _side(self.gap, test=tests.gap, kind=OutcomeSums)
        track = Track(
            inputs=inputs,
            gap=gap,
            joint=_side(self.joint, test=tests.joint, kind=InputSums) if self.joint else fresh.joint,
            answers=_side(self.answers, test=tests.answers, kind=InputSums) if self.answers else fresh.answers,
        )
        return Watched(
            track=track,
            findings=self.findings,
            took=self.took,
            quiet=self.quiet,
            feed=None if self.feed is None else state.decode(self.feed, Feed),
            spoiled=self.spoiled,
            refused=self.refused,
        )


def save_post(
    watched: Watched, *, route: str, model: str, inputs_upto_us: int, outcomes_upto_us: int, feed_upto_us: int = 0
) -> SavedPost:
    """Return where a monitor stands."""
    return SavedPost(
        route=route,
        model=model,
        inputs_upto_us=inputs_upto_us,
        outcomes_upto_us=outcomes_upto_us,
        took=watched.took,
        quiet=watched.quiet,
        findings=watched.findings,
        inputs=_saved(watched.track.inputs),
        gap=_saved(watched.track.gap) if watched.track.gap else None,
        joint=_saved(watched.track.joint) if watched.track.joint else None,
        answers=_saved(watched.track.answers) if watched.track.answers else None,
        feed=None if watched.feed is None else state.encode(watched.feed),
        feed_upto_us=feed_upto_us,
        spoiled=watched.spoiled,
        refused=watched.refused,
    )


def _saved(side: Side) -> SavedSide:
    return SavedSide(
        state=state.encode(side.state),
        detector=state.encode(side.detector),
        slices=tuple(state.encode(one) for one in side.slices),
        fed=side.fed,
    )


def _side(saved: SavedSide, *, test: Any, kind: type[S]) -> Side:
    return Side(
        state=state.decode(saved.state, type(test.start())),
        detector=state.decode(saved.detector, DetectorState),
        slices=tuple(state.decode(one, kind) for one in saved.slices),
        fed=saved.fed,
    )
