"""What callers feel of control, its monitors and traces: the same server with and without them, in turn, in one run.

    python benchmarks/watched_serving.py [--rounds 5] [--seconds 10] [--qps 2000] [--connections 16] [--json FILE]

Needs ``wrk``. Each round starts each server anew, asks it at a fixed rate by a schedule that does not wait for answers
(as ``slipway bench`` does; latency counts from when a request was due), and then as fast as it answers. The rows are
those of callers, not of a load test, so control and monitors read every one. Ratios are taken within a round and given
with their range; the order within a round turns from one to the next. Generator and server share the machine.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from beside import models, peers
from beside.load import Load

from slipway.bench.generator import Order
from slipway.bench.run import run_rung
from slipway.bench.usage import Meter
from slipway.bench.wire import Target
from slipway.records.load_test import Arrivals, Hold, Limits

SERVER = Path(__file__).parent / "beside" / "monitored.py"
TITLES = {
    "alone": "serving alone: journal, canary, shadow",
    "watched": "with control and monitors",
    "traced": "with control, monitors and traces of 1 %",
}
FIGURES = {
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "p999_ms": "p99.9 ms",
    "full_rate": "full load, requests/s",
    "full_p99_ms": "full load, p99 ms",
}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="how long at the fixed rate; half of it at full load")
    parser.add_argument("--qps", type=float, default=2000.0, help="the fixed rate")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--servers", default=",".join(TITLES))
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    return parser.parse_args()


def peer(name):
    facts = {"title": TITLES[name], "own": True, "path": "/predict", "body": "named", "canary": True}
    commands = {"setup": "{python} {file} make", "command": f"{{python}} {{file}} {name}"}
    return peers.Peer(name, SERVER, (), facts | commands)


def requests(load, port):
    """Return the load's requests as bytes on the wire."""
    head = f"POST /predict HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\ncontent-length: "
    return [f"{head}{len(body.data)}\r\n\r\n".encode() + body.data for body in load.bodies]


def turn(one, *, asked, graph, folder, number):
    """Start one server, ask it in both ways, end it; return the figures."""
    data, scores = models.rows_and_scores(graph)
    load = Load(one, rows=1, data=data, scores=scores, folder=folder)
    with peers.started(one, model=graph, work=folder / f"{one.name}-{number}", ready=load.ready) as (port, pid):
        load.run(port, connections=asked.connections, seconds=1)
        if wrong := load.check(port):
            raise SystemExit(f"{one.title}: it answers otherwise than the model: {wrong}")
        peers.rest(pid)
        order = Order(
            target=Target(host="127.0.0.1", port=port),
            requests=requests(load, port),
            arrivals=Arrivals.POISSON,
            qps=asked.qps,
            warm_s=1.0,
            for_s=float(asked.seconds),
            patience_s=5.0,
            connections=64,
            seed=number,
        )
        rung = run_rung([order], limits=Limits(latency_p99_ms=20.0), meter=Meter({"server": pid}))
        peers.rest(pid)
        full = load.run(port, connections=asked.connections, seconds=max(1, asked.seconds // 2))
    shutil.rmtree(folder / f"{one.name}-{number}", ignore_errors=True)
    quantiles = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}
    found = {name: rung.latency.quantile(share) / 1000 for name, share in quantiles.items()}
    found |= {"full_rate": full.rate, "full_p99_ms": full.p99_ms, "late_p99_ms": rung.late.quantile(0.99) / 1000}
    found |= {"failed": rung.failed_share, "cores": sum(u.cpu_cores for u in rung.usage), "wrong": full.wrong}
    return found | {"void": rung.reason if rung.hold is Hold.VOID else ""}


def spread(values, digits):
    return f"{median(values):,.{digits}f} [{min(values):,.{digits}f}-{max(values):,.{digits}f}]"


def table(rounds, names):
    """Return the figures, and their ratios to the first server's of the same round, as Markdown."""
    heads = ["server", *FIGURES.values(), "cores at the fixed rate"]
    lines = [heads, ["---"] * len(heads)]
    for name in names:
        cells = [spread([r[name][f] for r in rounds], 0 if f == "full_rate" else 2) for f in FIGURES]
        lines.append([TITLES[name], *cells, spread([r[name]["cores"] for r in rounds], 2)])
    for name in names[1:]:
        ratios = [spread([r[name][f] / r[names[0]][f] for r in rounds], 2) for f in FIGURES]
        lines.append([f"ratio, {TITLES[name]}", *ratios, ""])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def notes(rounds, names, *, qps):
    """Return what else is to be known: how late the generator was, what failed, what counts for nothing."""
    told = [r[n] for r in rounds for n in names]
    late, failed = max(t["late_p99_ms"] for t in told), max(t["failed"] for t in told)
    lines = [f"At {qps:,.0f} requests/s {failed:.2%} failed at most; the generator was late by {late:.2f} ms (p99)."]
    void = [t["void"] for t in told if t["void"]]
    if void:
        lines.append(f"Void in {len(void)} of {len(told)} turns at that rate, such as: {void[0]}")
    return "\n".join([*lines, *sorted({t["wrong"] for t in told} - {""})])


def main():
    asked, rounds = options(), []
    if shutil.which("wrk") is None:
        raise SystemExit("wrk: not found. Install it (Debian: apt-get install wrk), then run this again.")
    names, graph = asked.servers.split(","), models.make("small", folder=peers.ENVIRONMENTS / "models")
    with tempfile.TemporaryDirectory(prefix="s") as scratch:
        for number in range(asked.rounds):
            found, at = {}, number % len(names)
            for name in names[at:] + names[:at]:
                others = peers.busy_s() - peers.own_s()
                found[name] = turn(peer(name), asked=asked, graph=graph, folder=Path(scratch), number=number)
                found[name]["machine_busy_s"] = peers.busy_s() - peers.own_s() - others
                told = {k: v if isinstance(v, str) else round(v, 3) for k, v in found[name].items()}
                print(number + 1, name, told, file=sys.stderr, flush=True)
            rounds.append(found)
    print(table(rounds, names))
    print("\n" + notes(rounds, names, qps=asked.qps))
    if asked.json:
        asked.json.write_text(json.dumps(rounds, indent=1))


if __name__ == "__main__":
    main()
