"""kill -9 in the middle of everything: what was acknowledged is there, whole and once."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from slipway.storage.journal import SegmentReader, SegmentWriter, verify
from slipway.storage.journal.sealing import seal_closed

pytestmark = pytest.mark.faults

SEEDS = range(20)

CHILD = """
import sys
from pathlib import Path
import numpy as np
from slipway.records.frame import OutcomeFrame
from slipway.storage.journal import SegmentWriter

folder, name, durability, seed = sys.argv[1:]
rng = np.random.default_rng(int(seed))
writer = SegmentWriter(Path(folder), name=name, durability=durability, segment_bytes=200_000)
n = 0
while True:
    rows = int(rng.integers(1, 400))
    ids = [[f"{n}.{part}.{i}" for i in range(rows)] for part in (0, 1)]
    writer.append([OutcomeFrame(at_us=[n] * rows, id=part, value=[float(n)] * rows) for part in ids])
    print(n, flush=True)  # the acknowledgement
    n += 1
"""


def run_and_kill(folder, *, name, durability, seed):
    """Let a child append ticks of two frames for a random while, kill it, and return how many it acknowledged."""
    command = [sys.executable, "-c", CHILD, str(folder), name, durability, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        first = child.stdout.readline()
        assert first == b"0\n"
        time.sleep(np.random.default_rng(seed).uniform(0, 0.08))
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().splitlines(keepends=True)
        assert child.wait() == -signal.SIGKILL
    return 1 + sum(line.endswith(b"\n") for line in rest)


@pytest.mark.parametrize("durability", ["process", "fsync"])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_acknowledged_tick_is_read_back_whole(tmp_path, seed, durability):
    acknowledged = run_and_kill(tmp_path, name="w", durability=durability, seed=seed)
    ticks = {}
    for frame, _ in SegmentReader(tmp_path).read({}):
        tick, part, _ = frame.id[0].split(".")
        assert [i.rsplit(".", 1)[1] for i in frame.id] == [str(i) for i in range(len(frame.id))]
        ticks.setdefault(int(tick), []).append(int(part))
    assert all(parts == [0, 1] for parts in ticks.values())
    assert list(ticks) == list(range(len(ticks)))
    assert acknowledged <= len(ticks) <= acknowledged + 1
    assert verify(tmp_path).errors == ()


def test_a_new_start_goes_on_beside_what_a_killed_one_left(tmp_path):
    """Twenty starts, each killed: all series are read, and none was touched by a later one."""
    sizes = {}
    total = 0
    for seed in SEEDS:
        total += run_and_kill(tmp_path, name=f"w-{seed}", durability="process", seed=seed)
        for path, size in sizes.items():
            assert path.stat().st_size == size
        sizes = {p: p.stat().st_size for p in tmp_path.glob("*.seg")}
    ticks = sum(1 for _ in SegmentReader(tmp_path).read({})) // 2
    assert total <= ticks <= total + len(SEEDS)


def test_a_reader_that_tails_a_live_writer_sees_every_tick_once(tmp_path):
    """The reader looks a hundred times and more while the writer writes; it sees neither half a tick nor damage."""
    command = [sys.executable, "-c", CHILD, str(tmp_path), "w", "process", "1"]
    after, seen, looks = {}, [], 0
    reader = SegmentReader(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        end = time.monotonic() + 1.5
        while time.monotonic() < end or looks <= 100:
            looks += 1
            for frame, (segment, offset) in reader.read(after):
                after[segment] = offset
                seen.append(tuple(frame.id[0].split(".")[:2]))
            assert len(seen) % 2 == 0
            if looks % 50 == 0:
                child.stdout.read1(1 << 16)
        child.kill()
    assert seen == [(str(n), part) for n in range(len(seen) // 2) for part in "01"]


def test_a_segment_is_sealed_only_after_the_kill(tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path), "w", "process", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        report = seal_closed(tmp_path, sealed=tmp_path / "sealed")
        written_now = max(p.stem for p in tmp_path.glob("*.seg"))  # the writer may have gone on to a new one meanwhile
        assert written_now not in {s.segment for s in report.sealed}
        child.kill()
        child.wait()
    newest = max(p.stem for p in tmp_path.glob("*.seg"))
    report = seal_closed(tmp_path, sealed=tmp_path / "sealed")
    assert newest in {s.segment for s in report.sealed}
    assert report.live == report.errors == ()
    SegmentWriter(tmp_path, name="next").close()
