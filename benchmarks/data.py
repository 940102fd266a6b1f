"""Versions of a table beside DVC, MLflow and hashes by hand: what each notices, and what it takes.

    python benchmarks/data.py [--rows 1000000] [--rounds 5] [--peers slipway_make,dvc_add,...] [--json FILE]

Each peer is a file of ``data_peers`` whose header says what it wants; its environment is made under ``.envs`` on the
first run. All read the same Parquet files of 14 columns (7 floats, 2 whole numbers, an id that never repeats, 2
categories, 1 boolean, a label of 0 and 1). Two questions:

*Is it noticed?* Eleven things are done to the table. Three leave its content as it was, so its id should stay; eight
change it, so it should not.

*What does it take?* From the Parquet file to the id, in a process of its own, imports and a small table before it not
counted. Rounds are interleaved; ratios are taken within a round and told with their range. On a machine that is not
quiet believe the processor time. A peer that cannot be installed has a row that says why.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from beside.peers import Unusable, install, read
from beside.table import APPENDED, FLIPPED, TAKEN, edited, table, things_done

FOLDER = Path(__file__).parent / "data_peers"
PEERS = ("slipway_name", "slipway_make", "dvc_add", "mlflow_pandas", "mlflow_polars", "hash_pandas", "hash_polars")
BASE, GOAL_S, TIMEOUT_S = "slipway_name", 3.0, 600


def write(folder, *, rows):
    """Write all tables as Parquet files, and return what was done, by name."""
    data = table(rows)
    done = things_done(data)
    for name, thing in done.items():
        thing.table.write_parquet(folder / f"{name}.parquet", compression="lz4" if name == "rewritten" else "zstd")
    data.write_parquet(folder / "base.parquet")
    table(1_000, seed=1).write_parquet(folder / "small.parquet")
    edited(data).write_parquet(folder / "edited.parquet")
    return done


def ask(peer, what, *, folder):
    """Ask a peer, in a process of its own.

    Raises:
        Unusable: It failed; with its last words.
    """
    words = [str(peer.python), str(FOLDER / "_each.py"), peer.name, what, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise Unusable(f"it failed: {(done.stderr.strip() or 'it said nothing').splitlines()[-1][-300:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def verdict(ids, name, *, changes):
    """Say whether a thing that was done is told from the id, and whether that is right: (word, right)."""
    noticed = ids[name] != ids["base"]
    words = {(True, True): "noticed", (True, False): "**missed**", (False, True): "**called another**"}
    return words.get((changes, noticed), "the same"), changes == noticed


def noticed_table(answers, *, done, titles):
    """Return who noticed what, as Markdown."""
    lines = ["| what was done | " + " | ".join(titles[p] for p in answers) + " |", "|---|" + "---|" * len(answers)]
    for name, thing in done.items():
        said = [verdict(answer["ids"], name, changes=thing.changes)[0] for answer in answers.values()]
        lines.append(f"| {thing.words} | " + " | ".join(said) + " |")
    return "\n".join(lines)


def spread(values, digits=2):
    """Return the median and the range, as text."""
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def times_table(rounds, *, titles, reasons):
    """Return what each took, as Markdown; ratios to the id alone are taken within a round."""
    lines = ["| | s | processor s | processor time, Slipway's id = 1 | MB at most |", "|---|---|---|---|---|"]
    for peer, title in titles.items():
        got = [r[peer] for r in rounds if peer in r]
        if not got:
            lines.append(f"| {title} | not measured: {reasons[peer]} | | | |")
            continue
        ratios = [r[peer]["cpu_s"] / r[BASE]["cpu_s"] for r in rounds if peer in r and BASE in r]
        figures = [spread([g[key] for g in got]) for key in ("wall_s", "cpu_s")]
        figures += [spread(ratios) if ratios else "", f"{max(g['peak_mb'] for g in got):,.0f}"]
        lines.append(f"| {title} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def changes_table(answers, *, done, titles):
    """Return what each says of the edited table, and how much more it keeps for a version, as Markdown."""
    asked = ("last_label", "appended", "shuffled")
    lines = ["| | says | s | " + " | ".join(f"MB more: {done[name].words}" for name in asked) + " |"]
    lines += ["|---|---|---|" + "---|" * len(asked)]
    for peer, answer in answers.items():
        said = answer.get("words", "that the ids differ")
        took = f"{answer['change_s']:.2f}" if "change_s" in answer else ""
        more = [f"{answer['added_mb'][name]:.1f}" if answer["added_mb"] else "keeps no rows" for name in asked]
        lines.append(f"| {titles[peer]} | {said} | {took} | {' | '.join(more)} |")
    return "\n".join(lines)


def main(given=None):
    """Measure and print; end with 1 where Slipway called a table wrongly or was not measured."""
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parse.add_argument("--rows", type=lambda text: int(float(text)), default=1_000_000)
    parse.add_argument("--rounds", type=int, default=5)
    parse.add_argument("--peers", type=lambda text: text.split(","), default=PEERS)
    parse.add_argument("--json", type=Path)
    asked = parse.parse_args(given)
    peers = {name: read(name, folder=FOLDER) for name in asked.peers}
    titles, reasons, versions = {name: peer.title for name, peer in peers.items()}, {}, {}
    answers, rounds = {}, []

    def attempt(name, what, folder):
        try:
            versions.setdefault(name, install(peers[name]))
            return ask(peers[name], what, folder=folder)
        except (Unusable, subprocess.TimeoutExpired) as error:
            reasons[name] = str(error)
            return None

    with tempfile.TemporaryDirectory() as place:
        done = write(Path(place), rows=asked.rows)
        for name in peers:
            if answer := attempt(name, "notice", Path(place)):
                answers[name] = answer
        for _ in range(asked.rounds):
            found = {name: attempt(name, "time", Path(place)) for name in answers}
            rounds.append({name: got for name, got in found.items() if got})
    print(f"{asked.rows:,} rows x 14 columns\n\n{noticed_table(answers, done=done, titles=titles)}\n")
    print(f"{times_table(rounds, titles=titles, reasons=reasons)}\n")
    print(f"{FLIPPED} labels flipped, {APPENDED} rows appended, {TAKEN} taken out:\n")
    print(changes_table(answers, done=done, titles=titles))
    took = [r[BASE]["wall_s"] for r in rounds if BASE in r]
    if took and asked.rows >= 1_000_000:
        word = "met" if statistics.median(took) <= GOAL_S else "missed"
        print(f"\n- {word}: a million rows named in {spread(took)} s, goal {GOAL_S:g} s.")
    if asked.json:
        kept = {"rows": asked.rows, "versions": versions, "reasons": reasons, "noticed": answers, "rounds": rounds}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n")
    ours = [answers.get(name) for name in asked.peers if name.startswith("slipway")]
    wrong = [n for a in ours if a for n, t in done.items() if not verdict(a["ids"], n, changes=t.changes)[1]]
    return int(bool(wrong) or not all(ours))


if __name__ == "__main__":
    sys.exit(main())
