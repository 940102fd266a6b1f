"""A log on a full disk loses lines and fails nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from slipway.serving.log_lines import LogLines


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_disk_fails_nobody_who_logs():
    handle = os.open("/dev/full", os.O_WRONLY)
    try:
        structlog.PrintLogger(LogLines(handle)).msg("tick failed")
        with pytest.raises(OSError, match="No space left"):
            os.write(handle, b"it is full")
    finally:
        os.close(handle)


def test_lines_are_whole_and_in_order_and_a_line_cut_short_is_ended(tmp_path, monkeypatch):
    path = Path(tmp_path / "log")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    log, write = structlog.PrintLogger(LogLines(handle)), os.write
    log.msg("one")
    monkeypatch.setattr("slipway.serving.log_lines.os.write", lambda h, line: write(h, line[:3]))
    log.msg("twofold")
    monkeypatch.undo()
    log.msg("three")
    os.close(handle)
    assert path.read_text() == "one\ntwo\nthree\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_process_that_logs_to_a_full_disk_goes_on():
    said = "import structlog; from slipway.serving.json_log import log_as_json; log_as_json(process='worker-0')"
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-c", f"{said}; structlog.get_logger().error('refused')"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=90,
        )
    assert ended.returncode == 0, ended.stderr.decode()
