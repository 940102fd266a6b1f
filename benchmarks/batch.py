"""Batch scoring beside its peers: the same Parquet file, the same model, one run, one command.

    python benchmarks/batch.py [--rows 1e6] [--peers bare_ort,slipway,...] [--rounds 1] [--folder DIR] [--json FILE]

The issue's figures are those of ``--rows 1e6,1e7,5e7 --peers bare_ort,slipway`` (memory) and ``--rows 1e7 --rounds 3``
(everybody); 10M rows are a file of 2.5 GB, and Slipway journals another 3 GB a run, which is removed behind it.

Everybody answers gradient boosting of 100 trees over 30 numbers of the breast-cancer data, with noise, and writes the
score and the label of each row to a Parquet file. ``bare_ort`` is the limit: it reads slices of the file by polars on
as many threads as there are cores, asks ONNX Runtime, and writes these two columns when it has them all; it does
nothing else. Slipway refuses what does not fit, deals, journals, makes ids, writes them and entity, arm and row beside
the answer, and can be killed at any moment. Ray runs in an environment of its own that this
makes under ``.envs``.

Rounds are interleaved. Wall time counts from the imports' end to the output's; processor time and memory (proportional
set size, the fair share of shared pages) are those of the whole process tree, imports included. On a machine that is
not quiet believe the processor time.
"""

# ruff: noqa: PLC0415 - each peer imports what it needs, and nothing that another one does

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ENVS = Path(__file__).parent / ".envs"
RAY = ("ray[data]==2.51.1", "onnxruntime==1.22.1", "numpy<2.4", "pandas<3")
THREADS = len(os.sched_getaffinity(0))
FIELDS = tuple(f"f{i}" for i in range(30))
PART = 65_536
PEERS = ("bare_ort", "slipway", "polars_ort", "pandas_sklearn", "ray_ort")


# --- peers: each runs in a process of its own; source and target are paths


def session(folder, *, threads=1):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    made = ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    name = made.get_inputs()[0].name
    return lambda x: made.run(["probabilities"], {name: x})[0][:, 1]


def told(scores):
    import polars as pl

    return pl.DataFrame({"score": scores, "label": (scores >= 0.5).astype(np.int8)})


def matrix(table):
    out = np.empty((table.height, len(FIELDS)), np.float32)
    for i, name in enumerate(FIELDS):
        out[:, i] = table[name].to_numpy()
    return out


def bare_ort(folder, source, target):
    from concurrent.futures import ThreadPoolExecutor

    import polars as pl

    ask, scan = session(folder), pl.scan_parquet(source).select(FIELDS)
    yield
    rows = scan.select(pl.len()).collect().item()
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(lambda at: ask(matrix(scan.slice(at, PART).collect())), range(0, rows, PART))
        told(np.concatenate(list(parts))).write_parquet(target)


def polars_ort(folder, source, target):
    import polars as pl

    ask = session(folder, threads=THREADS)  # one batch at a time, so that the threads are those of the runtime
    yield
    batches = pl.scan_parquet(source).select(FIELDS).collect_batches(chunk_size=PART, maintain_order=True)
    told(np.concatenate([ask(matrix(batch)) for batch in batches])).write_parquet(target)


def pandas_sklearn(folder, source, target):
    import joblib
    import pandas as pd

    model = joblib.load(folder / "model.joblib")
    yield
    table = pd.read_parquet(source, columns=list(FIELDS))
    scores = model.predict_proba(table.to_numpy())[:, 1]
    pd.DataFrame({"score": scores, "label": (scores >= 0.5).astype(np.int8)}).to_parquet(target)


def ray_ort(folder, source, target):
    import ray

    class Scorer:
        def __init__(self):
            self._ask = session(folder)

        def __call__(self, batch):
            scores = self._ask(np.column_stack([batch[name] for name in FIELDS]).astype(np.float32))
            return {"score": scores, "label": (scores >= 0.5).astype(np.int8)}

    ray.init(
        address="local", num_cpus=THREADS, include_dashboard=False, log_to_driver=False,
        object_store_memory=2 << 30, _temp_dir=tempfile.mkdtemp(prefix="ray"),
    )  # fmt: skip
    yield
    table = ray.data.read_parquet(str(source), columns=list(FIELDS))
    table.map_batches(Scorer, batch_size=PART, concurrency=max(THREADS - 1, 1), num_cpus=1).write_parquet(str(target))
    ray.shutdown()


def slipway(folder, source, target):
    from slipway.batch.score import Scorer
    from slipway.batch.wish import Wish
    from slipway.records.worker_config import WorkerConfig
    from slipway.runtime.registry import ArmContext, open_arm
    from slipway.storage.blobs import LocalBlobs
    from slipway.storage.layout import Layout

    layout = Layout(folder / "project")
    config = WorkerConfig(route="r", signature=signature(), entity="user")
    context = ArmContext(signature=config.signature, blobs=LocalBlobs(layout.blobs), root=layout.root)
    scorer = Scorer(
        layout,
        config=config,
        open_arm=lambda arm: open_arm(arm, context=context),
        now_us=lambda: time.time_ns() // 1000,
        pid=os.getpid(),
    )
    yield
    scorer.score(str(source), wish=Wish(output=str(target), threads=THREADS, overwrite=True))
    for segment in layout.journal.glob("*.seg"):
        segment.unlink()


# --- data, model, project


def signature():
    from slipway.records.field import Field, FieldKind
    from slipway.records.model import Signature
    from slipway.records.task import TaskKind

    fields = tuple(Field(name=name, kind=FieldKind.NUMBER) for name in FIELDS)
    return Signature(fields=fields, kind=TaskKind.BINARY)


def prepare(folder):
    """Train, convert and package the model once, and put it in force."""
    import joblib
    from skl2onnx import to_onnx
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import GradientBoostingClassifier

    from slipway.records.arm import Arm, ArmKind
    from slipway.records.route import Route, Share
    from slipway.storage.blobs import LocalBlobs
    from slipway.storage.layout import Layout
    from slipway.storage.routes import publish
    from slipway.testing.models import store_package

    x, y = load_breast_cancer(return_X_y=True)
    model = GradientBoostingClassifier(n_estimators=100, random_state=0).fit(x, y)
    graph = to_onnx(model, x[:1].astype(np.float32), options={"zipmap": False}).SerializeToString()
    joblib.dump(model, folder / "model.joblib")
    (folder / "model.onnx").write_bytes(graph)
    layout = Layout(folder / "project").create()
    batch = {name: x[:64, i].copy() for i, name in enumerate(FIELDS)}
    package = store_package(LocalBlobs(layout.blobs), graph, signature=signature(), batch=batch)
    arm = Arm(name="live", kind=ArmKind.MODEL, package=package)
    route = Route(name="r", version=1, salt="s", arms=(arm,), shares=(Share(arm="live", share=1.0),))
    publish(route, folder=layout.routes)


def write_rows(path, *, rows):
    """Write rows of the breast-cancer data with 5 % of noise, and a user each, in row groups of 250,000."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from sklearn.datasets import load_breast_cancer

    x, _ = load_breast_cancer(return_X_y=True)
    rng, spread, writer = np.random.default_rng(0), x.std(0) * 0.05, None
    for start in range(0, rows, 250_000):
        n = min(250_000, rows - start)
        noisy = x[rng.integers(0, len(x), n)] + rng.normal(size=(n, 30)) * spread
        users = pa.array(np.char.add("u", rng.integers(0, 1_000_000, n).astype(str)))
        table = pa.table({"user": users} | {name: noisy[:, i] for i, name in enumerate(FIELDS)})
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy", use_dictionary=False)
        writer.write_table(table)
    writer.close()


# --- measuring


class Watched:
    """Samples processor seconds and memory of a process and all that it started."""

    def __init__(self, pid):
        self._pid, self._cpu_s, self.peak_mb, self._stop = pid, {}, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()
        return sum(self._cpu_s.values())

    def _run(self):
        while not self._stop.wait(0.2):
            pss_kb = 0
            for pid in tree(self._pid):
                try:
                    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                    ticks = int(stat[11]) + int(stat[12])
                    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                except (OSError, IndexError):
                    continue
                self._cpu_s[pid] = max(ticks / os.sysconf("SC_CLK_TCK"), self._cpu_s.get(pid, 0))
                pss_kb += int(rollup.split("\nPss:", 1)[1].split()[0]) if "\nPss:" in rollup else 0
            self.peak_mb = max(self.peak_mb, pss_kb / 1024)


def tree(root):
    """Return a process and its descendants."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def python_of(peer):
    """Return the interpreter of a peer, with its environment made if it has one of its own."""
    if peer != "ray_ort":
        return sys.executable
    folder = ENVS / "ray-data"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *RAY], check=True)
        (folder / "ready").touch()
    return str(folder / "bin" / "python")


def measure(peer, *, folder, source, rows):
    target = folder / f"out-{peer}.parquet"
    with source.open("rb") as file:  # everybody finds the file in the page cache, as far as it fits
        while file.read(64 << 20):
            pass
    command = [python_of(peer), __file__, "--one", peer, "--folder", str(folder), "--source", str(source)]
    child = subprocess.Popen([*command, "--target", str(target)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watched = Watched(child.pid)
    out, error = child.communicate()
    cpu_s = watched.stop()
    if child.returncode:
        return {"peer": peer, "rows": rows, "error": error.decode(errors="replace").strip().splitlines()[-1:]}
    seconds = json.loads(out.decode().splitlines()[-1])["seconds"]
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    return {
        "peer": peer,
        "rows": rows,
        "seconds": seconds,
        "rows_per_s": rows / seconds,
        "cpu_us_a_row": cpu_s / rows * 1e6,
        "peak_mb": watched.peak_mb,
    }


def one(asked):
    """Be one peer: print the seconds from the imports' end to the output's."""
    work = globals()[asked.one](asked.folder, asked.source, asked.target)
    next(work)
    start = time.perf_counter()
    for _ in work:
        pass
    print(json.dumps({"seconds": time.perf_counter() - start}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1e6", help="rows of the file; several, divided by commas")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; kept, so that files are made once")
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    for hidden in ("--one", "--source", "--target"):
        parser.add_argument(hidden, type=str if hidden == "--one" else Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "model.onnx").exists():
            prepare(folder)
        figures = run(asked, folder)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def run(asked, folder):
    figures = []
    print(f"{THREADS} threads; load of the machine {os.getloadavg()[0]:.1f}\n")
    print(f"{'rows':>11} {'peer':<15} {'rows/s':>11} {'of bare':>8} {'CPU us/row':>11} {'of bare':>8} {'peak MB':>8}")
    for rows in (int(float(r)) for r in asked.rows.split(",")):
        source = folder / f"rows-{rows}.parquet"
        if not source.exists():
            write_rows(source, rows=rows)
        for _ in range(asked.rounds):
            bare = None
            for peer in asked.peers.split(","):
                found = measure(peer, folder=folder, source=source, rows=rows)
                figures.append(found)
                bare = found if peer == "bare_ort" and "seconds" in found else bare
                show(found, bare)
        if not asked.folder:
            source.unlink()
    return figures


def show(found, bare):
    if "error" in found:
        print(f"{found['rows']:>11,} {found['peer']:<15} failed: {found['error']}")
        return
    speed = f"{found['rows_per_s'] / bare['rows_per_s']:.2f}" if bare else ""
    cpu = f"{bare['cpu_us_a_row'] / found['cpu_us_a_row']:.2f}" if bare else ""
    print(
        f"{found['rows']:>11,} {found['peer']:<15} {found['rows_per_s']:>11,.0f} {speed:>8} "
        f"{found['cpu_us_a_row']:>11.2f} {cpu:>8} {found['peak_mb']:>8.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
