"""Control is killed while it seals and removes: each segment is whole or going, none else is lost, each noted once."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from slipway.control.housekeeping import keep_house
from slipway.project.engine import Project
from slipway.records.frame import OutcomeFrame
from slipway.records.removal import RemovedSegment
from slipway.storage.journal import SegmentReader, SegmentWriter, verify
from slipway.storage.journal.sealed import sealed_segments
from slipway.storage.layout import Layout

pytestmark = pytest.mark.faults

SEGMENTS = 40
LATE_US = 10**15
ROUND_S = 0.25
"""About how long a round takes."""

CHILD = """
import sys
from pathlib import Path
from slipway.control.housekeeping import keep_house
from slipway.wiring import open_parts
from slipway.storage.journal import SegmentReader
parts = open_parts(Path(sys.argv[1]))
read = {p.segment: p.offset for _, p in SegmentReader(parts.layout.journal).read({})}
print("begin", flush=True)
print(keep_house(parts.layout, scope=parts.scope, store=parts.store, read=read, now_us=int(sys.argv[2])), flush=True)
"""


@pytest.mark.parametrize("seed", range(20))
def test_killed_anywhere_it_goes_on(tmp_path, seed):
    project = Project.init(tmp_path / "p")
    scope = project.folder / "slipway.toml"
    scope.write_text(scope.read_text() + '\n[journal]\nkeep = "1d"\n')
    project = Project.open(project.folder)
    layout = Layout(project.folder)
    writer = SegmentWriter(layout.journal, name="w", segment_bytes=1)
    for n in range(SEGMENTS):  # one tick a segment; the last quarter is young
        at_us = n if n < SEGMENTS * 3 // 4 else LATE_US
        writer.append([OutcomeFrame(at_us=[at_us] * 50, id=[f"{n}.{i}" for i in range(50)], value=[1.0] * 50)])
    wait_s = np.random.default_rng(seed).uniform(0, ROUND_S)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(project.folder), str(LATE_US)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "begin\n"
    time.sleep(wait_s)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert verify(layout.journal).errors == ()
    counts = {}
    for frame, position in SegmentReader(layout.journal).read({}):
        counts[position.segment] = counts.get(position.segment, 0) + len(frame.id)
    assert set(counts.values()) == {50}
    parts = project._parts
    read = {p.segment: p.offset for _, p in SegmentReader(layout.journal).read({})}
    assert keep_house(layout, scope=project.scope, store=parts.store, read=read, now_us=LATE_US) == []
    assert keep_house(layout, scope=project.scope, store=parts.store, read=read, now_us=LATE_US) == []
    young = [f"w-{n + 1:08d}" for n in range(SEGMENTS * 3 // 4, SEGMENTS)]
    there = [p.segment for _, p in SegmentReader(layout.journal).read({})]
    assert there == young
    assert [s.segment for s in sealed_segments(layout.sealed)] == young[:-1]  # the last is being written
    old = [f"w-{n + 1:08d}" for n in range(SEGMENTS * 3 // 4)]
    assert sorted(name for name, _, _ in parts.store.all(RemovedSegment)) == old
    assert not [p for p in layout.journal.rglob("*") if p.is_file() and p.stem in old]
    report = verify(layout.journal, sealed=layout.sealed)
    assert (report.errors, report.gaps) == ((), tuple(old))
    writer.close()
