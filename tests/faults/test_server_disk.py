"""Disks that are full, that fail, that flip bits, under a whole server with load: twenty seeds each."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from slipway.storage.journal import verify
from slipway.storage.journal.reader import SegmentReader, list_segments

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
SEEDS = range(20)
WITHIN_S = 60.0
POLICIES = ["refuse", "serve-unlogged"]
FAILING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As long as the file $BROKEN exists, a write to a segment of the journal fails, now and then after half of it. */
ssize_t write(int handle, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    static unsigned turns;
    char link[64], path[4096];
    if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (access(getenv("BROKEN"), F_OK) == 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 4 && memcmp(path + length - 4, ".seg", 4) == 0) {
            if (++turns % 3 == 0 && size > 1) return real(handle, data, size / 2);
            errno = EIO;
            return -1;
        }
    }
    return real(handle, data, size);
}
"""


@pytest.fixture(scope="module", params=POLICIES)
def on_small_disk(request, tmp_path_factory, place_of):
    """A server whose journal lies on a file system of 96 MiB."""
    made = place_of(tmp_path_factory.mktemp("full") / "p", when_full=request.param)
    journal = made.layout.create().journal
    mount = ["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", str(journal)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small file system")
    try:
        made.start()
        yield made, request.param
        made.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(journal)], check=True)


def felt(load, policy):
    """Return once a caller has felt it: the next write may come late on a busy machine."""
    until_s = time.monotonic() + 60
    while not (load.refused[503] if policy == "refuse" else load.unlogged) and time.monotonic() < until_s:
        time.sleep(0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_disk(on_small_disk, chance, record_property, seed):
    place, policy = on_small_disk
    ballast = place.layout.journal / "ballast"
    with place.load() as load:
        time.sleep(0.1 + chance.random() * 0.2)
        room = os.statvfs(place.layout.journal)
        try:
            with ballast.open("wb", buffering=0) as file:  # all but a few pages: the journal takes the last ones
                file.write(bytes(max(0, room.f_bavail * room.f_frsize - chance.randrange(20_000))))
        except OSError:
            pass
        time.sleep(0.3 + chance.random() * 0.3)
        felt(load, policy)
        ballast.unlink()
        time.sleep(0.2)
    if policy == "refuse":
        assert (load.refused[503] > 0, load.unlogged) == (True, 0), "it was never full: this would prove nothing"
    else:
        assert load.unlogged > 0, "it was never full: this would prove nothing"
    assert set(load.refused) <= {503}
    place.settle(load, fault=f"full disk, {policy}", record=record_property, within_s=WITHIN_S)


@pytest.fixture(scope="module", params=POLICIES)
def on_failing_disk(request, tmp_path_factory, place_of):
    """A server whose writes to the journal fail as long as a file says so."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler to make the failing write with")
    folder = tmp_path_factory.mktemp("failing")
    (folder / "failing.c").write_text(FAILING)
    build = [compiler, "-shared", "-fPIC", "-O1", "-o", folder / "failing.so", folder / "failing.c", "-ldl"]
    subprocess.run(build, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(folder / "failing.so"))
        patch.setenv("BROKEN", str(folder / "broken"))
        made = place_of(folder / "p", when_full=request.param).start()
    yield made, folder / "broken", request.param
    made.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_writes_that_fail(on_failing_disk, chance, record_property, seed):
    place, broken, policy = on_failing_disk
    with place.load() as load:
        time.sleep(0.1 + chance.random() * 0.2)
        broken.touch()
        time.sleep(0.1 + chance.random() * 0.4)
        felt(load, policy)
        broken.unlink()
        time.sleep(0.2)
    assert (load.refused[503] if policy == "refuse" else load.unlogged) > 0, "nothing failed: this would prove nothing"
    assert set(load.refused) <= {503}
    place.settle(load, fault=f"EIO on write, {policy}", record=record_property, within_s=WITHIN_S)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_segment_with_flipped_bits(place, chance, record_property, tmp_path, seed):
    """Flipped under the running server, and in some runs left so while a worker starts again: told, and no more."""
    with place.load():
        time.sleep(0.2)
    reader = SegmentReader(place.layout.journal)
    ends = [(Path(s.path), reader.end_of(s)) for s in list_segments(place.layout.journal) if s.name.startswith("w")]
    written = [(path, end) for path, end in ends if end > 100]
    path, end = written[seed % len(written)]
    at, bit = chance.randrange(8, end), 1 << chance.randrange(8)  # what a killed worker left behind it is no tick
    flip(path, at, bit)
    try:
        shutil.copy(path, tmp_path)
        assert path.stem in str(verify(tmp_path).errors), "nobody noticed"
        with place.load() as during:
            if seed % 4 == 0:
                os.kill(place.pid(f"worker-{seed // 4 % 2}"), signal.SIGKILL)
            time.sleep(0.2)
    finally:
        flip(path, at, bit)
    place.settle(during, fault="segment with flipped bits", record=record_property, within_s=WITHIN_S)


def flip(path, at, bit):
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ bit]))
