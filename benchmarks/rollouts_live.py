"""Rollouts through the real server, over HTTP from the first request to the last verdict: 200 without effect, 200 with.

    python benchmarks/rollouts_live.py [--without 200] [--with 200] [--seed 1] [--json FILE]

Callers send predictions and what turned out to be true; after every 250 predictions, four hours by the clock that they
carry, control looks. Everything is on: workers, journal, shadows, control with its store, monitors. Four projects share
the server; each plays its rollouts one after another, with the plan of its `slipway.toml`: canary 5 %, half, all, and
a day of watch, alpha 5 %, margin 2 points, unit row. What completes is rolled back by command, for the next to begin.

Without effect, live and candidate err in 2 % of the requests, each on its own, and fail in 0.2 %. A *false rollback*
is one of these that a gate rolled back; one that a deadline ended would be counted apart. With effect, *reached* are
the users whom the candidate answered before it was stopped, of those who asked meanwhile.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from live import project
from live.one import Effect, Life

from slipway import Project
from slipway.project.server import Server

NONE = Effect("no effect")
EFFECTS = (
    (Effect("errors 2 % -> 6 %", errors=(0.02, 0.06)), 0.5),
    (Effect("errors 2 % -> 4 %", errors=(0.02, 0.04)), 0.2),
    (Effect("failures 0.2 % -> 2 %", failures=(0.002, 0.02)), 0.2),
    (Effect("late 0 % -> 5 %", late=0.05), 0.1),
)
PROJECTS = ("first", "second", "third", "fourth")
MOST = 20_000
"""Requests after which a rollout that still runs is given up."""
REPLAYED = 5
"""Rollouts a project whose every verdict is judged again from the journal."""


def parts(without, with_):
    """Return what each of the projects plays, effects and none mixed, so that all have as much of each."""
    counts = [round(share * with_) for _, share in EFFECTS]
    counts[0] += with_ - sum(counts)
    played = [NONE] * without + [e for (e, _), n in zip(EFFECTS, counts, strict=True) for _ in range(n)]
    return {name: played[number :: len(PROJECTS)] for number, name in enumerate(PROJECTS)}


def play(name, effects, *, ports, seed, queue):
    try:
        life = Life(port=ports[0], control_port=ports[1], project=name, seed=seed)
        for effect in effects:
            queue.put(life.run(effect, most=MOST))
    except BaseException as error:  # noqa: BLE001 - told by who waits
        queue.put(f"{name}: {error!r}")


def gather(played, *, port, seed, tell):
    """Play all projects' rollouts at the same time and return what was seen of each."""
    queue = multiprocessing.Queue()
    children = []
    for number, (name, effects) in enumerate(played.items()):
        ports = (port, port + 1 + number)
        words = {"ports": ports, "seed": seed + number, "queue": queue}
        children.append(multiprocessing.Process(target=play, args=(name, effects), kwargs=words))
        children[-1].start()
    seen, whole = [], sum(map(len, played.values()))
    while len(seen) < whole:
        one = queue.get(timeout=300)
        if isinstance(one, str):
            raise SystemExit(one)
        seen.append(one)
        tell(len(seen), whole)
    for child in children:
        child.join()
    return seen


def replayed(folder, *, seen):
    """Judge some rollouts of a project again from the journal; return (verdicts, how many differ)."""
    place = Project.open(folder)
    ids = [s.rollout for s in seen if s.project == folder.name]
    verdicts = [v for id_ in ids[:: max(1, len(ids) // REPLAYED)] for v in place.replay(id_).verdicts]
    return len(verdicts), sum(bool(v.differences) for v in verdicts)


def exact(k, n):
    """The 95 % interval of a share by Clopper and Pearson (1934)."""
    from scipy.stats import beta  # noqa: PLC0415 - a second that the tests need not wait

    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    return low, beta.ppf(0.975, k + 1, n - k) if k < n else 1.0


def table(seen):
    """Return the lines of the table, one an effect."""
    lines = [
        "| | rollouts | completed | rolled back by a gate | median requests to stop | users reached, of who asked |"
    ]
    lines.append("|---|---|---|---|---|---|")
    for name in dict.fromkeys([NONE.name, *(e.name for e, _ in EFFECTS)]):
        some = [s for s in seen if s.effect == name]
        if not some:
            continue
        stopped = [s for s in some if s.ended == "rolled back" and s.by != "deadline"]
        low, high = exact(len(stopped), len(some))
        to_stop = f"{statistics.median(s.requests for s in stopped):,.0f}" if stopped else "-"
        reached = f"{statistics.median(s.reached / s.users for s in stopped):.1%}" if stopped else "-"
        completed = sum(s.ended == "completed" for s in some)
        share = f"{len(stopped)} ({len(stopped) / len(some):.1%}, exact 95 %: {low:.1%} to {high:.1%})"
        lines.append(f"| {name} | {len(some)} | {completed} | {share} | {to_stop} | {reached} |")
    return lines


def bench(*, without, with_, seed=1, tell=max, seen_by=lambda seen, took_s: None):  # noqa: ARG005 - nobody waits for it
    """Play all and return (what was seen, verdicts judged again, how many of them differ).

    Args:
        without: Rollouts without effect.
        with_: Rollouts with one.
        seed: Seed of all chance; the next project's is the next.
        tell: Called with (played, to be played).
        seen_by: Called with what was seen and the seconds it took, before verdicts are judged again.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folders = [project.make(Path(place) / name, workers=2).folder for name in PROJECTS]
        with Server(folders[0], beside=folders[1:], clock="event") as server:
            port = int(server.url.rpartition(":")[2])
            seen = gather(parts(without, with_), port=port, seed=seed, tell=tell)
        took_s = time.monotonic() - began
        seen_by(seen, took_s)
        again = [replayed(folder, seen=seen) for folder in folders]
        for folder in folders:
            found = Project.open(folder).verify()
            if not found.holds:
                raise SystemExit(found.sentence)
    return seen, sum(n for n, _ in again), sum(d for _, d in again)


def show(seen, took_s, *, out):
    """Print the table, and keep what was seen of every rollout where a file is named."""
    if out:
        out.write_text(json.dumps({"seconds": took_s, "rollouts": [asdict(s) for s in seen]}, indent=1))
    ends = [s for s in seen if s.ended == "still runs" or s.by == "deadline"]
    requests, unanswered = sum(s.requests for s in seen), sum(s.unanswered for s in seen)
    print("\n" + "\n".join(table(seen)))
    print(f"\n{len(ends)} ended otherwise: {sorted({(s.effect, s.ended, s.by) for s in ends}) or 'none'}.")
    print(
        f"{requests:,} predictions, {unanswered:,} of them unanswered because live failed, in {took_s:.0f} s.",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without", type=int, default=200, metavar="N", help="rollouts without effect")
    parser.add_argument("--with", type=int, default=200, metavar="N", dest="with_", help="rollouts with one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for what was seen of every rollout")
    asked = parser.parse_args()
    _, verdicts, differ = bench(
        without=asked.without,
        with_=asked.with_,
        seed=asked.seed,
        tell=lambda done, whole: print(f"\r{done} of {whole}", end="", file=sys.stderr, flush=True),
        seen_by=lambda seen, took_s: show(seen, took_s, out=asked.json),
    )
    print(f"{verdicts} verdicts judged again from the journal, {differ} differ; audit chains hold.")


if __name__ == "__main__":
    main()
