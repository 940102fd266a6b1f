"""Serving beside its peers: same model, same rows, one run, one command.

    python benchmarks/serving.py [--rounds 3] [--seconds 2] [--peers nginx,slipway_all,...] [--binary] [--json FILE]

Needs ``wrk`` (Debian: apt-get install wrk), and ``nginx`` for the limit that HTTP itself sets. Each peer is a file in
``peers`` whose header says what it wants; its environment is made under ``.envs`` on the first run, which takes some
minutes and is not measured. With its environments made, the whole takes some fifteen minutes.

Everybody serves gradient boosting over the 30 numbers of the breast-cancer data with ONNX Runtime, on two processes
where it knows how to, at the settings that are fastest here; a few answers of each are compared with the estimator's
before it is asked under load. Rounds are interleaved and ratios taken within a round, because a shared machine is never
quiet; figures of two runs do not compare. Peers that can batch across requests are asked in both forms, the batching
one at 64 connections. A cell in which wrk took more than 95 % of its own core is void. Processor time of
the server's processes a request (system calls included, and what they do after the last answer) is what other work on
the machine disturbs least; the last column is how long after the last answer they were still at work.

The last table is how long a new route takes, from its file to the last worker.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
from beside import models, peers
from beside.load import Load
from beside.report import Cell, Run, goals, tables

from slipway.serving.run_state import read_states
from slipway.storage.layout import Layout
from slipway.storage.routes import publish, read_route

PEERS = (
    "nginx", "slipway_bare", "slipway_all", "fastapi_ort", "kserve_ort", "mlserver_ort", "bentoml_ort",
    "litserve_ort", "mlflow_onnx", "rayserve_ort", "mlserver_ort+batching", "bentoml_ort+batching",
    "litserve_ort+batching", "rayserve_ort+batching",
)  # fmt: skip
CELLS = {"small": ((1, 1), (1, 16), (1, 64), (64, 1), (64, 16), (64, 64)), "large": ((1, 16), (64, 16))}
"""Model to (rows, connections) of each cell."""
ROUNDS_OF_LARGE = 2
CONNECTIONS_OF_BATCHING = 64
"""Who batches across requests is asked with the small model and this many, where batches can be had."""
SWAPS = 30


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(PEERS), help="which to ask, by the names of their files")
    parser.add_argument("--models", default=",".join(CELLS), help="small, large")
    parser.add_argument("--rows", default="1,64", help="rows a request")
    parser.add_argument(
        "--binary", action="store_true", help="send several rows as binary tensors, to those who take them"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=int, default=2, help="how long each cell is asked; half of it with 64 rows or the large model"
    )
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    return parser.parse_args()


def main():
    asked = options()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk: not found. Install it (Debian: apt-get install wrk), then run this again.")
    wanted = [peers.read(name) for name in asked.peers.split(",")]
    titles, reasons, versions = {p.name: p.title for p in wanted}, {}, {}
    for peer in wanted:
        try:
            versions[peer.name] = peers.install(peer, binary=asked.binary)
        except peers.Unusable as error:
            reasons[peer.name] = str(error)
    found, took, began = {}, [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="s") as name:
        Path(name).chmod(0o755)
        bench = Bench(asked, folder=Path(name), found=found, reasons=reasons, took=took)
        for model in asked.models.split(","):
            for number in range(asked.rounds if model == "small" else min(asked.rounds, ROUNDS_OF_LARGE)):
                for peer in wanted:
                    if peer.name not in reasons and (model == "small" or not peer.batches):
                        bench.turn(peer, model=model, number=number)
    packaged = [p.name for p in wanted if p.facts.get("packaged")]
    print(tables(found, titles=titles, reasons=reasons))
    print("\n" + "\n".join(f"- {titles[p]}: {_versions(v)}" for p, v in versions.items() if v))
    if took:
        middle, slow = np.quantile(took, [0.5, 0.99])
        print(
            f"\nA new route, from its file to the last worker: median {middle:.0f} ms, p99 {slow:.0f}, n {len(took)}."
        )
    print("\n" + goals(found, titles=titles, packaged=packaged))
    print(f"\nThe whole took {time.monotonic() - began:.0f} s with environments made.")
    if asked.json:
        told = [cell._asdict() | {"runs": [run._asdict() for run in runs]} for cell, runs in found.items()]
        kept = {"serving": told, "swap_ms": took, "versions": versions, "reasons": reasons}
        asked.json.write_text(json.dumps(kept, indent=1))


class Bench:
    """Asks peers in turn and notes what came.

    Args:
        asked: The options.
        folder: Scratch space.
        found: Cell to runs; filled.
        reasons: Peer to why it was given up; filled.
        took: Milliseconds that new routes took; filled.
    """

    def __init__(self, asked, *, folder, found, reasons, took):
        self._asked, self._folder = asked, folder
        self._found, self._reasons, self._took = found, reasons, took

    def turn(self, peer, *, model, number):
        """Start a peer, ask it in each cell, end it."""
        graph = models.make(model, folder=peers.ENVIRONMENTS / "models")
        data, scores = models.rows_and_scores(graph)
        may = {int(r) for r in self._asked.rows.split(",")} & set(peer.facts.get("rows", (1, 64)))
        cells = [c for c in CELLS[model] if c[0] in may and (not peer.batches or c[1] == CONNECTIONS_OF_BATCHING)]
        send = {"data": data, "scores": scores, "folder": self._folder, "binary": self._asked.binary}
        loads = {r: Load(peer, rows=r, **send) for r in sorted(may)}
        if not cells:
            return
        work = self._folder / f"{peer.name}-{model}-{number}"
        try:
            with peers.started(peer, model=graph, work=work, ready=loads[min(may)].ready) as (port, pid):
                self._ask(peer, loads, cells=cells, port=port, pid=pid, model=model, number=number)
                if peer.name == "slipway_all":
                    self._took += swaps(work, times=SWAPS)
        except peers.Unusable as error:
            self._reasons[peer.name] = f"{error} ({model} model)"
        shutil.rmtree(work, ignore_errors=True)

    def _ask(self, peer, loads, *, cells, port, pid, model, number):
        for rows, load in loads.items():
            load.run(port, connections=16, seconds=1)  # each process loads its model when it is first asked
            if wrong := load.check(port):
                raise peers.Unusable(f"it answers otherwise than the model: {wrong}")
            peers.rest(pid)
            idle = peers.idle(pid)
            for _, connections in [c for c in cells if c[0] == rows]:
                before = peers.cpu_s(pid), peers.busy_s() - peers.own_s()
                begun = time.monotonic()
                whole = model == "small" and rows == 1
                seconds = self._asked.seconds if whole else max(1, self._asked.seconds // 2)
                got = load.run(port, connections=connections, seconds=seconds)
                requests = max(1.0, got.rate * seconds)
                cpu_s = peers.cpu_s(pid) - before[0]
                others = (peers.busy_s() - peers.own_s() - before[1] - cpu_s) / (time.monotonic() - begun)
                rest_s = peers.rest(pid)
                cpu_s = peers.cpu_s(pid) - before[0] - idle * rest_s
                run = Run(
                    round=number,
                    rate=got.rate,
                    p50_ms=got.p50_ms,
                    p99_ms=got.p99_ms,
                    cpu_us=cpu_s / requests * 1e6,
                    others=max(0.0, others),
                    wrong=got.wrong,
                    wrk=got.wrk,
                    rest_s=rest_s,
                )
                self._found.setdefault(Cell(peer.name, model, rows, connections), []).append(run)
                tell = f"{model:5} {rows:2} rows {connections:2} conn. {got.rate:9,.0f}/s p99 {got.p99_ms:7.1f} ms"
                print(
                    f"{number + 1} {peer.title:34} {tell} {run.cpu_us:7,.0f} us {got.wrong}",
                    file=sys.stderr,
                    flush=True,
                )


def swaps(work, *, times):
    """Return milliseconds from publishing a route to the moment when the last worker says it is in force."""
    layout, took = Layout(work), []
    route = read_route(layout.routes, name="bench")
    for version in range(route.version + 1, route.version + 1 + times):
        begun = time.perf_counter()
        publish(msgspec.structs.replace(route, version=version), folder=layout.routes)
        while min(s.route_version for s in read_states(layout.run) if s.name.startswith("worker")) < version:
            time.sleep(0.001)
        took.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.02)
    return took


def _versions(known):
    return ", ".join(f"{name} {version}" for name, version in known.items())


if __name__ == "__main__":
    main()
