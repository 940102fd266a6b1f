"""A worker on a disk that is really full: it says so, loses nothing acknowledged, and goes on when there is room."""

import os
import pty
import subprocess

import httpx
import pytest

from slipway.records.worker_config import WhenFull
from slipway.serving import metrics
from slipway.storage.journal import SegmentReader, SegmentWriter

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no 'mount' here")
    if done.returncode:
        pytest.skip(f"may not mount a small file system: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def rows_of(reply):
    return {x["id"]: x["score"] for x in reply.json()["predictions"]}


def held_in(folder):
    held = {}
    for frame, _ in SegmentReader(folder).read({}):
        held |= dict(zip(frame.id, frame.score, strict=True))
    return held


def metric(client, name):
    (line,) = [
        x for x in client.get("/metrics").text.splitlines() if x.startswith((f"slipway_{name} ", f"slipway_{name}{{"))
    ]
    return float(line.split()[1])


def test_what_is_acknowledged_is_on_the_disk_and_what_is_not_is_refused(serve, small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (64 << 10))
    rows = [{"a": i, "b": i, "user": f"u{i}"} for i in range(20)]
    acknowledged = {}
    with (
        serve(journal=SegmentWriter(small_disk, name="w0")) as server,
        httpx.Client(base_url=server.url, timeout=20) as client,
    ):

        def ask():
            reply = client.post("/predict", json={"rows": rows})
            if reply.status_code == 200:
                acknowledged.update(rows_of(reply))
            return reply

        while (refused := ask()).status_code == 200:
            assert len(acknowledged) < 100_000, "the disk never filled up"
        assert refused.status_code == 503
        assert "No space left on device" in refused.json()["error"]
        assert "The disk is full." in refused.json()["error"]
        assert refused.headers["retry-after"] == "10"
        assert metric(client, "disk_refuses") == 1
        assert client.get("/health/live").status_code == 200
        before = len(acknowledged)
        assert before > 0
        ballast.unlink()
        assert ask().status_code == 200
        assert len(acknowledged) == before + 20
    assert held_in(small_disk) == acknowledged


def test_answers_go_out_unlogged_where_the_scope_says_so(serve, small_disk):
    """Each such reply says so, all are counted, outcomes are refused, and logging goes on when there is room."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (64 << 10))
    rows = [{"a": i, "b": i, "user": f"u{i}"} for i in range(20)]
    logged, unlogged = {}, {}
    with (
        serve(journal=SegmentWriter(small_disk, name="w0"), when_full=WhenFull.SERVE_UNLOGGED) as server,
        httpx.Client(base_url=server.url, timeout=20) as client,
    ):

        def ask(path="/predict", body=None):
            reply = client.post(path, json=body or {"rows": rows})
            assert reply.status_code == 200, reply.text
            (unlogged if reply.headers.get("slipway-unlogged") == "disk" else logged).update(rows_of(reply))

        while not unlogged:
            ask()
            assert len(logged) < 100_000, "the disk never filled up"
        for _ in range(4):
            ask()
        assert len(unlogged) == 100
        assert metric(client, "unlogged_total") == 100
        assert metric(client, "disk_refuses") == 1
        refused = client.post("/outcomes", json={"outcomes": [{"id": f"{i:060}", "value": 1} for i in range(200)]})
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "10"
        ballast.unlink()
        before = len(logged)
        ask()
        assert len(logged) == before + 20
        assert metric(client, "unlogged_total") == 100
        assert metric(client, "disk_refuses") == 0
    assert held_in(small_disk) == logged


@pytest.mark.parametrize("when_full", WhenFull)
def test_a_disk_that_fails_is_treated_as_a_full_one(serve, tmp_path, when_full):
    """The segment's handle becomes one of a terminal that hung up: the kernel answers each write to it with EIO."""
    folder = tmp_path / "journal"
    folder.mkdir()
    writer = SegmentWriter(folder, name="w0")
    row = {"a": 1, "b": 2, "user": "u"}
    with (
        serve(journal=writer, when_full=when_full) as server,
        httpx.Client(base_url=server.url, timeout=20) as client,
    ):
        first = client.post("/predict", json=row)
        lead, follow = pty.openpty()
        os.dup2(follow, writer._segment._handle)
        os.close(follow)
        os.close(lead)
        second = client.post("/predict", json=row)
        third = client.post("/predict", json=row)
        assert metric(client, "unlogged_total") == (when_full is WhenFull.SERVE_UNLOGGED)
    if when_full is WhenFull.REFUSE:
        assert second.status_code == 503
        assert "Input/output error" in second.json()["error"]
        assert second.headers["retry-after"] == "10"
    else:
        assert second.headers["slipway-unlogged"] == "disk"
    assert (third.status_code, third.headers.get("slipway-unlogged")) == (200, None)  # in a segment of its own
    assert list(held_in(folder)) == [r.json()["id"] for r in (first, third)]


def test_the_counts_reach_the_other_workers_from_a_full_disk_too(small_disk):
    path = metrics.path_of("worker-0", folder=small_disk)
    counts = metrics.Counts()
    metrics.save(counts, path=path)
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "ballast").write_bytes(bytes(128 << 10))
    counts.unlogged = 7
    metrics.save(counts, path=path)
    (_, seen) = metrics.total(metrics.Counts(), folder=small_disk, own_path=small_disk / "another")
    assert seen.unlogged == 7
