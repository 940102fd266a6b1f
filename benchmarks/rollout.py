"""Slipway's judge beside Argo Rollouts, Flagger, Kayenta and the tests of the text books, on the same seeded canaries.

    python benchmarks/rollout.py [--streams 300] [--quick] [--families equal,tail,...] [--jobs 2] [--json FILE]
        [--page FILE]

The peers are made anew from their documents, which the files of ``rollout_peers`` cite, with the settings documented
there and, where thresholds are anybody's choice, tuned as well as can be. Slipway is the product's own judge, with the
pairs that its shadows give it and *without*, on what the arms were dealt, which is what the others have. A canary lasts
a day at 10 % of the users; ``rollout_peers/streams.py`` says what is true in each family. All decide on the same
streams: who stops it, after how long, and how many users had met the candidate by then.

A judge *keeps its promise* if its false rollbacks are not proven to exceed 5 % in any harmless family: exact binomial
intervals at 95 %. ``--quick`` takes 30 streams a family. ``--page`` writes what is printed into a page, between the
marks that ``docs/explanation/rollouts-beside-others.md`` has.
"""

import argparse
import json
import statistics
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from page import put
from rollout_peers import fixed_n, kayenta, slipway_judge, thresholds
from rollout_peers.streams import CELL_S, CELLS, FAMILIES, draw
from scipy.stats import binomtest

ALPHA, STREAMS, QUICK, TUNED_ON = 0.05, 300, 30, 200
NOTHING = 0.005  # what the tables show as 0 %
OWN = {"slipway": "Slipway", "unpaired": "Slipway, no pairs"}
JUDGES = {
    **OWN,
    "once": "fixed n, once",
    "peeking": "fixed n, peeking",
    "kayenta": "Kayenta",
    "critical": "Kayenta, critical",
    "argo": "Argo",
    "argo-tuned": "Argo, tuned",
    "flagger": "Flagger",
    "flagger-tuned": "Flagger, tuned",
}


def decide(task, *, tuned):
    """Return what every judge makes of one stream: name to the cell after which it stops, or None."""
    name, seed = task
    stream = draw(name, seed)
    cell, gates = slipway_judge.stop(stream)
    once, peeking = fixed_n.stops(stream, slipway_judge.LOOKS)
    plain, critical = kayenta.stops(stream)
    stops = {"slipway": cell, "once": once, "peeking": peeking, "kayenta": plain, "critical": critical}
    stops["unpaired"], _ = slipway_judge.stop(stream, pairs=False)
    for who in ("argo", "flagger"):
        stops[who] = thresholds.stop(stream, who, thresholds.DOCUMENTED[who])
        stops[f"{who}-tuned"] = thresholds.stop(stream, who, tuned[who])
    asked, met = stream.n.sum(axis=0).cumsum(), stream.n[0].cumsum()
    last = {judge: CELLS - 1 if stop is None else stop for judge, stop in stops.items()}
    return {
        "family": name,
        "gates": gates,
        "stops": stops,
        "requests": {judge: int(asked[cell]) for judge, cell in last.items()},
        "reached": {judge: float(met[cell] / asked[-1]) for judge, cell in last.items()},
    }


def tune():
    """Return each tool's tuned thresholds; from streams that nobody is judged on."""
    streams = [draw("equal", 1_000_000 + seed) for seed in range(TUNED_ON)]
    return {who: thresholds.tune(streams, who) for who in ("argo", "flagger")}


def summary(found):
    """Return a family's figures by judge."""
    out = {}
    for judge in JUDGES:
        stopped = [f for f in found if f["stops"][judge] is not None]
        low, high = binomtest(len(stopped), len(found)).proportion_ci(0.95, method="exact")
        out[judge] = {
            "stopped": len(stopped) / len(found),
            "low": float(low),
            "high": float(high),
            "hours": statistics.median((f["stops"][judge] + 1) * CELL_S / 3600 for f in stopped) if stopped else None,
            "requests": statistics.median(f["requests"][judge] for f in stopped) if stopped else None,
            "reached": statistics.fmean(f["reached"][judge] for f in found),
        }
    return out


def keeps(figures, judge):
    """Tell whether a judge's false rollbacks are within alpha, as far as these streams can say."""
    return all(of[judge]["low"] <= ALPHA for name, of in figures.items() if FAMILIES[name].harmful is False)


def goals(figures):
    """Return (met, sentence) of each goal, with pairs and without."""
    others = [judge for judge in JUDGES if judge not in OWN and keeps(figures, judge)]
    return [goal for own in OWN for goal in _goals(figures, own=own, others=others)]


def _goals(figures, *, own, others):
    harmless = {name: of[own] for name, of in figures.items() if FAMILIES[name].harmful is False}
    harmful = {name: of for name, of in figures.items() if FAMILIES[name].harmful}
    if harmless:
        figure = max(harmless.values(), key=lambda figure: figure["stopped"])
        words = f"{figure['stopped']:.1%} in any harmless family ({figure['low']:.1%} to {figure['high']:.1%})"
        yield keeps(figures, own), f"{OWN[own]}: false rollbacks at most {words}, promised 5 %"
    kept = ", ".join(JUDGES[judge] for judge in others) or "none"
    unseen = [name for name, of in harmful.items() if all(of[judge]["stopped"] < NOTHING for judge in others)]
    missed = [name for name in unseen if harmful[name][own]["stopped"] < 0.5]
    words = f"caught where all others that keep their promise ({kept}) score 0 %: {_names(unseen)}"
    yield not missed, f"{OWN[own]}: {words}{'; missed: ' + _names(missed) if missed else ''}"
    gaps = {
        name: min(of[judge]["hours"] for judge in others if of[judge]["stopped"] >= 0.5) - _hours(of[own])
        for name, of in harmful.items()
        if any(of[judge]["stopped"] >= 0.5 for judge in others)
    }
    late, level = ([name for name, gap in gaps.items() if test(gap)] for test in (lambda g: g < 0, lambda g: g == 0))
    words = f"no other that keeps its promise is sooner{', but in ' + _names(late) if late else ''}"
    yield not late, f"{OWN[own]}: {words}; level with the soonest: {_names(level)}"


def _hours(figure):
    """Return the median of those that were stopped, where most were."""
    return figure["hours"] if figure["stopped"] >= 0.5 else float("inf")


def tables(figures):
    """Return three tables as Markdown: false rollbacks, what is caught and when, and who has met the candidate."""
    heads = "| | " + " | ".join(JUDGES.values()) + " |\n|---|" + "---|" * len(JUDGES)
    parts = [
        ("Rolled back although harmless (95 % interval)", (False, None), _false),
        ("Harm caught, and after how long (median)", (True,), _caught),
        ("Share of the day's users that had met a harmful candidate (mean)", (True,), lambda f: f"{f['reached']:.1%}"),
        ("Requests of all arms until the stop (median)", (True,), _requests),
    ]
    out = []
    for title, kinds, cell in parts:
        rows = [
            f"| {FAMILIES[name].words} | " + " | ".join(cell(of[judge]) for judge in JUDGES) + " |"
            for name, of in figures.items()
            if FAMILIES[name].harmful in kinds
        ]
        if rows:
            out.append("\n".join([f"{title}:\n", heads, *rows]))
    return "\n\n".join(out)


def _false(figure):
    return f"{figure['stopped']:.1%} ({figure['low']:.1%}-{figure['high']:.1%})"


def _caught(figure):
    if figure["hours"] is None:
        return "0 %"
    when = f"{figure['hours']:.1f} h" if figure["hours"] >= 1 else f"{figure['hours'] * 60:.0f} min"
    return f"{figure['stopped']:.0%}, {when}"


def _requests(figure):
    return "-" if figure["requests"] is None else f"{figure['requests']:,.0f}"


def _names(names):
    return "; ".join(dict.fromkeys(FAMILIES[name].words for name in names)) or "none"


def run(families, *, streams, jobs):
    """Return (figures by family, every decision)."""
    tuned = tune()
    tasks = [(name, seed) for name in families for seed in range(streams)]
    with get_context("spawn").Pool(jobs) as pool:
        found = pool.map(partial(decide, tuned=tuned), tasks, chunksize=5)
    return {name: summary([f for f in found if f["family"] == name]) for name in families}, found


def main(given=None):
    """Judge and print; end with 1 where a goal is missed."""
    parse = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parse.add_argument("--streams", type=int, default=STREAMS)
    parse.add_argument("--quick", action="store_const", dest="streams", const=QUICK)
    parse.add_argument("--families", type=lambda text: text.split(","), default=list(FAMILIES))
    parse.add_argument("--jobs", type=int, default=2)
    parse.add_argument("--json", type=Path)
    parse.add_argument("--page", type=Path, help="page whose tables are replaced")
    asked = parse.parse_args(given)
    figures, found = run(asked.families, streams=asked.streams, jobs=asked.jobs)
    told = goals(figures)
    words = "\n".join(f"- {'met' if met else 'missed'}: {words}." for met, words in told)
    report = f"{asked.streams} canaries of a day a family, 10 % of the users.\n\n{tables(figures)}\n\n{words}\n"
    print(report)
    if asked.page:
        asked.page.write_text(put(asked.page.read_text(), report=report, name="rollout"))
    if asked.json:
        kept = {"streams": asked.streams, "figures": figures, "decisions": found}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n")
    return int(not all(met for met, _ in told))


if __name__ == "__main__":
    sys.exit(main())
