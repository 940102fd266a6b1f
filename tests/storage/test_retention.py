"""Which segments go and which stay, and that a round of removal may be killed at any of its steps."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from slipway.errors import Conflict, Unavailable
from slipway.records.frame import OutcomeFrame
from slipway.records.scope import Journal
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.journal.pruning import prune, stored_segments
from slipway.storage.journal.retention import GB, Need, Stored, plan_retention
from slipway.storage.journal.sealed import SealedSegment, sealed_segments
from slipway.storage.journal.sealing import seal_closed
from slipway.storage.journal.unanswered import unanswered
from slipway.storage.lock import alone_in
from slipway.testing.frames import decision_frame, outcome_frame, prediction_frame, shadow_frame

DAY_US = 86_400_000_000
NOW_US = 100 * DAY_US


def of(name, *, day=None, about=(), gb=1.0):
    us = None if day is None else day * DAY_US
    what = SealedSegment(segment=name, rows={}, first_us=us, last_us=us, routes=(), arms=(), about=about, torn_bytes=0)
    return Stored(what, round(gb * GB))


def plan(stored, *, needs=(), held=None, unsealed=(), more_gb=0.0, **rule):
    total = sum(s.size_bytes for s in stored) + round(more_gb * GB)
    return plan_retention(
        stored, total_bytes=total, rule=Journal(**rule), unsealed=unsealed, needs=needs, held=held or {}, now_us=NOW_US
    )


def removed(found):
    return [r.segment for r in found.remove]


def test_without_a_rule_nothing_goes():
    assert removed(plan([of("a", day=1)])) == []


def test_by_age_a_segment_goes_when_its_last_row_is_older():
    found = plan([of("a", day=89), of("b", day=90), of("c", day=1)], keep_s=10 * 86400.0)
    assert removed(found) == ["c", "a"]
    assert found.remove[0].why == "older than 10 days"


def test_by_size_the_oldest_go_until_the_rest_fits_and_open_segments_count():
    stored = [of("c", day=3), of("a", day=1), of("b", day=2)]
    assert removed(plan(stored, keep_gb=2.5)) == ["a"]
    assert removed(plan(stored, keep_gb=2.5, more_gb=1)) == ["a", "b"]
    assert removed(plan(stored, keep_gb=3)) == []


def test_what_somebody_needs_stays_and_the_reason_is_said():
    stored = [of("a", day=1), of("b", day=2), of("c", day=3)]
    needs = [Need(3 * DAY_US, "rollout r runs")]
    found = plan(stored, keep_s=86400.0, needs=needs, held={"a": "shadow s waits"})
    assert removed(found) == ["b"]
    assert [(k.segment, k.why) for k in found.keep] == [("a", "shadow s waits"), ("c", "rollout r runs")]


def test_shadow_answers_are_as_old_as_what_they_are_about():
    """They go with their requests, never before; those about a segment that is not sealed yet are new."""
    stored = [of("old", day=1), of("new", day=99), of("s1", about=("old",)), of("s2", about=("old", "new"))]
    stored += [of("s3", about=("gone",)), of("s4", about=("old", "live")), of("s5")]
    assert removed(plan(stored, keep_s=10 * 86400.0, unsealed=["live"])) == ["s3", "old", "s1"]
    found = plan(stored, keep_gb=0.1, unsealed=["live"])
    assert removed(found) == ["s3", "old", "s1", "new", "s2"]
    assert {k.segment for k in found.keep} == {"s4", "s5"}


@pytest.fixture
def journal(tmp_path):
    """Three sealed segments, a to c, a day apart, and one that is being written."""
    for n, name in enumerate("abc"):
        writer = SegmentWriter(tmp_path, name=name)
        frame = prediction_frame(5, rng=np.random.default_rng(n), first=10 * n, at_us=n * DAY_US)
        writer.append([frame, outcome_frame(frame), decision_frame(frame)])
        writer.close()
    seal_closed(tmp_path, sealed=tmp_path / "sealed")
    live = SegmentWriter(tmp_path, name="live")
    live.append([OutcomeFrame(at_us=[0], id=["x"], value=[1.0])])
    yield tmp_path
    live.close()


def due(folder):
    stored, unsealed = stored_segments(folder, sealed=folder / "sealed")
    assert "live-00000001" in unsealed
    return plan_retention(
        stored, total_bytes=0, rule=Journal(keep_s=1.0), unsealed=unsealed, needs=[], held={}, now_us=2 * DAY_US
    ).remove


class Trail:
    """Notes each segment once, as the control store does."""

    def __init__(self):
        self.noted = []

    def __call__(self, removed):
        self.noted += [r.segment for r in removed if r.segment not in self.noted]


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def rows(folder):
    """What a reader sees, by segment."""
    seen = {}
    for frame, position in SegmentReader(folder).read({}):
        seen[position.segment] = seen.get(position.segment, 0) + len(frame.id)
    return seen


def test_raw_and_sealed_go_together_and_the_trail_is_told(journal):
    trail = Trail()
    before = set(files(journal))
    report = prune(journal, sealed=journal / "sealed", remove=due(journal), audit=trail)
    assert [r.segment for r in report.removed] == trail.noted == ["a-00000001", "b-00000001"]
    assert report.errors == ()
    gone = before - set(files(journal))
    assert gone == {f for f in before if Path(f).stem in trail.noted}
    assert rows(journal) == {"c-00000001": 15, "live-00000001": 1}
    assert [s.segment for s in sealed_segments(journal / "sealed")] == ["c-00000001"]
    assert report.removed[0].rows == {"predictions": 5, "shadows": 0, "outcomes": 5, "decisions": 5, "metrics": 0}
    assert report.removed[0].size_bytes > 500


STEPS = 26
"""Calls that change the disk in a round which removes two segments, and one more: that round is left alone."""


class Killed(BaseException):
    """As kill -9 does, it ends everything at once."""


def killed_after(monkeypatch, calls):
    """Let the process die at a number of calls that change the disk."""
    left = itertools.count()

    def dying(real):
        def call(*args, **kwargs):
            if next(left) == calls:
                raise Killed
            return real(*args, **kwargs)

        return call

    for module, name in ((Path, "rename"), (Path, "unlink"), (os, "fsync")):
        monkeypatch.setattr(module, name, dying(getattr(module, name)))


@pytest.mark.parametrize("calls", range(STEPS))
def test_killed_at_any_step_each_segment_is_whole_or_going_and_the_next_round_ends_it(journal, monkeypatch, calls):
    trail = Trail()
    whole = rows(journal)
    wanted = due(journal)
    survived = False
    with monkeypatch.context() as patch:
        killed_after(patch, calls)
        try:
            prune(journal, sealed=journal / "sealed", remove=wanted, audit=trail)
            survived = True
        except Killed:
            pass
    for segment, count in rows(journal).items():
        assert count == whole[segment]
    for what in sealed_segments(journal / "sealed"):  # what counts as sealed is there in full
        for kind, count in what.rows.items():
            assert (journal / "sealed" / kind / f"{what.segment}.parquet").exists() == bool(count)
    seal_closed(journal, sealed=journal / "sealed")  # control seals first; it must not seal what is leaving
    report = prune(journal, sealed=journal / "sealed", remove=due(journal), audit=trail)
    assert report.errors == ()
    assert sorted(trail.noted) == ["a-00000001", "b-00000001"]
    assert rows(journal) == {"c-00000001": 15, "live-00000001": 1}
    assert not [f for f in files(journal) if f.startswith(("a-", "b-")) or f.endswith(".leaving") or "/a-" in f]
    assert survived == (calls == STEPS - 1)


def test_the_trail_that_cannot_be_written_is_told_the_next_time(journal):
    def refuses(_):
        raise Unavailable("the disk is full")

    report = prune(journal, sealed=journal / "sealed", remove=due(journal), audit=refuses)
    assert [("audit" in e, "the disk is full" in e) for e in report.errors] == [(True, True)]
    assert "a-00000001" not in rows(journal)  # room was made first
    trail = Trail()
    prune(journal, sealed=journal / "sealed", remove=(), audit=trail)
    assert trail.noted == ["a-00000001", "b-00000001"]


def test_one_at_a_time(journal):
    with alone_in(journal / "sealed"), pytest.raises(Conflict, match="keep house"):
        prune(journal, sealed=journal / "sealed", remove=due(journal), audit=Trail())
    assert len(sealed_segments(journal / "sealed")) == 3


def test_what_a_shadow_has_not_answered_is_known(tmp_path):
    """Asked in two sealed segments; one answer is sealed, one in a segment that is being written, one missing."""
    ends = {}
    for n, name in enumerate("abc"):
        frame = prediction_frame(3, rng=np.random.default_rng(n), first=10 * n)
        frame = type(frame)(**{f: getattr(frame, f) for f in frame.__struct_fields__} | {"shadows": ("s", "live")})
        writer = SegmentWriter(tmp_path, name=name)
        writer.append([frame])
        ends[name] = (frame, writer.append([outcome_frame(frame)]))
        writer.close()
    sealed_shadow = SegmentWriter(tmp_path, name="s0")
    frame, end = ends["a"]
    sealed_shadow.append([shadow_frame(frame, arm="s", segment=end.segment, offset=end.offset)])
    sealed_shadow.close()
    seal_closed(tmp_path, sealed=tmp_path / "sealed")
    live_shadow = SegmentWriter(tmp_path, name="s1")
    frame, end = ends["b"]
    live_shadow.append([shadow_frame(frame, arm="s", segment=end.segment, offset=end.offset)])
    known = sealed_segments(tmp_path / "sealed")
    found = unanswered(tmp_path, sealed=tmp_path / "sealed", segments=known, arms=["s", "live"])
    assert found == {"c-00000001": "s"}  # what the live arm answered itself it need not shadow
    assert unanswered(tmp_path, sealed=tmp_path / "sealed", segments=known, arms=[]) == {}
    live_shadow.close()
