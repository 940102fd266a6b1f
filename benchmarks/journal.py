"""How fast the journal takes rows, at 1, 16 and 64 rows a tick and for both durabilities, and how fast it is read.

    python benchmarks/journal.py [--folder DIR] [--seconds 2] [--json FILE]

Prints a table. ``raw`` is the floor: the same bytes through bare ``os.write`` (and ``os.fdatasync``), nothing else.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from slipway.storage.columns import rows_of
from slipway.storage.journal import Durability, SegmentReader, SegmentWriter
from slipway.storage.journal.codec import encode_tick
from slipway.testing.frames import prediction_frame

NUMBERS = 10


def appended(folder, *, frame, durability, seconds):
    """Return rows a second through the writer, and the median and 99th percentile of one append in µs."""
    writer = SegmentWriter(folder, name=f"w-{rows_of(frame)}-{durability}", durability=durability)
    took = timed(lambda: writer.append([frame]), seconds=seconds)
    writer.close()
    return summary(took, rows=rows_of(frame))


def raw(folder, *, frame, durability, seconds):
    """Return the same for bare system calls on the same bytes."""
    data = bytes(encode_tick([frame]))
    handle = os.open(folder / f"raw-{len(data)}-{durability}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write():
        os.write(handle, data)
        if durability is Durability.FSYNC:
            os.fdatasync(handle)

    took = timed(write, seconds=seconds)
    os.close(handle)
    return summary(took, rows=rows_of(frame))


def timed(step, *, seconds):
    took, end = [], time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        step()
        took.append(time.perf_counter() - start)
    return np.array(took)


def summary(took, *, rows):
    return {
        "rows_per_s": rows * len(took) / took.sum(),
        "median_us": float(np.median(took) * 1e6),
        "p99_us": float(np.quantile(took, 0.99) * 1e6),
    }


def read(folder, *, rows, rows_per_frame):
    """Write that many rows in frames of that size, then return rows a second of the best of three whole reads."""
    writer = SegmentWriter(folder, name="read")
    rng = np.random.default_rng(0)
    frames = [prediction_frame(rows_per_frame, rng=rng, numbers=NUMBERS) for _ in range(20)]
    for n in range(rows // rows_per_frame):
        writer.append([frames[n % len(frames)]])
    writer.close()
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        got = sum(rows_of(frame) for frame, _ in SegmentReader(folder).read({}))
        best = min(best, time.perf_counter() - start)
    assert got == rows // rows_per_frame * rows_per_frame
    size = sum(p.stat().st_size for p in folder.glob("*.seg"))
    return {"rows": got, "rows_per_s": got / best, "seconds": best, "bytes_per_row": size / got}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where to write; another disk has other numbers")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each row of the table is measured")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to read")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    given = parser.parse_args()
    result = {"append": [], "read": []}
    print(f"{NUMBERS} numbers and a category a row\n")
    print("rows a tick durability       rows/s  median µs    p99 µs  raw median µs")
    for rows in (1, 16, 64):
        frame = prediction_frame(rows, rng=np.random.default_rng(rows), numbers=NUMBERS)
        for durability in Durability:
            with tempfile.TemporaryDirectory(dir=given.folder) as name:
                args = {"frame": frame, "durability": durability, "seconds": given.seconds}
                got, floor = appended(Path(name), **args), raw(Path(name), **args)
            result["append"].append({"rows": rows, "durability": durability, **got, "raw": floor})
            print(
                f"{rows:>11} {durability:>10} {got['rows_per_s']:>12,.0f} {got['median_us']:>10.1f} "
                f"{got['p99_us']:>9.1f} {floor['median_us']:>14.1f}"
            )
    print(f"\n{'rows a frame':>12} {'rows read':>10} {'seconds':>8} {'rows/s':>12} {'bytes/row':>10}")
    for per_frame in (16, 500):
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            got = read(Path(name), rows=given.rows, rows_per_frame=per_frame)
        result["read"].append({"rows_per_frame": per_frame, **got})
        print(
            f"{per_frame:>12} {got['rows']:>10,} {got['seconds']:>8.2f} {got['rows_per_s']:>12,.0f} "
            f"{got['bytes_per_row']:>10.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
