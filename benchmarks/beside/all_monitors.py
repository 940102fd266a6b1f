"""All monitors of a packaged model that are on by default, fed slice by slice as control feeds them, part by part.

Reference, unit, monitors and sums are the product's own (`slipway.modeling`, `slipway.monitoring`): columns that
drift, columns that go together, scores, realised against expected loss with the truth of every row, and the feed. What
is timed is the monitors' work on rows that are at hand as arrays; reading them from the journal is timed beside
serving (`benchmarks/watched_serving.py`). No drift: the last part is then what looking costs, not telling.
"""

import time

import numpy as np
import polars as pl

from slipway.modeling.frame import as_columns
from slipway.modeling.reference import make_reference
from slipway.modeling.usual import with_usual
from slipway.monitoring.advise import Limits
from slipway.monitoring.feed_events import FeedEvents, marks_of
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor, begin, take
from slipway.monitoring.watch_feed import take_feed_sums
from slipway.records.calibration import expected_loss
from slipway.records.field import Field, FieldKind
from slipway.records.reference import table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import FeedSums, InputSums, OutcomeSums
from slipway.stats import state
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores

HOUR_US = 3_600_000_000
SCORING = Scoring(kind=TaskKind.BINARY)


class AllMonitors:
    """Learned from a reference; takes batches, each as one slice of time.

    Attributes:
        spent: Part to the CPU seconds that it took so far.
    """

    def __init__(self, reference, *, names, seed=1):
        self.chance, self.spent, self.slices = np.random.default_rng(seed), {}, 0
        rows = len(reference)
        fields = tuple(Field(name=name, kind=FieldKind.NUMBER) for name in names)
        table = pl.DataFrame(reference, schema=list(names))
        at_us = np.arange(rows) * (28 * 24 * HOUR_US // rows)  # four weeks
        held_out = np.arange(rows // 3, rows)
        scores, y = self._answered(reference)
        known, self.calibration = make_reference(
            table,
            fields=fields,
            times_us=at_us,
            held_out=held_out,
            scores=scores[held_out],
            y=y[held_out],
            scoring=SCORING,
        )
        known = with_usual(known, columns=as_columns(table, fields=fields), times_us=at_us)
        instruments = instruments_of(known)
        self.monitor = Monitor(
            model="model",
            reference=known,
            instruments=instruments,
            limits=Limits(metric="error", tolerance=0.01),
            units={},
            alpha=0.01,
            feed=FeedEvents.of(known),
        )
        self.coder = Coder(instruments.inputs.reference, marks=marks_of(known))
        self.together = JointScores.of(table_of(known))
        self.watched = begin(self.monitor)
        if None in (instruments.gap, instruments.joint, instruments.answers, self.monitor.feed, self.together):
            raise SystemExit("all monitors: want each of them on, got one that is off.")

    def step(self, batch):
        """Take a slice; return whether a finding is open after it."""
        scores, y = self._answered(batch)  # the world's work, not the monitors'
        slice_us = self.monitor.instruments.slice_us
        span = {"start_us": (100 + self.slices) * slice_us, "end_us": (101 + self.slices) * slice_us}
        rows, marker, known, now = len(batch), self.coder.marks, self.monitor.reference, time.process_time()
        names = self.monitor.instruments.inputs.reference.names
        x = dict(zip(names, np.ascontiguousarray(batch.T), strict=True))
        bins = self.coder.bins(x, rows=rows)
        now = self._part("values to bins", since=now)
        marks = marker.mark(x, rows=rows)
        now = self._part("feed: rows to marks", since=now)
        counts = self.coder.counts(bins)
        now = self._part("columns: counts of bins", since=now)
        joint = self.together.ticks(bins, rows=known.joint_rows)
        now = self._part("together: sums of products", since=now)
        answers = known.score.profile.tick(scores).counts
        now = self._part("scores: counts of bins", since=now)
        expected, loss = (
            expected_loss(self.calibration, scores=scores, scoring=SCORING),
            SCORING.loss(y, answers=scores),
        )
        gap = known.measures.tick(self.calibration.apply(scores), outcome=y)
        now = self._part("gap: expected and realised loss", since=now)
        fed = FeedSums(**span, rows=rows, counts=counts, far=marker.far(marks), repeats=marker.repeats(marks))
        now = self._part("feed: counts of marks", since=now)
        self.watched = take_feed_sums(self.watched, monitor=self.monitor, sums=fed, now_us=span["end_us"])
        now = self._part("feed: its events judged", since=now)
        inputs = InputSums(
            **span, rows=rows, counts=counts, expected=float(expected.sum()), answers=answers, joint=joint
        )
        outcomes = OutcomeSums(
            **span,
            labelled=rows,
            missing=0,
            loss=float(loss.sum()),
            loss_squares=float(loss @ loss),
            expected=float(expected.sum()),
            gap_squares=float(((loss - expected) ** 2).sum()),
            gap=gap,
        )
        self.watched = take(self.watched, monitor=self.monitor, sums=inputs, known=outcomes, now_us=span["end_us"])
        self._part("columns, together, scores, gap: judged and dated", since=now)
        self.slices += 1
        return self.watched.open is not None

    def state_bytes(self):
        """Return how large what is remembered is, as control saves it."""
        return len(state.encode(self.watched))

    def _answered(self, x):
        """Return (scores, truth) of a model that knows what there is to know."""
        p = 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))
        return p, (self.chance.random(len(x)) < p).astype(float)

    def _part(self, name, *, since):
        now = time.process_time()
        self.spent[name] = self.spent.get(name, 0.0) + now - since
        return now
