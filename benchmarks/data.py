"""The content id of a table beside what pandas and polars offer: time, memory, and what each can promise.

Run it:  python -m benchmarks.data [rows]

Each method runs in a process of its own, on the same table of 14 columns (7 floats, 3 whole numbers, an id text that
never repeats, 2 categories, 1 boolean). Both peers give one hash a row and stop there; to make an id of the content
out of that, their hashes are sorted and put through SHA-256, which is counted with them.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from slipway.data.version import content

ROWS = 1_000_000
METHODS = {
    "slipway": "slipway.data.version.content",
    "pandas": "pandas.util.hash_pandas_object, sorted, SHA-256",
    "polars": "polars hash_rows, sorted, SHA-256",
}
PROMISES = {
    "slipway": "stable by definition; id rests on SHA-256; a hash a column",
    "pandas": "stable; 64 bits a row and no more; 1 and 1.0 differ",
    "polars": "changes between versions of polars",
}


def table(rows: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            **{f"float{i}": rng.normal(size=rows) for i in range(7)},
            **{f"whole{i}": rng.integers(0, 1000, rows) for i in range(3)},
            "id": [f"row-{i:08d}" for i in range(rows)],
            "port": rng.choice(["EWR", "JFK", "LGA"], rows),
            "dest": rng.choice([f"D{i}" for i in range(100)], rows),
            "night": rng.random(rows) < 0.5,
        }
    )


def of_slipway(data: pl.DataFrame) -> str:
    return content(data).id


def of_pandas(data: pd.DataFrame) -> str:
    return hashlib.sha256(np.sort(pd.util.hash_pandas_object(data, index=False).to_numpy())).hexdigest()


def of_polars(data: pl.DataFrame) -> str:
    return hashlib.sha256(np.sort(data.hash_rows().to_numpy())).hexdigest()


def one(method: str, file: str) -> dict[str, float | str]:
    """Measure one method in this process: the median of three, then the rows in another order."""
    data = pl.read_parquet(file)
    given = data.to_pandas() if method == "pandas" else data
    if method == "pandas":
        del data
    run = {"slipway": of_slipway, "pandas": of_pandas, "polars": of_polars}[method]
    held = rss_mb()
    wall, cpu, named = [], [], ""
    for _ in range(3):
        start, start_cpu = time.perf_counter(), time.process_time()
        named = run(given)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    other = (
        given.sample(frac=1, random_state=1) if method == "pandas" else given.sample(fraction=1, shuffle=True, seed=1)
    )
    return {
        "wall_s": float(np.median(wall)),
        "cpu_s": float(np.median(cpu)),
        "held_mb": held,
        "peak_mb": peak,
        "order_blind": "yes" if run(other) == named else "no",
    }


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    if len(sys.argv) == 3:
        print(json.dumps(one(sys.argv[1], sys.argv[2])))
        return
    rows = int(sys.argv[1]) if len(sys.argv) == 2 else ROWS
    data = table(rows)
    print(f"{rows:,} rows x {data.width} columns, {data.estimated_size() / 1e6:,.0f} MB\n")
    print("| method | s | CPU s | memory before / at most, MB | order-blind | promise |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "table.parquet")
        data.write_parquet(file)
        for method, call in METHODS.items():
            command = [sys.executable, "-m", "benchmarks.data", method, file]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"| {call} | failed: {done.stderr.strip().splitlines()[-1]} | | | | |")
                continue
            r = json.loads(done.stdout)
            print(
                f"| {call} | {r['wall_s']:.2f} | {r['cpu_s']:.2f} | {r['held_mb']:,.0f} / {r['peak_mb']:,.0f} "
                f"| {r['order_blind']} | {PROMISES[method]} |"
            )


if __name__ == "__main__":
    main()
