"""What a process takes, read from the kernel."""

import os
import signal
import subprocess
import sys
import time

import pytest

from slipway.bench.usage import Meter

BURN = "import time; x = bytearray(60 << 20); e = time.monotonic() + 30\nwhile time.monotonic() < e: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_a_child_counts_for_the_process_above_it():
    process = subprocess.Popen([sys.executable, "-c", PARENT], start_new_session=True)
    try:
        meter = Meter({"worker-0": process.pid, "gone": 2**30})
        while meter.read()["worker-0"].memory_bytes < 70 << 20:
            time.sleep(0.02)
        meter.begin()
        time.sleep(0.5)
        (usage,) = meter.end(after_s=0.5)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert usage.name == "worker-0"
    assert 0.05 < usage.cpu_cores < 1.3  # the machine may be busy with others
    assert usage.memory_bytes > 60 << 20


def test_where_the_kernel_tells_nothing_nothing_is_claimed(tmp_path):
    meter = Meter({"worker-0": 1}, proc=tmp_path / "none")
    meter.begin()
    assert meter.end(after_s=1.0) == ()
