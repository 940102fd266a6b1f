"""Who is alive: a process that has ended is not, whether or not somebody has reaped it."""

import os
import subprocess
import sys
import time

import pytest

from slipway.serving.run_state import is_alive


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nobody tells a zombie")
def test_who_was_killed_and_never_reaped_is_not_alive():
    child = subprocess.Popen(["sleep", "60"])
    assert is_alive(child.pid)
    child.kill()
    until_s = time.monotonic() + 60
    while is_alive(child.pid) and time.monotonic() < until_s:
        time.sleep(0.01)
    os.kill(child.pid, 0)  # the kernel still knows it: it waits to be reaped
    assert not is_alive(child.pid)
    child.wait()
    assert not is_alive(child.pid)
    assert is_alive(os.getpid())
