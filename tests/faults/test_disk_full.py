"""A disk that is really full: a file system of 256 KiB, or, without the right to mount one, a file size limit."""

import contextlib
import resource
import subprocess

import pytest

from slipway.errors import Unavailable
from slipway.ports import Change
from slipway.records.arm import Arm
from slipway.records.frame import OutcomeFrame
from slipway.storage.blobs import LocalBlobs
from slipway.storage.control_store import SqlStore
from slipway.storage.journal import SegmentReader, SegmentWriter, verify
from slipway.storage.routes import publish, read_route
from slipway.testing.records import arm, route

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path):
    """A folder with room for 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no 'mount' here")
    if done.returncode:
        pytest.skip(f"may not mount a small file system: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)  # a test that failed may hold a file open


def tick(n, rows=100):
    ids = [[f"{n}.{part}.{i}" for i in range(rows)] for part in (0, 1)]
    return [OutcomeFrame(at_us=[n] * rows, id=part, value=[1.0] * rows) for part in ids]


def ticks_in(folder):
    """Return the ticks that a reader sees; two frames each."""
    seen = [frame.at_us[0] for frame, _ in SegmentReader(folder).read({})]
    assert seen[::2] == seen[1::2]
    return seen[::2]


def until_refused(step, *, first=0):
    """Call the step with growing numbers until the disk refuses; return the number refused and what was said."""
    for n in range(first, 100_000):
        try:
            step(n)
        except Unavailable as error:
            return n, str(error)
    raise AssertionError("the disk never filled up")


def fill(writer, *, first=0):
    """Append until the disk refuses; return the tick that it refused and what it said."""
    return until_refused(lambda n: writer.append(tick(n)), first=first)


@pytest.mark.parametrize("durability", ["process", "fsync"])
def test_a_full_disk_loses_nothing_acknowledged_and_heals(small_disk, durability):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(50_000))
    writer = SegmentWriter(small_disk, name="w", durability=durability)
    taken, said = fill(writer)
    assert taken > 5
    assert "No space left on device" in said
    assert "Free space" in said
    assert ticks_in(small_disk) == list(range(taken))
    for _ in range(50):
        with pytest.raises(Unavailable):
            writer.append(tick(taken))
    assert len(list(small_disk.glob("*.seg"))) == 1
    ballast.unlink()
    writer.append(tick(taken))
    assert ticks_in(small_disk) == list(range(taken + 1))
    assert verify(small_disk).torn_bytes == {}
    writer.close()


def test_a_full_disk_when_a_segment_is_due(small_disk):
    """Rotation on a full disk fails like any write, leaves no litter, and goes on when there is room."""
    writer = SegmentWriter(small_disk, name="w", segment_bytes=1)
    writer.append(tick(0))
    (small_disk / "ballast").write_bytes(bytes((256 - 32) * 1024))
    taken, said = fill(writer, first=1)
    assert "No space left" in said
    for _ in range(20):
        with pytest.raises(Unavailable):
            writer.append(tick(taken))
    assert len(list(small_disk.glob("*.seg"))) <= taken + 1
    (small_disk / "ballast").unlink()
    writer.append(tick(taken))
    assert ticks_in(small_disk) == list(range(taken + 1))
    assert verify(small_disk).errors == ()
    writer.close()


def test_the_route_in_force_outlives_a_full_disk(small_disk):
    def publish_and_grow(version):
        publish(route(version), folder=small_disk)
        with contextlib.suppress(OSError), (small_disk / "more").open("ab") as file:
            file.write(bytes(4096))

    (small_disk / "ballast").write_bytes(bytes(220 * 1024))
    refused, said = until_refused(publish_and_grow, first=1)
    assert "No space left" in said
    assert read_route(small_disk, name="main").version == refused - 1 > 1


def test_a_blob_that_does_not_fit_is_not_there(small_disk):
    store = LocalBlobs(small_disk / "blobs")
    small = store.put(b"small")
    with pytest.raises(Unavailable, match="No space left"):
        store.put(bytes(300 * 1024))
    assert store.get(small) == b"small"
    assert [p.name for p in small_disk.rglob("*") if p.is_file()] == [small]


def test_the_control_store_keeps_all_or_nothing_on_a_full_disk(small_disk):
    store = SqlStore(f"sqlite:///{small_disk}/control.db")

    def three(n):
        changes = [Change(arm(f"a{n}-{i}"), f"a{n}-{i}", 0) for i in range(3)]
        store.commit(changes, at_us=n, by="test", why="fill the disk")

    kept, said = until_refused(three)
    assert "full" in said
    assert kept > 3
    assert len(store.all(Arm)) == 3 * kept
    store.verify_audit()
    store.close()


def test_a_file_size_limit_is_a_full_disk_too(tmp_path):
    """Needs no rights: the kernel refuses to let a file grow, after having taken a part of the tick."""
    writer = SegmentWriter(tmp_path, name="w")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        taken, said = fill(writer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in said
    assert ticks_in(tmp_path) == list(range(taken))
    writer.append(tick(taken))
    assert verify(tmp_path).frames == 2 * (taken + 1)
    writer.close()
