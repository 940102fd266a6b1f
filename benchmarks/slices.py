"""The same slice search beside the package sliceline: is the top 10 the same, and how long does each take?

    python benchmarks/slices.py [--rows 10000,100000,1000000] [--rounds 3] [--json FILE]

Each searches the same made-up rows: 14 columns of 8 bins, losses of 0 or 1 that are higher in three planted slices.
Both score with eq. 5 of Sagadeeva & Boehm (2021) at alpha 0.95 to depth 3, slices of 1 % of the rows at the fewest.
Slipway counts all cells; sliceline prunes. Times are of the search alone, rounds are interleaved, ratios are taken
within a round. The package is a peer of ``data_peers``; its own environment is made under ``.envs`` on the first run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from beside.peers import Unusable, install, read

from slipway.modeling.slice_search import search

FOLDER = Path(__file__).parent / "data_peers"
COLUMNS, BINS, DEPTH, MOST, LEAST_SHARE = 14, 8, 3, 10, 0.01
TIMEOUT_S = 300


def made(rows, *, seed):
    """Return bins, shape (rows, columns), and losses of 0 or 1, shape (rows,)."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, BINS, (rows, COLUMNS))
    chance = np.full(rows, 0.05)
    chance[(codes[:, 0] == 1) & (codes[:, 3] <= 2)] = 0.25
    chance[(codes[:, 5] == 7)] += 0.05
    chance[(codes[:, 8] == 2) & (codes[:, 9] == 2)] += 0.4
    return codes, (rng.random(rows) < chance).astype(float)


def ours(codes, loss):
    """Return seconds and the slices, each as pairs of column and bin."""
    columns = [np.ascontiguousarray(column) for column in codes.T]
    began = time.perf_counter()
    found = search(columns, loss=loss, least_rows=round(LEAST_SHARE * loss.size), depth=DEPTH, most=MOST)
    return time.perf_counter() - began, {slice_.where for slice_ in found}


def theirs(peer, codes, loss):
    """Return the same of the package, in its own interpreter.

    Raises:
        Unusable: It failed or took longer than five minutes; its last words are in the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, codes=codes, loss=loss)
        words = [peer.python, peer.file, file, MOST, DEPTH, round(LEAST_SHARE * loss.size)]
        try:
            done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise Unusable(f"it took longer than {TIMEOUT_S} s") from None
    if done.returncode:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise Unusable(f"it ended with {done.returncode}: {last[-200:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    where = {tuple((i, bin_) for i, bin_ in enumerate(row) if bin_ is not None) for row in told["slices"]}
    return float(told["took_s"]), where


def spread(values, digits=2):
    """Return the median and the range, as text."""
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def compared(rows, *, rounds, peer, reason):
    """Search so often; return what was measured, and the row of the table."""
    codes, loss = made(rows, seed=1)
    kept = {"rows": rows, "slipway_s": [], "sliceline_s": [], "agree": None, "reason": reason}
    for _ in range(rounds):
        took_s, found = ours(codes, loss)
        kept["slipway_s"].append(took_s)
        if kept["reason"]:
            continue
        try:
            peer_s, same = theirs(peer, codes, loss)
        except Unusable as error:
            kept["reason"] = str(error)
            continue
        kept["sliceline_s"].append(peer_s)
        kept["agree"] = found <= same  # sliceline also lists slices that tie with the tenth
    line = f"| {rows:,} | {spread(kept['slipway_s'])} | "
    if kept["sliceline_s"]:
        ratios = [b / a for a, b in zip(kept["slipway_s"], kept["sliceline_s"], strict=False)]
        agreed = "the same" if kept["agree"] else "**another**"
        return kept, f"{line}{spread(kept['sliceline_s'])} | {spread(ratios, 1)} | {agreed} |"
    return kept, f"{line}not measured: {kept['reason']} | | |"


def main(given=None):
    """Print a line for each size; end with 1 where the two disagree."""
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    sizes = (10_000, 100_000, 1_000_000)
    parse.add_argument("--rows", type=lambda text: [int(float(n)) for n in text.split(",")], default=sizes)
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--json", type=Path)
    asked = parse.parse_args(given)
    peer, reason, versions = read("sliceline_search", folder=FOLDER), "", {}
    try:
        versions = install(peer)
    except Unusable as error:
        reason = str(error)
    print(f"{COLUMNS} columns of {BINS} bins, depth {DEPTH}, top {MOST}\n")
    print("| rows | Slipway s | sliceline s | sliceline / Slipway | top 10 |\n|---|---|---|---|---|")
    everything = []
    for rows in asked.rows:
        kept, line = compared(rows, rounds=asked.rounds, peer=peer, reason=reason)
        print(line, flush=True)
        everything.append(kept)
    if asked.json:
        asked.json.write_text(json.dumps({"versions": versions, "sizes": everything}, indent=1) + "\n")
    return int(any(kept["agree"] is False for kept in everything))


if __name__ == "__main__":
    sys.exit(main())
