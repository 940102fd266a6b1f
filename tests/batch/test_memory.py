"""Memory does not grow with the table: forty times the rows, the same peak."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from slipway import Project

pytestmark = pytest.mark.slow
SCORE = (
    "import sys; from pathlib import Path; from slipway import Project\n"
    "Project.open(sys.argv[1]).score(sys.argv[2], output=sys.argv[3], threads=2)\n"
    "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
)


def peak_mb(project, *, rows):
    """Return the peak memory in MB of a process that scores so many rows."""
    rng = np.random.default_rng(0)
    users = pl.select(sample=pl.format("s{}", pl.int_range(rows)))
    table = users.with_columns(pl.Series(f.name, rng.random(rows)) for f in project.scope.fields)
    source = project.folder / f"in-{rows}.parquet"
    table.write_parquet(source, row_group_size=500_000)
    command = [sys.executable, "-c", SCORE, project.folder, source, project.folder / f"out-{rows}.parquet"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) // 1024  # not ru_maxrss, which begins with what the parent had


def test_forty_times_the_rows_take_no_more_memory(tmp_path):
    project = Project.init(tmp_path / "p", name="hearts")
    project.open_route()
    few, many = peak_mb(project, rows=100_000), peak_mb(project, rows=4_000_000)  # 8 MB and 320 MB of numbers
    # Peaks of one job differ by some 100 MB from run to run: how much the allocators hold depends on who was faster.
    assert many < few + 200, f"want the peak of 100,000 rows, {few} MB, and at most 200 more, got {many} MB"
    assert many < 600
