"""What the fault tests saw, gathered from all processes of the run: a table in the terminal and, if asked, a page.

With ``SLIPWAY_SEEDS=n`` only the first n seeds of each fault run, so that CI has an answer in minutes; ``make faults``
runs all twenty. Files that take longest begin first. Examples of hypothesis have no deadline. Training has one thread,
unless the environment says otherwise.
"""

import os
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Each worker of xdist has a core: threads that wait for each other spin, and a fit of 0.1 s took 10."""

settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")
"""How long an example takes says how busy the machine is, and nothing of what is tested."""

FIRST = (
    "calibration/test_seasons.py",
    "docs/test_pages.py",
    "calibration/test_rollout.py",
    "faults/test_hanging.py",
    "faults/test_store_down.py",
    "acceptance/test_demo.py",
    "cli/test_commands.py",
    "calibration/test_losses.py",
    "acceptance/test_replaced_system.py",
    "acceptance/test_stranger.py",
    "faults/test_demo_kill.py",
)
"""Each file goes to one worker of xdist, in this order: short ones fill the end, and nobody waits for a long one."""
assert all((Path(__file__).parent / name).is_file() for name in FIRST), "a file was renamed: name it anew here"

PAGE = "SLIPWAY_FAULTS_PAGE"
SEEDS = "SLIPWAY_SEEDS"
COLUMNS = ("fault", "runs", "acknowledged", "lost", "doubled", "longest wait, s", "median of the longest, s")


def place_in_line(item):
    """Return how early the file of a test begins."""
    return next((n for n, name in enumerate(FIRST) if item.path.as_posix().endswith(f"/tests/{name}")), len(FIRST))


def pytest_collection_modifyitems(config, items):
    items.sort(key=place_in_line)
    few = int(os.environ.get(SEEDS, "0"))
    if not few:
        return
    kept, left_out = [], []
    for item in items:
        seed = getattr(item, "callspec", None) and item.callspec.params.get("seed")
        more = item.get_closest_marker("faults") and isinstance(seed, int) and seed >= few
        (left_out if more else kept).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def seen_in(reports):
    """Return one row a fault, summed over its seeds."""
    seen = defaultdict(list)
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "fault":
                seen[value["fault"]].append(value)
    rows = []
    for fault, runs in sorted(seen.items()):
        sums = [sum(run[key] for run in runs) for key in ("acknowledged", "lost", "doubled")]
        waits = sorted(run["longest_s"] for run in runs)
        rows.append((fault, len(runs), *sums, f"{waits[-1]:.1f}", f"{waits[len(waits) // 2]:.1f}"))
    return rows


def pytest_terminal_summary(terminalreporter):
    rows = seen_in(report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, []))
    if not rows:
        return
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (COLUMNS, ("---",) * len(COLUMNS), *rows)]
    for line in lines:
        terminalreporter.write_line(line)
    if page := os.environ.get(PAGE):
        told = Path(page).read_text(encoding="utf-8")
        before, _, rest = told.partition("<!-- seen -->\n")
        _, _, after = rest.partition("<!-- end -->\n")
        Path(page).write_text(
            f"{before}<!-- seen -->\n" + "\n".join(lines) + f"\n<!-- end -->\n{after}", encoding="utf-8"
        )
