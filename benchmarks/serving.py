"""One row a request over HTTP: Slipway beside what a team would write by hand, and beside nginx with a fixed reply.

    python benchmarks/serving.py [--rounds 3] [--seconds 4] [--json FILE]

Needs ``wrk`` (Debian: apt-get install wrk), and ``nginx`` for the limit that HTTP itself sets; a peer that is not there
is left out and said to be. The peers' environments are made under ``benchmarks/.envs`` on the first run.

What is asked: gradient boosting of 100 trees over the 30 numbers of the breast-cancer data, as an ONNX graph; two
processes each. Slipway does all it does in production: checks each field, deals 5 % of the entities to a second model,
journals before it replies; with ``shadow`` a third process also asks that model about every row. Rounds are
interleaved and medians given, because a shared machine is never quiet: only ratios within one run count. The last
column, processor time of the server's processes (system calls included) a request, is what is least disturbed.

The second table is how long a new route takes, from its file to the last worker.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.route import Route, Share
from slipway.records.task import TaskKind
from slipway.records.worker_config import WorkerConfig
from slipway.serving.run_state import read_states
from slipway.serving.supervisor import Hosted, Supervisor, wait_until_ready
from slipway.storage.blobs import LocalBlobs
from slipway.storage.layout import Layout
from slipway.storage.routes import publish
from slipway.testing.models import store_package

HERE = Path(__file__).parent
CONNECTIONS = (1, 16, 64)
FIELDS = tuple(Field(name=f"x{i}", kind=FieldKind.NUMBER) for i in range(30))
SIGNATURE = Signature(fields=FIELDS, kind=TaskKind.BINARY)


def graphs():
    """Return two models as ONNX files, and the data."""
    x, y = load_breast_cancer(return_X_y=True)
    made = []
    for seed in (0, 1):
        model = GradientBoostingClassifier(n_estimators=100, subsample=0.9, random_state=seed).fit(x, y)
        graph = to_onnx(model, x[:1].astype(np.float32), options={"zipmap": False})
        made.append(graph.SerializeToString())
    return made, x


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_for_port(port, *, process=None):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise SystemExit(f"the peer ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"nothing answers on port {port}")


def route(arms, *, version=1, shadows=(), canary=0.05):
    shares = (Share(arm="new", share=canary), Share(arm="old", share=1 - canary))
    return Route(name="r", version=version, salt="s", shares=shares, shadows=shadows, fallback="old", arms=arms)


@contextmanager
def slipway(folder, *, models, rows, shadows=(), durability="process"):
    layout = Layout(folder).create()
    batch = {f"x{i}": rows[:64, i].copy() for i in range(30)}
    packages = [store_package(LocalBlobs(layout.blobs), m, signature=SIGNATURE, batch=batch) for m in models]
    arms = tuple(Arm(name=n, kind=ArmKind.MODEL, package=p) for n, p in zip(("new", "old"), packages, strict=True))
    publish(route(arms, shadows=shadows), folder=layout.routes)
    config = WorkerConfig(
        route="r", signature=SIGNATURE, entity="user", port=0, workers=2, durability=durability, deadline_ms=5000
    )
    supervisor = Supervisor(Hosted(config, folder), control=False)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        wait_until_ready(folder, workers=2, timeout_s=120)
        yield supervisor.port, os.getpid(), (layout, arms)
    finally:
        supervisor.stop()
        thread.join()


@contextmanager
def fastapi(folder, *, models):
    python = HERE / ".envs" / "fastapi" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        wanted = ["fastapi", "uvicorn", "uvloop", "httptools", "onnxruntime", "numpy"]
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    model = folder / "model.onnx"
    model.write_bytes(models[1])
    port = free_port()
    words = ["-m", "uvicorn", "fastapi_ort:app", "--port", str(port), "--workers", "2", "--no-access-log"]
    words += ["--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    process = subprocess.Popen([python, *words], cwd=HERE / "peers", env=os.environ | {"MODEL": str(model)})
    try:
        wait_for_port(port, process=process)
        time.sleep(2)
        yield port, process.pid, None
    finally:
        process.terminate()
        process.wait()


@contextmanager
def nginx(folder):
    port = free_port()
    answer = '{"id":"w0-660ec1233741a-6802-1","score":0.5,"arm":"old","fallback":false,"label":1}'
    text = f"""
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port} reuseport; default_type application/json;
    location /predict {{ return 200 '{answer}'; }} }} }}
"""
    conf = folder / "nginx.conf"
    conf.write_text(text)
    process = subprocess.Popen([shutil.which("nginx"), "-c", conf])
    try:
        wait_for_port(port, process=process)
        yield port, process.pid, None
    finally:
        process.terminate()
        process.wait()


def script(folder, rows):
    """Write what wrk sends: one row, each time another entity."""
    head = json.dumps({f"x{i}": float(v) for i, v in enumerate(rows[3])})[:-1]
    path = folder / "ask.lua"
    path.write_text(
        f"local head = [[{head}]]\nlocal n = 0\nlocal kind = {{['content-type'] = 'application/json'}}\n"
        "request = function() n = n + 1\n"
        "  return wrk.format('POST', '/predict', kind, head .. ', \"user\": \"u' .. n .. '\"}') end\n"
    )
    return path


def cpu_s(root, *, but="wrk"):
    """Return the processor time of all descendants of a process, alive now, in seconds."""
    parents, times = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        values, pid = rest.split(), int(stat.parent.name)
        if not name.endswith(f"({but}"):
            parents[pid], times[pid] = int(values[1]), int(values[11]) + int(values[12])
    found, total = {root}, 0
    while grown := {p for p, parent in parents.items() if parent in found} - found:
        found |= grown
        total += sum(times[p] for p in grown)
    return total / os.sysconf("SC_CLK_TCK")


def wrk(port, *, connections, seconds, lua):
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", lua, f"http://127.0.0.1:{port}"]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"wrk saw failures:\n{out}")
    lines = {line.split()[0]: line.split()[-1] for line in out.splitlines() if line.strip()}
    return float(lines["Requests/sec:"]), milliseconds(lines["99%"])


def milliseconds(text):
    for unit, scale in (("us", 1e-3), ("ms", 1.0), ("s", 1e3)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * scale
    raise ValueError(text)


def swaps(layout, arms, *, times):
    """Return milliseconds from publishing a route to the moment when the last worker says it is in force."""
    took = []
    for version in range(2, 2 + times):
        begun = time.perf_counter()
        publish(route(arms, version=version, canary=0.05 if version % 2 else 0.0), folder=layout.routes)
        while min(s.route_version for s in read_states(layout.run) if s.name.startswith("worker")) < version:
            time.sleep(0.001)
        took.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.02)
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk: not found. Install it (Debian: apt-get install wrk), then run this again.")
    models, rows = graphs()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        lua = script(folder, rows)

        def place(name):
            made = folder / name
            made.mkdir(exist_ok=True, mode=0o777)
            return made

        peers = {
            "slipway": lambda k: slipway(place(f"s{k}"), models=models, rows=rows),
            "slipway, shadow": lambda k: slipway(place(f"w{k}"), models=models, rows=rows, shadows=("new",)),
            "slipway, fsync": lambda k: slipway(place(f"y{k}"), models=models, rows=rows, durability="fsync"),
            "FastAPI + uvicorn + ORT": lambda k: fastapi(place(f"f{k}"), models=models),
        }
        if shutil.which("nginx"):
            peers["nginx, fixed reply"] = lambda k: nginx(place(f"n{k}"))
        else:
            print("nginx is not installed: no line for the limit of HTTP itself.")
        found = {(peer, c): [] for peer in peers for c in CONNECTIONS}
        took = []
        for k in range(asked.rounds):
            for peer, start in peers.items():
                with start(k) as (port, root, ours):
                    wrk(port, connections=16, seconds=1, lua=lua)
                    for connections in CONNECTIONS:
                        before = cpu_s(root)
                        rate, p99 = wrk(port, connections=connections, seconds=asked.seconds, lua=lua)
                        cpu_us = (cpu_s(root) - before) / (rate * asked.seconds) * 1e6
                        found[peer, connections].append((rate, p99, cpu_us))
                    if peer == "slipway":
                        took += swaps(*ours, times=30)
    report(found, peers, took)
    if asked.json:
        told = [{"peer": p, "connections": c, "runs": runs} for (p, c), runs in found.items()]
        asked.json.write_text(json.dumps({"serving": told, "swap_ms": took}, indent=1))


def report(found, peers, took):
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"\nRequests a second, median [range], and p99 in ms; {os.cpu_count()} cores, load {load}.\n")
    print("| server | " + " | ".join(f"{c} conn." for c in CONNECTIONS) + " | p99 ms | CPU µs a request |")
    print("|---|" + "---|" * (len(CONNECTIONS) + 2))
    for peer in peers:
        cells = []
        for c in CONNECTIONS:
            rates = [rate for rate, _, _ in found[peer, c]]
            cells.append(f"{statistics.median(rates):,.0f} [{min(rates):,.0f}-{max(rates):,.0f}]")
        for k, digits in ((1, 1), (2, 0)):
            medians = [statistics.median(run[k] for run in found[peer, c]) for c in CONNECTIONS]
            cells.append(" / ".join(f"{m:.{digits}f}" for m in medians))
        print(f"| {peer} | " + " | ".join(cells) + " |")
    middle, slow = np.quantile(took, [0.5, 0.99])
    print(f"\nA new route, from its file to the last worker: median {middle:.0f} ms, p99 {slow:.0f} ms, n {len(took)}.")


if __name__ == "__main__":
    main()
