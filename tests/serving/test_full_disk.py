"""A worker on a disk that is really full: it says so, loses nothing acknowledged, and goes on when there is room."""

import subprocess

import httpx
import pytest

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
                acknowledged.update({x["id"]: x["score"] for x in reply.json()["predictions"]})
            return reply

        while (refused := ask()).status_code == 200:
            assert len(acknowledged) < 100_000, "the disk never filled up"
        assert refused.status_code == 503
        assert "No space left on device" in refused.json()["error"]
        assert client.get("/health/live").status_code == 200
        before = len(acknowledged)
        assert before > 0
        ballast.unlink()
        assert ask().status_code == 200
        assert len(acknowledged) == before + 20
    held = {}
    for frame, _ in SegmentReader(small_disk).read({}):
        held |= dict(zip(frame.id, frame.score, strict=True))
    assert held == acknowledged
