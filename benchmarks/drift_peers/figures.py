"""From what watchers said to figures by world, and from figures to goals: met or missed, about Slipway."""

import statistics

from scipy.stats import binomtest

from .streams import WORLDS

OWN = "Slipway"
PROMISED, FOUND, NAMED, HARMLESS, ENOUGH = 0.01, 0.95, 0.9, 0.05, 300
SHIFT_ROWS, COLUMNS_ROWS, RISK_LABELS, GAP_LABELS, CPU_S, STATE_BYTES = 700, 1_000, 3_100, 7_000, 1.0, 100_000


def summary(found, *, world):
    """Return one watcher's figures in one world, from what it said of each stream."""
    told_of = WORLDS[world]
    change, batch = told_of.shape.change, told_of.shape.batch
    early = [f for f in found if any(f["told"][:change] if told_of.kind else f["told"])]
    figures = _share(len(early), len(found)) | {"streams": len(found), "seen": change > 0 or not told_of.kind}
    if not told_of.kind:
        return figures
    late = [next((i for i, kind in enumerate(f["told"]) if kind and i >= change), None) for f in found]
    rows = [(i - change + 1) * batch for i in late if i is not None]
    at_once = [told_of.named(next((c for i, c in f["named"] if i >= change), [])) for f in found]
    named = [told_of.named(f["columns"]) if f["kind"] else False for f in found]
    right = [_rows_until_right(f, world=told_of) for f in found]
    matters = [f["matters"] for f in found if f.get("matters") is not None]
    return figures | {
        "found": len(rows) / len(found),
        "rows": statistics.median(rows) if rows else None,
        "kind": sum(f["kind"] == told_of.kind for f in found) / len(found),
        "at_once": None if None in at_once else sum(at_once) / len(found),
        "columns": None if None in named else sum(named) / len(found),
        "right_rows": statistics.median(right),
        "gap": sum(any(k in ("concept", "both") for k in f["told"]) for f in found) / len(found),
        "matters": sum(matters) / len(matters) if matters else None,
        "risk": statistics.median(f["risk"] or float("inf") for f in found) if "risk" in found[0] else None,
    }


def together(figures, who):
    """Return a watcher's false alarms in all worlds that have rows before a change, together."""
    known = [of[who] for of in figures.values() if isinstance(of.get(who), dict) and of[who]["seen"]]
    streams = sum(f["streams"] for f in known)
    return _share(sum(f["times"] for f in known), streams) | {"streams": streams} if streams else None


def _share(times, of):
    low, high = binomtest(times, of).proportion_ci(0.95, method="exact")
    return {"times": times, "false": times / of, "low": float(low), "high": float(high)}


def _rows_until_right(found, *, world):
    """Return how many rows after the change exactly the right columns were named first; infinite if never."""
    right = (i for i, columns in found["named"] if i >= world.shape.change and world.named(columns))
    return (next(right, float("inf")) - world.shape.change + 1) * world.shape.batch


def goals(figures, *, cost):
    """Return (met, sentence) of each goal.

    Args:
        figures: By world and watcher.
        cost: CPU seconds and bytes of state for a million rows of twenty columns, or None where not measured.
    """
    own = {world: of[OWN] for world, of in figures.items()}
    changed = {world: f for world, f in own.items() if WORLDS[world].kind}
    return [*_promises(own), *_numbers(own, cost=cost), *_names(changed)]


def _promises(own):
    still = {world: f for world, f in own.items() if not WORLDS[world].kind}
    worst = max(still, key=lambda world: still[world]["low"])
    loud = [WORLDS[world].words for world, f in own.items() if f["low"] > PROMISED]
    words = f"false alarms are not proven to exceed 1 % in any world{': but in ' + '; '.join(loud) if loud else ''}"
    highest = f"the most without drift in {WORLDS[worst].words}, {_of(still[worst])}"
    yield not loud, f"{words}; {highest}"
    known = {world: f for world, f in own.items() if WORLDS[world].kind == "data" and not WORLDS[world].real}
    streams, times = sum(f["streams"] for f in known.values()), sum(f["gap"] * f["streams"] for f in known.values())
    yield times <= PROMISED * streams, f"gap alarms under covariate shift alone in {times:.0f} of {streams}, goal 1 %"


def _numbers(own, *, cost):
    if "20-none" in own:
        figure = own["20-none"]
        enough = figure["streams"] >= ENOUGH
        yield (
            enough and figure["false"] <= PROMISED,
            f"20 columns, 200 batches, no drift: {_of(figure)}, goal 1 % of {ENOUGH} or more",
        )
    if "20-shift" in own:
        rows, right = own["20-shift"]["rows"], own["20-shift"]["right_rows"]
        yield _within(rows, SHIFT_ROWS), f"4 of 20 columns by .25 sd: {_rows(rows)} rows, goal {SHIFT_ROWS}"
        yield _within(right, COLUMNS_ROWS), f"exactly those 4 named after {_rows(right)} rows, goal {COLUMNS_ROWS:,}"
    if "20-concept" in own:
        gap, risk = own["20-concept"]["rows"], own["20-concept"]["risk"]
        words = "3.4 points of accuracy"
        yield _within(gap, GAP_LABELS), f"{words}, gap: {_rows(gap)} labels, goal {GAP_LABELS:,}"
        yield _within(risk, RISK_LABELS), f"{words}, risk (in the library): {_rows(risk)} labels, goal {RISK_LABELS:,}"
    if cost is not None:
        words = f"{cost['cpu_s']:.2f} CPU s and {cost['state_bytes'] / 1e3:.0f} kB for a million rows of 20 columns"
        met = cost["cpu_s"] <= CPU_S and cost["state_bytes"] <= STATE_BYTES
        yield met, f"{words} by the test of columns, goal 1 s and 100 kB; all monitors: benchmarks/monitoring.py"


def _names(changed):
    for words, key, least in (("every change found", "found", FOUND), ("the right kind named", "kind", NAMED)):
        missed = [f"{WORLDS[w].words} ({f[key]:.0%})" for w, f in changed.items() if f[key] < least]
        yield not missed, f"{words} in {least:.0%} of the streams{': not ' + '; '.join(missed) if missed else ''}"
    harmless = {w: f for w, f in changed.items() if WORLDS[w].hurts is False and f["matters"] is not None}
    wrong = [f"{WORLDS[w].words} ({f['matters']:.0%})" for w, f in harmless.items() if f["matters"] > HARMLESS]
    yield not wrong, f"what is harmless is said to be{': not ' + '; '.join(wrong) if wrong else ''}"


def _within(rows, goal):
    return rows is not None and rows <= goal


def _of(figure):
    return f"{figure['times']} of {figure['streams']}"


def _rows(rows):
    return "never" if rows is None or rows == float("inf") else f"{rows:,.0f}"
