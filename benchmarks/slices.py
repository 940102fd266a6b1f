"""The same search beside the package sliceline: is the top 10 the same, and how long does each take?

Run it:  python benchmarks/slices.py --peer PYTHON [--rows 100000 ...]

PYTHON is the interpreter of an environment of its own that has sliceline (pip install sliceline). Without --peer only
Slipway's search is timed. Each search runs on the same made-up rows: 14 columns of 8 bins, losses of 0 or 1 that are
higher in three planted slices. Both score with eq. 5 of Sagadeeva & Boehm (2021) at alpha 0.95 to depth 3, slices of 1
% of the rows at the fewest. Slipway counts all cells; sliceline prunes. Times are of the search alone, one process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COLUMNS, BINS, DEPTH, MOST, LEAST_SHARE = 14, 8, 3, 10, 0.01
PEER_TIMEOUT_S = 900

PEER = """
import json, sys, time
import numpy as np
from sliceline import Slicefinder

held = np.load(sys.argv[1])
finder = Slicefinder(alpha=0.95, k=int(sys.argv[2]), max_l=int(sys.argv[3]), min_sup=int(sys.argv[4]), verbose=False)
began = time.perf_counter()
finder.fit(held["codes"], held["loss"])
took_s = time.perf_counter() - began
rows = [[None if v is None else int(v) for v in r] for r in finder.top_slices_.tolist()]
print(json.dumps({"took_s": took_s, "slices": rows}))
"""


def made(rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return bins, shape (rows, columns), and losses of 0 or 1, shape (rows,)."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, BINS, (rows, COLUMNS))
    chance = np.full(rows, 0.05)
    chance[(codes[:, 0] == 1) & (codes[:, 3] <= 2)] = 0.25
    chance[(codes[:, 5] == 7)] += 0.05
    chance[(codes[:, 8] == 2) & (codes[:, 9] == 2)] += 0.4
    return codes, (rng.random(rows) < chance).astype(float)


def ours(codes: np.ndarray, loss: np.ndarray, *, least: int) -> tuple[float, set[tuple[tuple[int, int], ...]]]:
    """Return seconds and the slices, each as pairs of column and bin."""
    from slipway.modeling.slice_search import search  # noqa: PLC0415 - nothing of it is in the time

    columns = [np.ascontiguousarray(column) for column in codes.T]
    began = time.perf_counter()
    found = search(columns, loss=loss, least_rows=least, depth=DEPTH, most=MOST)
    return time.perf_counter() - began, {slice_.where for slice_ in found}


def theirs(
    peer: Path, codes: np.ndarray, loss: np.ndarray, *, least: int
) -> tuple[float, set[tuple[tuple[int, int], ...]]]:
    """Return the same of the package sliceline, in its own interpreter.

    Raises:
        RuntimeError: It failed; its last words are in the message.
        subprocess.TimeoutExpired: It took longer than a quarter of an hour.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, codes=codes, loss=loss)
        words = [str(peer), "-c", PEER, str(file), str(MOST), str(DEPTH), str(least)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PEER_TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"sliceline: {done.stderr.strip()[-500:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    where = {tuple((i, bin_) for i, bin_ in enumerate(row) if bin_ is not None) for row in told["slices"]}
    return float(told["took_s"]), where


def main() -> int:
    """Print a line for each size; end with 1 where the two disagree or the peer failed."""
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parse.add_argument("--peer", type=Path, help="interpreter of an environment that has sliceline")
    parse.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    said = parse.parse_args()
    print(f"{COLUMNS} columns of {BINS} bins, depth {DEPTH}, top {MOST}")
    print(f"{'rows':>9}  {'slipway s':>9}  {'sliceline s':>11}  in common")
    differ = False
    for rows in said.rows:
        codes, loss = made(rows, seed=1)
        least = round(LEAST_SHARE * rows)
        took_s, found = ours(codes, loss, least=least)
        if said.peer is None:
            print(f"{rows:>9,}  {took_s:>9.2f}  {'not asked':>11}")
            continue
        try:
            peer_s, same = theirs(said.peer, codes, loss, least=least)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print(f"{rows:>9,}  {took_s:>9.2f}  {'failed':>11}  {str(error)[-90:]}", flush=True)
            differ = True
            continue
        differ |= not found <= same  # sliceline also lists slices that tie with the tenth
        print(f"{rows:>9,}  {took_s:>9.2f}  {peer_s:>11.2f}  {len(found & same)} of {len(found | same)}", flush=True)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
