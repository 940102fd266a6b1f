"""Slipway's monitor beside Evidently, NannyML, river and alibi-detect, on the same streams with a known change.

    python benchmarks/drift.py [--quick] [--streams 300] [--few 30] [--peers evidently,nannyml,river,alibi-detect]
        [--worlds none,harmless,...] [--patience 1] [--said FILE] [--jobs 2] [--json FILE] [--page FILE]

Made streams, ten columns and twenty; flights of 2013 with their days permuted; NannyML's car loans; sets that come
with scikit-learn and river: ``drift_peers`` has a file of each. All get inputs, scores and truths. Where nothing
changes Slipway watches ``--streams`` streams of a made world, elsewhere ``--few``; each peer has an environment of its
own under ``.envs``, made on the first run, and as many seconds as ``SECONDS`` says, ``--patience`` times, in which it
goes through all worlds again and again. The tables say on how many streams.

*False alarm*: any alarm before the change, or at all where nothing changes. *Found*: an alarm after it, and after how
many rows (median). *Kind*: whether inputs, their relation to the truth, or both are named rightly, and *columns*:
whether exactly those that moved are, both by a watcher's last word. ``--page`` writes what is printed into a page.
``--said`` takes the peers' words from the ``--json`` of an earlier run instead of asking them again: a stream is drawn
by its seed, so they would see what they saw, and only Slipway has changed since.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from drift_peers import flights, slipway_monitor
from drift_peers.figures import OWN, goals, summary
from drift_peers.streams import WORLDS, draw, there
from drift_peers.tables import months, tables
from page import put

from monitoring import measure, python_of

STREAMS, FEW, QUICK, QUICK_FEW, QUICK_SHARE, MOST = 300, 30, 30, 5, 0.2, 8
SECONDS = {"evidently": 220, "nannyml": 90, "alibi-detect": 90, "river": 40}
LANES = (("evidently",), ("nannyml", "alibi-detect", "river"))
MANY, SEASONAL = ("none", "20-none"), "seasonal"
COST_ROWS, GRACE_S = 1_000_000, 240


def ours(task):
    """Return what Slipway says of one stream."""
    world, seed = task
    stream = draw(world, seed)
    found = slipway_monitor.watch(stream) | {"world": world, "seed": seed}
    return found | {"risk": slipway_monitor.labels_to_harm(stream)} if world == "20-concept" else found


def counts_of(worlds, *, streams, few):
    """Return how many streams of each world Slipway watches: many where nothing changes, one where there is one."""
    counts = {world: streams if world in MANY else few for world in worlds}
    counts |= {world: max(few, streams // 3) for world in worlds if world in (SEASONAL, "20-shift")}
    return {world: 1 if world == "loans-as-they-are" else count for world, count in counts.items()}


def prepare(peers):
    """Make the environments of peers, for two of them bring rows; one that cannot be made is told by :func:`theirs`."""
    for peer in peers:
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            python_of(peer)


def keep(stream, path):
    """Write a stream for a peer to read."""
    np.savez(
        path,
        x=stream.x.astype(np.float32),
        score=stream.score,
        y=stream.y,
        reference=stream.reference,
        batch=stream.batch,
        change=-1 if stream.change is None else stream.change,
        names=np.array(stream.names),
    )
    return str(path)


def theirs(peer, paths, *, seconds):
    """Return what a peer says of each stream until its seconds are over, by file; or the reason why not."""
    script = Path(__file__).parent / "drift_peers" / "others.py"
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
    try:
        done = subprocess.run(
            [python_of(peer), str(script), peer, str(seconds), *paths],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + GRACE_S,
            env=os.environ | one | quiet,
        )
    except (subprocess.SubprocessError, OSError) as error:
        return str(error).splitlines()[-1][-200:]
    if done.returncode:
        return (done.stderr.strip() or "it said nothing").splitlines()[-1][-200:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def beside(peers, counts, *, share, folder):
    """Return what each peer said: peer to file to watcher. Two at a time, each on one core; all worlds in turn."""
    turns = [(world, seed) for seed in range(MOST) for world in counts if seed < counts[world]]
    paths = [keep(draw(world, seed), Path(folder) / f"{world}.{seed}.npz") for world, seed in turns]
    if "flights" in counts:
        paths.insert(len(counts), keep(flights.year()[0], Path(folder) / f"{flights.YEAR}.0.npz"))

    def lane(names):
        return {peer: theirs(peer, paths, seconds=SECONDS[peer] * share) for peer in names if peer in peers}

    with ThreadPoolExecutor(len(LANES)) as pool:
        found = {peer: said for part in pool.map(lane, LANES) for peer, said in part.items()}
    return {peer: found[peer] for peer in peers}


def figures_of(own, said, *, worlds):
    """Return figures by world and watcher; a peer that failed has its reason under its own name."""
    figures = {w: {OWN: summary([f for f in own if f["world"] == w], world=w)} for w in worlds}
    for peer, files in said.items():
        for world in worlds:
            if isinstance(files, str):
                figures[world][peer] = files
                continue
            streams = [found for name, found in files.items() if name.rpartition(".")[0] == world]
            good = [found for found in streams if not isinstance(found, str)]
            for who in good[0] if good else ():
                figures[world][who] = summary([found[who] for found in good], world=world)
            if streams and not good:
                figures[world][peer] = streams[0]
    return figures


def year_of(said):
    """Return what each watcher said of the flights as they were, by month, as a table."""
    stream, of_batch = flights.year()
    told = {OWN: slipway_monitor.watch(stream)["told"]}
    for files in said.values():
        found = files.get(f"{flights.YEAR}.0") if isinstance(files, dict) else None
        if isinstance(found, dict):
            told |= {who: of["told"] for who, of in found.items()}
    return months(told, of_batch=of_batch)


def main(given=None):
    """Watch and print; end with 1 where a goal is missed."""
    asked = _asked(given)
    if asked.said is None:
        prepare(asked.peers)
    worlds = [world for world in asked.worlds if there(world)]
    counts = counts_of(worlds, streams=asked.streams, few=asked.few)
    tasks = [(world, seed) for world in counts for seed in range(counts[world])]
    with get_context("spawn").Pool(asked.jobs) as pool:
        own = pool.map(ours, tasks, chunksize=5)
    with tempfile.TemporaryDirectory() as folder:
        said = asked.said or beside(asked.peers, counts, share=asked.share, folder=folder)
    figures = figures_of(own, said, worlds=list(counts))
    cost = measure("slipway", COST_ROWS) if "20-none" in counts else None
    told = goals(figures, cost=cost)
    parts = [tables(figures), *([year_of(said)] if "flights" in counts else [])]
    words = "\n".join(f"- {'met' if met else 'missed'}: {words}." for met, words in told)
    parts += [f"Not measured, for its rows are not there: {WORLDS[w].words}." for w in asked.worlds if w not in counts]
    report = "\n\n".join([*parts, f"Of Slipway:\n\n{words}\n"])
    print(report)
    if asked.page:
        asked.page.write_text(put(asked.page.read_text(), report=report, name="drift"))
    if asked.json:
        kept = {"streams": counts, "figures": figures, "slipway": own, "peers": said, "cost": cost}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n")
    return int(not all(met for met, _ in told))


def _peers_of(file):
    return json.loads(Path(file).read_text(encoding="utf-8"))["peers"]


def _asked(given):
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parse.add_argument("--streams", type=int)
    parse.add_argument("--few", type=int)
    parse.add_argument("--quick", action="store_true")
    parse.add_argument("--worlds", type=lambda text: text.split(","), default=list(WORLDS))
    parse.add_argument("--peers", type=lambda text: [p for p in text.split(",") if p], default=list(SECONDS))
    parse.add_argument("--patience", type=float, default=1.0, help="how many times their seconds the peers get")
    parse.add_argument("--said", type=_peers_of, help="the --json of an earlier run, for the peers' words")
    parse.add_argument("--jobs", type=int, default=2)
    parse.add_argument("--json", type=Path)
    parse.add_argument("--page", type=Path, help="page whose tables are replaced")
    asked = parse.parse_args(given)
    asked.streams = asked.streams or (QUICK if asked.quick else STREAMS)
    asked.few = asked.few or (QUICK_FEW if asked.quick else FEW)
    asked.share = asked.patience * (QUICK_SHARE if asked.quick else 1.0)
    return asked


if __name__ == "__main__":
    sys.exit(main())
