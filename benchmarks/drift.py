"""Slipway's monitor beside Evidently, NannyML, river and alibi-detect, on the same streams with a known change.

    python benchmarks/drift.py [--streams 300] [--peers evidently,nannyml,river,alibi-detect] [--quick] [--json FILE]

Streams are batches of 500 rows after a reference of 6,000, ten inputs, a model that was right about its own chances
(``drift_peers/worlds.py``); and the flights of 2013 with their days permuted (``drift_peers/flights.py``). All get
inputs, scores and truths. Peers have environments of their own under ``.envs``, made on the first run, and run at their
defaults on fewer streams, for they take longer; the tables say on how many.

*False alarm*: any alarm before the change, or at all where nothing changes. *Found*: an alarm after it, and after how
many rows (median). *Kind*: whether inputs, their relation to the truth, or both are named rightly. *Columns*: whether
exactly the columns that moved are named.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from drift_peers import flights, slipway_monitor
from drift_peers.worlds import BATCH, CHANGE, NAMES, WORLDS, World, draw
from scipy.stats import binomtest

from monitoring import python_of

STREAMS, QUICK, PERMUTATIONS, TIMEOUT_S = 300, 30, 40, 900
FEW = {"evidently": 2, "nannyml": 10, "river": 10, "alibi-detect": 10}
SLIPWAY = "slipway"
FLIGHTS = "flights"
TOLD = {**WORLDS, FLIGHTS: World("flights of 2013, days permuted; no drift")}


def ours(task, *, known):
    """Return what Slipway makes of one stream."""
    name, seed = task
    stream = flights.permuted(known, seed) if name == FLIGHTS else draw(name, seed)
    found = slipway_monitor.watch(stream, flights.NAMES if name == FLIGHTS else NAMES)
    alarms = [] if found["first"] is None else [found["first"]]
    return {"kind": "", "columns": [], "matters": None, **found, "world": name, "alarms": alarms}


def theirs(peer, name, *, count, known, folder):
    """Return what a peer makes of some streams, or the reason why not."""
    streams = [flights.permuted(known, seed) if name == FLIGHTS else draw(name, seed) for seed in range(count)]
    path = Path(folder) / f"{name}.npz"
    one = streams[0]
    np.savez(
        path,
        x=np.stack([s.x.astype(np.float32) for s in streams]),
        score=np.stack([s.score for s in streams]),
        y=np.stack([s.y for s in streams]),
        reference=one.reference,
        batch=one.batch,
        change=-1 if one.change is None else one.change,
        names=np.array(flights.NAMES if name == FLIGHTS else NAMES),
    )
    script = Path(__file__).parent / "drift_peers" / "others.py"
    words = [python_of(peer), str(script), peer, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        return (done.stderr.strip() or "it said nothing").splitlines()[-1][-200:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def summary(found, *, world):
    """Return one watcher's figures in one world."""
    changed = bool(TOLD[world].kind)
    early = [f for f in found if any(not changed or a < CHANGE for a in f["alarms"])]
    late = [min(a for a in f["alarms"] if a >= CHANGE) for f in found if any(a >= CHANGE for a in f["alarms"])]
    low, high = binomtest(len(early), len(found)).proportion_ci(0.95, method="exact")
    sound = [f for f in found if f not in early]
    figures = {"streams": len(found), "false": len(early) / len(found), "low": float(low), "high": float(high)}
    if changed:
        figures |= {
            "found": len(late) / len(found),
            "rows": statistics.median((a - CHANGE + 1) * BATCH for a in late) if late else None,
            "kind": sum(f["kind"] == TOLD[world].kind for f in sound) / len(found),
            "columns": sum(tuple(f["columns"]) == TOLD[world].columns for f in sound) / len(found),
        }
        matters = [f["matters"] for f in found if f.get("matters") is not None]
        figures["matters"] = sum(matters) / len(matters) if matters else None
    return figures


def tables(figures):
    """Return two tables as Markdown; a watcher that failed has the reason in its cells."""
    watchers = list(dict.fromkeys(who for of in figures.values() for who in of))
    heads = "| | " + " | ".join(watchers) + " |\n|---|" + "---|" * len(watchers)

    def table(title, cell, *, changed):
        rows = [
            f"| {TOLD[world].words} | " + " | ".join(_told(of.get(who), cell) for who in watchers) + " |"
            for world, of in figures.items()
            if not changed or TOLD[world].kind
        ]
        return "\n".join([f"{title}:\n", heads, *rows])

    return "\n\n".join(
        [
            table("Streams with a false alarm", _false, changed=False),
            table("Change found, and after how many rows (median)", _found, changed=True),
            table("Right kind named; exactly the right columns; said to matter", _named, changed=True),
        ]
    )


def _told(figures, cell):
    return "-" if figures is None else f"not measured: {figures}" if isinstance(figures, str) else cell(figures)


def _false(f):
    return f"{f['false']:.1%} of {f['streams']} ({f['low']:.1%}-{f['high']:.1%})"


def _found(f):
    return "0 %" if f["rows"] is None else f"{f['found']:.0%}, {f['rows']:,.0f}"


def _named(f):
    matters = "" if f["matters"] is None else f"; {f['matters']:.0%}"
    return f"{f['kind']:.0%}; {f['columns']:.0%}{matters}"


def goals(figures):
    """Return (met, sentence) of each goal, about Slipway."""
    own = {world: of[SLIPWAY] for world, of in figures.items()}
    false = max(own.values(), key=lambda f: f["false"])
    changed = {world: f for world, f in own.items() if TOLD[world].kind}
    unfound = [TOLD[w].words for w, f in changed.items() if f["found"] < 0.95]
    misnamed = [TOLD[w].words for w, f in changed.items() if f["kind"] < 0.9]
    calm = [TOLD[w].words for w, f in changed.items() if not TOLD[w].hurts and w == "harmless" and f["matters"] > 0.05]
    return [
        (
            false["low"] <= 0.01,
            f"false alarms in at most {false['false']:.1%} of the streams of any world, promised 1 %",
        ),
        (not unfound, f"every change found in 95 % of the streams{': not ' + '; '.join(unfound) if unfound else ''}"),
        (not misnamed, f"the right kind named in 90 %{': not ' + '; '.join(misnamed) if misnamed else ''}"),
        (not calm, "a harmless shift is told, and said to be harmless"),
    ]


def main(given=None):
    """Watch and print; end with 1 where a goal is missed."""
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parse.add_argument("--streams", type=int, default=STREAMS)
    parse.add_argument("--quick", action="store_const", dest="streams", const=QUICK)
    parse.add_argument("--peers", type=lambda text: [p for p in text.split(",") if p], default=list(FEW))
    parse.add_argument("--jobs", type=int, default=2)
    parse.add_argument("--json", type=Path)
    asked = parse.parse_args(given)
    known = flights.days()
    worlds = [*WORLDS, *([FLIGHTS] if known else [])]
    counts = {world: min(PERMUTATIONS, asked.streams) if world == FLIGHTS else asked.streams for world in worlds}
    tasks = [(world, seed) for world in worlds for seed in range(counts[world])]
    with get_context("spawn").Pool(asked.jobs) as pool:
        found = pool.map(partial(ours, known=known), tasks, chunksize=5)
    figures = {w: {SLIPWAY: summary([f for f in found if f["world"] == w], world=w)} for w in worlds}
    with tempfile.TemporaryDirectory() as folder:
        for peer in asked.peers:
            for world in worlds:
                told = _attempt(peer, world, known=known, folder=folder)
                figures[world][peer] = told if isinstance(told, str) else summary(told, world=world)
    print(f"{tables(figures)}\n")
    told = goals(figures)
    for met, words in told:
        print(f"- {'met' if met else 'missed'}: {words}.")
    if asked.json:
        asked.json.write_text(json.dumps({"streams": counts, "figures": figures, "slipway": found}, indent=1) + "\n")
    return int(not all(met for met, _ in told))


def _attempt(peer, world, *, known, folder):
    try:
        return theirs(peer, world, count=FEW[peer], known=known, folder=folder)
    except (subprocess.SubprocessError, OSError) as error:
        return str(error).splitlines()[-1][-200:]


if __name__ == "__main__":
    sys.exit(main())
