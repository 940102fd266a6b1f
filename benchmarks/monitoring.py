"""A million rows of 20 columns through drift monitors: CPU time, memory of the state, and what each can promise.

Run it:  python benchmarks/monitoring.py [rows [monitor ...]]

Each peer runs in an environment of its own that this makes under benchmarks/.envs, with the versions below, at its
defaults. All see the same numbers, without drift, in batches of 1,000 against a reference of 50,000 rows. A peer that
has not finished after its budget of CPU seconds is stopped there; its time for all rows is then reckoned in proportion,
and the table says from how many rows. Learning from the reference is counted apart; alarms are the share of batches.

Slipway stands there twice: the test of columns alone, which is what the others do, and all monitors that a packaged
model has by default, with truth for every row. A second table says what each part of these took, and for slices of
20,000 rows too: much of it is paid once a slice, however many rows there are in it.
"""

# ruff: noqa: PLC0415 - each peer can be imported only in the environment of its own

import functools
import json
import os
import pickle
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROWS, COLUMNS, BATCH, REFERENCE, BUDGET_S = 1_000_000, 20, 1_000, 50_000, 60.0
ALL, LONG_SLICES, LONG = "slipway, all monitors", "slipway, all monitors, long slices", 20_000
ENVS = Path(__file__).parent / ".envs"
PEERS = {
    "nannyml": ["nannyml==0.13.1", "statsmodels==0.14.6", "setuptools<81"],
    "evidently": ["evidently==0.7.23", "pandas<3"],
    "river": ["river==0.26.1"],
    "alibi-detect": ["alibi-detect==0.13.0"],
}
METHODS = {
    "slipway": "TableDrift, alpha .01 over all batches and columns",
    LONG_SLICES: "the same",
    ALL: "drift, together, scores, gap and feed, alpha .01",
    "nannyml": "UnivariateDriftCalculator, chunks of one batch",
    "evidently": "Report([DataDriftPreset()]), one a batch",
    "river": "ADWIN() a column, row by row",
    "alibi-detect": "KSDrift, one call a batch",
}
NAMES = tuple(f"x{i}" for i in range(COLUMNS))


def table(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(REFERENCE, COLUMNS)), rng.normal(size=(rows, COLUMNS))


class Watched:
    """What a worker measures: a step that takes rows and counts alarms, at most one for so many rows; what it keeps."""

    def __init__(
        self,
        step: Callable[[np.ndarray], int],
        *,
        state_bytes: Callable[[], int],
        rows_a_call: int = BATCH,
        rows_an_alarm: int = BATCH,
        spent: dict[str, float] | None = None,
    ) -> None:
        self.step = step
        self.state_bytes = state_bytes
        self.rows_a_call = rows_a_call
        self.rows_an_alarm = rows_an_alarm
        self.spent = {} if spent is None else spent


def slipway(reference: np.ndarray) -> Watched:
    from slipway.stats.drift import TableDrift, TableReference
    from slipway.stats.state import encode

    test = TableDrift(TableReference.of_matrix(reference, names=NAMES))
    state = test.start()

    def step(batch: np.ndarray) -> int:
        nonlocal state
        state = test.update(state, test.tick(batch))
        return test.evidence(state).rejects(alpha=0.01)

    return Watched(step, state_bytes=lambda: len(encode(state)))


def all_monitors(reference: np.ndarray, *, slice_rows: int = BATCH) -> Watched:
    from beside.all_monitors import AllMonitors

    monitors = AllMonitors(reference, names=NAMES)
    return Watched(
        monitors.step,
        state_bytes=monitors.state_bytes,
        rows_a_call=slice_rows,
        rows_an_alarm=slice_rows,
        spent=monitors.spent,
    )


def nannyml(reference: np.ndarray) -> Watched:
    import nannyml as nml
    import pandas as pd

    calculator = nml.UnivariateDriftCalculator(column_names=list(NAMES), chunk_size=BATCH)
    calculator.fit(pd.DataFrame(reference, columns=NAMES))

    def step(rows: np.ndarray) -> int:
        found = calculator.calculate(pd.DataFrame(rows, columns=NAMES)).filter(period="analysis").to_df()
        return int(found.xs("alert", axis=1, level=-1).to_numpy().any(axis=1).sum())

    # A call a batch would charge it for making frames: it is built to take many batches at once.
    return Watched(step, state_bytes=lambda: len(pickle.dumps(calculator)), rows_a_call=100 * BATCH)


def evidently(reference: np.ndarray) -> Watched:
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    known = pd.DataFrame(reference, columns=NAMES)

    def step(batch: np.ndarray) -> int:
        done = Report([DataDriftPreset()]).run(pd.DataFrame(batch, columns=NAMES), known)
        return any(
            metric["value"]["count"] > 0
            for metric in done.dict()["metrics"]
            if isinstance(metric["value"], dict) and "count" in metric["value"]
        )

    return Watched(step, state_bytes=lambda: len(pickle.dumps(known)))


def river(reference: np.ndarray) -> Watched:
    from river.drift import ADWIN

    detectors = [ADWIN() for _ in NAMES]
    for detector, column in zip(detectors, reference[:BATCH].T, strict=True):
        for value in column:
            detector.update(value)

    def step(batch: np.ndarray) -> int:
        alarm = False
        for detector, column in zip(detectors, batch.T, strict=True):
            for value in column.tolist():
                detector.update(value)
                alarm |= detector.drift_detected
        return alarm

    return Watched(step, state_bytes=lambda: sum(_river_bytes(detector) for detector in detectors))


def _river_bytes(detector: object) -> int:
    """ADWIN cannot be pickled in every version: then its width times a bucket of two numbers stands for it."""
    try:
        return len(pickle.dumps(detector))
    except TypeError:
        return 16 * 5 * (1 + int(np.log2(max(getattr(detector, "width", 1), 1))))


def alibi_detect(reference: np.ndarray) -> Watched:
    from alibi_detect.cd import KSDrift

    detector = KSDrift(reference, p_val=0.05)

    def step(batch: np.ndarray) -> int:
        return bool(detector.predict(batch)["data"]["is_drift"])

    return Watched(step, state_bytes=lambda: len(pickle.dumps(detector)))


WORKERS: dict[str, Callable[[np.ndarray], Watched]] = {
    "slipway": slipway,
    ALL: all_monitors,
    LONG_SLICES: functools.partial(all_monitors, slice_rows=LONG),
    "nannyml": nannyml,
    "evidently": evidently,
    "river": river,
    "alibi-detect": alibi_detect,
}


def measure(name: str, rows: int) -> dict[str, Any]:
    """One worker: learn, then batch after batch until all rows are seen or the budget is spent."""
    reference, live = table(rows)
    start = time.process_time()
    watched = WORKERS[name](reference)
    learned = time.process_time()
    wall = checked = time.perf_counter()
    alarms, seen = 0, 0
    for first in range(0, len(live), watched.rows_a_call):
        rows_now = live[first : first + watched.rows_a_call]
        alarms += watched.step(rows_now)
        seen += len(rows_now)
        if time.perf_counter() - checked > 1.0:  # asking for CPU time is itself slow on some systems
            checked = time.perf_counter()
            if time.process_time() - learned > BUDGET_S:
                break
    return {
        "learn_s": learned - start,
        "cpu_s": time.process_time() - learned,
        "wall_s": time.perf_counter() - wall,
        "rows": seen,
        "alarms": alarms / max(-(-seen // watched.rows_an_alarm), 1),
        "state_bytes": watched.state_bytes(),
        "spent": watched.spent,
    }


def python_of(name: str) -> str:
    """Make the environment of a peer, once for each set of versions; Slipway's is the one that runs this."""
    if name not in PEERS:
        return sys.executable
    folder = ENVS / name
    python, done = folder / "bin" / "python", folder / "ready"
    if not done.exists() or done.read_text() != " ".join(PEERS[name]):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PEERS[name]], check=True)
        done.write_text(" ".join(PEERS[name]))
    return str(python)


def run(name: str, rows: int) -> dict[str, Any] | str:
    # One thread each: CPU seconds are compared, and a thread pool that spins would be charged for nothing.
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [python_of(name), __file__, "--worker", name, str(rows)],
        capture_output=True,
        text=True,
        env=os.environ | one | quiet,
        check=False,
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit status {done.returncode}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"{rows:,} rows x {COLUMNS} columns without drift, batches of {BATCH:,}, reference of {REFERENCE:,} rows\n")
    heads = (
        "monitor",
        "version",
        "CPU s",
        "measured on rows",
        "learning, CPU s",
        "state, bytes",
        "batches with an alarm",
    )
    print(_line(heads) + "\n" + _line(["---"] * len(heads)))
    spent = {}
    for name in sys.argv[2:] or WORKERS:
        found = run(name, rows)
        version = PEERS[name][0].split("==")[1] if name in PEERS else "this"
        title = f"{name}: {METHODS[name]}"
        if isinstance(found, str):
            print(_line([title, version, f"failed: {found}", *["-"] * 4]))
            continue
        spent[name] = found["spent"]
        cpu_s, about = found["cpu_s"] * rows / found["rows"], "" if found["rows"] >= rows else "about "
        measured = [f"{about}{cpu_s:,.2f}", f"{found['rows']:,.0f}", f"{found['learn_s']:.2f}"]
        print(_line([title, version, *measured, f"{found['state_bytes']:,.0f}", f"{found['alarms']:.1%}"]), flush=True)
    if spent.keys() >= {ALL, LONG_SLICES}:
        print("\n" + parts(spent[ALL], long=spent[LONG_SLICES]))


def parts(short: dict[str, float], *, long: dict[str, float]) -> str:
    """Return what each part took for all rows, in slices of both lengths."""
    heads = (f"all monitors, part by part, CPU s for slices of {BATCH:,} and {LONG:,} rows", f"{BATCH:,}", f"{LONG:,}")
    rows = [(name, f"{short[name]:.3f}", f"{long[name]:.3f}") for name in short]
    rows.append(("whole", f"{sum(short.values()):.3f}", f"{sum(long.values()):.3f}"))
    return "\n".join(map(_line, (heads, ["---"] * len(heads), *rows)))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
