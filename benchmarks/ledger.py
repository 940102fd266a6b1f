"""What control pays to join the journal: CPU and memory a row, with inputs coded for a monitor and without.

    python benchmarks/ledger.py [--rows 1000000] [--folder DIR] [--json FILE]

Writes a journal of requests with 20 numbers, what one shadow answered, and every outcome, in ticks of 1, 16 and 64
rows; then reads it as control does. ``read`` is the reading alone, frames laid end to end as columns; ``join`` is what
the ledger adds. A row is a request with its shadow answer and its outcome.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from slipway.control.cohorts import CohortBook
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.stats.coding import Coder
from slipway.stats.table import TableReference
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.journal.stretches import stretches
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
NUMBERS = 20


def write(folder, *, rows, per_tick):
    """Write one day of rows, and return what a monitor's profile was learnt from."""
    rng = np.random.default_rng(0)
    worker, shadow = SegmentWriter(folder, name="worker0-65f0c0ffee-1a2b"), SegmentWriter(folder, name="shadow-1-2")
    x = rng.normal(size=(per_tick, NUMBERS))
    columns = {f"x{i}": x[:, i].tobytes() for i in range(NUMBERS)}
    for n in range(rows // per_tick):
        ids = [f"worker0-65f0c0ffee-1a2b-{n * per_tick + i:x}" for i in range(per_tick)]
        at_us = [DAY_US // rows * (n * per_tick + i) for i in range(per_tick)]
        arms = ["candidate" if a else "live" for a in rng.random(per_tick) < 0.05]
        asked = PredictionFrame(
            route="main",
            route_version=2,
            at_us=at_us,
            id=ids,
            entity=[f"customer-{e}" for e in rng.integers(0, 10**6, size=per_tick)],
            arm=arms,
            fallback=[False] * per_tick,
            score=rng.random(per_tick).tolist(),
            latency_us=[900] * per_tick,
            x=columns,
            shadows=("candidate",),
        )
        place = worker.append([asked])
        told = [id_ for id_, arm in zip(ids, arms, strict=True) if arm == "live"]
        scores = rng.random(len(told)).tolist()
        shadow.append([ShadowFrame(arm="candidate", id=told, score=scores, segment=place.segment, offset=place.offset)])
        truths = (rng.random(per_tick) < 0.4).astype(float).tolist()
        worker.append([OutcomeFrame(at_us=[t + 60 for t in at_us], id=ids, value=truths)])
    for writer in (worker, shadow):
        writer.close()
    return TableReference.of_matrix(rng.normal(size=(50_000, NUMBERS)), names=tuple(columns))


def cpu_s(step):
    """Return the processor seconds that a step takes, and what it returned."""
    before = time.process_time()
    got = step()
    return time.process_time() - before, got


def measured(folder, *, rows, profile):
    """Read one journal in three ways, and sum it up for a rollout."""
    read_s, _ = cpu_s(lambda: sum(s.rows for s in stretches(SegmentReader(folder).read({}))))
    ledger = Ledger(Terms())
    join_s, _ = cpu_s(lambda: ledger.catch_up(SegmentReader(folder)))
    coder = Coder(profile)
    watched = Ledger(Terms(), coder=lambda _: coder)
    watched_s, _ = cpu_s(lambda: watched.catch_up(SegmentReader(folder)))
    stage = Stage(
        name="canary",
        kind=StageKind.CANARY,
        share=0.05,
        gates=(Gate(kind=GateKind.HARM, unit="hour"),),
        min_s=0,
        max_s=1e9,
    )
    rollout, _ = started(Plan(stages=(stage,), maturity_s=3600.0))
    sum_s, cohorts = cpu_s(lambda: CohortBook("r").cohorts(rollout, ledger=ledger, now_us=DAY_US))
    assert sum(c.live.n + c.candidate.n for c in cohorts) == rows == ledger.tally.outcomes
    return {
        "read_us": 1e6 * read_s / rows,
        "join_us": 1e6 * (join_s - read_s) / rows,
        "code_us": 1e6 * (watched_s - join_s) / rows,
        "sum_us": 1e6 * sum_s / rows,
        "rows_per_s": rows / watched_s,
        "bytes": ledger.size_bytes / rows,
        "watched_bytes": watched.size_bytes / rows,
    }


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="requests")
    parser.add_argument("--folder", type=Path, help="where to write")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    given = parser.parse_args()
    result = []
    print(f"{given.rows:,} requests of {NUMBERS} numbers, a shadow's answer and an outcome each; CPU us a request\n")
    print("rows a tick    read    join    code  | rows/s   sum of an open day | bytes a row  with bins")
    for per_tick in (1, 16, 64):
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            rows = given.rows // (16 if per_tick == 1 else 1) // per_tick * per_tick
            profile = write(Path(name), rows=rows, per_tick=per_tick)
            got = measured(Path(name), rows=rows, profile=profile)
        result.append({"rows_per_tick": per_tick, "rows": rows, **got})
        print(
            f"{per_tick:>11} {got['read_us']:>7.2f} {got['join_us']:>7.2f} {got['code_us']:>7.2f}  "
            f"| {got['rows_per_s']:>9,.0f} {got['sum_us']:>10.2f} "
            f"| {got['bytes']:>8.0f} {got['watched_bytes']:>8.0f}"
        )
    print(f"\npeak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
