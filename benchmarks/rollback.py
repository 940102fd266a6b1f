"""How long a rollback takes, from the word to the last worker, and whether a caller notices.

    python benchmarks/rollback.py [--each 70] [--connections 16] [--workers 2] [--json FILE]

A real server with two workers, shadow and control, kept busy by callers over 16 connections who ask again as soon as
they are answered. Over and over a rollout is started that gives 45 % of the users to a candidate, and is rolled back:
by command (`project.roll_back`, what `slipway rollout back` calls), over HTTP (`POST /rollouts/{id}/rollback`), and by
verdict. For that last one the candidate answers nobody, which the fallback makes good for the callers and its service
gate holds against it. A verdict is there when the store has it; the row below counts from the beginning of the step
that came to it, so that reading what the journal had got meanwhile, judging and storing are in it, too. The end is when
the last worker says that it has the route. A request sent after `roll_back` or the HTTP call had returned must not be
answered by the candidate: these are counted as *strays*.
"""

import argparse
import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from live import project
from live.callers import Line

from slipway.project.server import Server
from slipway.serving.run_state import State, read_states
from slipway.storage.layout import Layout

STAGES = '{ name = "canary", share = 0.05, min = "0s", max = "90d" },'
WIDE = '{ name = "canary", share = 0.45, min = "0s", max = "90d" },'
FROM_STEP = "verdict, from the beginning of its step"
WAIT_S = 60


class Place:
    """The project, its server's surface, and how to tell when every worker has a route."""

    def __init__(self, made, *, control_port):
        layout = Layout(made.folder)
        self.project, self._run, self._store, self.step_ns = made, layout.run, layout.control_db, 0
        self._port = control_port

    def _ask(self, *words, **how):
        with Line(self._port) as line:  # one that stays idle is closed there
            return line.ask(*words, **how)

    def start(self, arm):
        return self._ask("/rollouts", {"candidate": arm, "by": "benchmark"})["id"]

    def by_command(self):
        name = self.start("twin")
        time.sleep(0.05)
        word_ns = time.time_ns()
        self.project.roll_back(name, why="benchmark")
        return word_ns, time.time_ns()

    def by_http(self):
        name = self.start("twin")
        time.sleep(0.05)
        word_ns = time.time_ns()
        self._ask(f"/rollouts/{name}/rollback", {"why": "benchmark", "by": "benchmark"})
        return word_ns, time.time_ns()

    def by_verdict(self):
        name, until_s = self.start("candidate"), time.monotonic() + WAIT_S
        with contextlib.closing(sqlite3.connect(self._store)) as store:
            seen, found = None, {}
            while time.monotonic() < until_s:
                now, changed_ns = store.execute("PRAGMA data_version").fetchone(), time.time_ns()
                if now == seen:
                    time.sleep(0.001)
                    continue
                seen, found = now, self._ask(f"/rollouts/{name}", method="GET")
                if found["rollout"]["status"] == "rolled back":
                    last = found["verdicts"][-1][1]
                    assert [g["gate"]["kind"] for g in last["gates"] if g["decision"] == "fail"] == ["service"], last
                    self.step_ns = last["at_us"] * 1000
                    return changed_ns, None
        raise SystemExit(f"{name}: want a verdict within {WAIT_S} s, got none: {found}")

    def last_worker_ns(self):
        """Return when the last worker said that it has the route in force."""
        wanted, until_s = self.project.route().version, time.monotonic() + WAIT_S
        while time.monotonic() < until_s:
            states = [s for s in read_states(self._run) if s.name.startswith("worker-") and s.state is State.READY]
            if states and all(s.route_version >= wanted for s in states):
                return max(s.at_us for s in states) * 1000
            time.sleep(0.001)
        raise SystemExit(f"want version {wanted} in force in every worker, got {states}")


def bench(*, each, connections=16, workers=2, tell=str):
    """Roll back `each` times by each of the three ways, and return what was seen."""
    took_ms = {"command": [], "HTTP": [], "verdict": [], FROM_STEP: []}
    quiet = []  # from a confirmed rollback to the next start, in ns: nobody but live may answer what is sent here
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder) / "rollback", workers=workers)
        page = made.folder / "slipway.toml"
        wide = page.read_text().replace(STAGES, WIDE)
        page.write_text(wide.replace(f"deadline_ms = {project.DEADLINE_MS}\n", ""))  # as slow as a busy machine may be
        with Server(made.folder) as server:
            port = int(server.url.rpartition(":")[2])
            place = Place(made, control_port=port + 1)
            words = [sys.executable, "-m", "live.busy", str(port), str(connections)]
            how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parent}
            with subprocess.Popen(words, **how) as busy:
                time.sleep(1)
                ways = (place.by_command, place.by_http, place.by_verdict)
                for roll_back in ways:  # once for what is loaded at first use
                    roll_back()
                for number in range(each):
                    for way, roll_back in zip(took_ms, ways, strict=False):
                        word_ns, said_ns = roll_back()
                        done_ns = place.last_worker_ns()
                        took_ms[way].append((done_ns - word_ns) / 1e6)
                        if way == "verdict":
                            took_ms[FROM_STEP].append((done_ns - place.step_ns) / 1e6)
                        if said_ns:
                            quiet.append((said_ns, time.time_ns()))
                    tell(number + 1)
                seen = json.loads(busy.communicate("")[0])
    seen["strays"] = sum(a <= at <= b for at in seen.pop("elsewhere_ns") for a, b in quiet)
    return took_ms, seen


def quantile(values, q):
    """The value that a share q of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=70, metavar="N", help="rollbacks a way")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="file for every figure")
    asked = parser.parse_args()
    took_ms, seen = bench(
        each=asked.each,
        connections=asked.connections,
        workers=asked.workers,
        tell=lambda done: print(f"\r{3 * done} of {3 * asked.each}", end="", file=sys.stderr, flush=True),
    )
    print("\n| rolled back by | times | median ms | p99 ms | longest ms |\n|---|---|---|---|---|")
    words = [v for way, some in took_ms.items() if way != FROM_STEP for v in some]
    for way, values in (*took_ms.items(), ("command, HTTP and verdict", words)):
        figures = (statistics.median(values), quantile(values, 0.99), max(values))
        print(f"| {way} | {len(values)} | " + " | ".join(f"{v:.0f}" for v in figures) + " |")
    print(
        f"\n{seen['requests']:,} requests over {asked.connections} connections, {seen['per_s']:,.0f} a second, "
        f"their p99 {seen['p99_ms']:.1f} ms; {len(seen['failed'])} failed, {seen['strays']} strays."
    )
    if asked.json:
        asked.json.write_text(json.dumps({"took_ms": took_ms, "seen": seen}, indent=1))


if __name__ == "__main__":
    main()
