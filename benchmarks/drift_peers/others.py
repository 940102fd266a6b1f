"""The peers, each in an environment of its own: `python others.py PEER SECONDS FILE...` prints what it found as JSON.

A file is one stream: inputs, scores, truths, how many rows are the reference's, rows a batch. Files are taken in the
order given until the seconds are over, the first one always. A peer runs as its documents show it, at its defaults; it
may be read in more than one way, and each way is a watcher of its own. An alarm on inputs is `data`, one on errors
`concept`, and each function says from where it has that.
"""

# ruff: noqa: PLC0415 - each peer can be imported only in the environment of its own

import json
import sys
import time
from pathlib import Path

import numpy as np

LOOKS_OF_EVIDENTLY, SHARE_OF_EVIDENTLY = 6, 0.5
PLANNED_ALPHA = 0.01


def evidently(stream):
    """`DataDriftPreset`, a report a batch, on inputs and on whether the model was wrong; six batches of a stream.

    Each column has a distance and a threshold, and is told as `ValueDrift(column=..., method=..., threshold=...)`; the
    dataset has drifted where half of the columns have: https://docs.evidentlyai.com/metrics/preset_data_drift
    """
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    def frame(rows):
        return pd.DataFrame(stream["x"][rows], columns=stream["names"]).assign(wrong=stream["wrong"][rows])

    known = frame(slice(stream["reference"]))
    every = max(1, len(stream["batches"]) // LOOKS_OF_EVIDENTLY)
    for number, rows in list(enumerate(stream["batches"]))[::every]:
        told = Report([DataDriftPreset()]).run(frame(rows), known).dict()["metrics"]
        moved = [column for column, drifted in map(_value_drift, told) if drifted]
        inputs = [column for column in moved if column != "wrong"]
        whole = len(inputs) >= SHARE_OF_EVIDENTLY * len(stream["names"])
        yield "Evidently, dataset", number, whole, inputs, "wrong" in moved
        yield "Evidently, any column", number, bool(inputs), inputs, "wrong" in moved


def _value_drift(metric):
    """Return (column, whether it drifted): p-values fall below their threshold, distances rise above it."""
    name = metric["metric_name"]
    if not name.startswith("ValueDrift("):
        return "", False
    told = dict(part.split("=", 1) for part in name[len("ValueDrift(") : -1].split(",") if "=" in part)
    value, threshold = float(metric["value"]), float(told["threshold"])
    return told["column"], value < threshold if "p_value" in told["method"] else value >= threshold


def nannyml(stream):
    """Chunks of a batch; inputs by column or all together, errors by realised accuracy where CBPE had not expected it.

    https://nannyml.readthedocs.io/en/stable/tutorials/detecting_data_drift/univariate_drift_detection.html and
    .../multivariate_drift_detection/pca.html; that realised performance tells what CBPE, which takes P(Y given X) for
    unchanged, does not: https://nannyml.readthedocs.io/en/stable/how_it_works/performance_estimation.html
    """
    import nannyml as nml
    import pandas as pd

    names, size = list(stream["names"]), stream["batch"]
    frame = pd.DataFrame(stream["x"], columns=names)
    frame["p"], frame["y"] = stream["score"], stream["y"].astype(int)
    frame["said"] = (frame["p"] >= 0.5).astype(int)
    known, live = frame[: stream["reference"]], frame[stream["reference"] :]
    about = {
        "metrics": ["accuracy"], "y_true": "y", "y_pred": "said", "y_pred_proba": "p",
        "problem_type": "classification_binary", "chunk_size": size,
    }  # fmt: skip

    def alerts(calculator, run):
        found = getattr(calculator.fit(known), run)(live).filter(period="analysis").to_df()
        return found.xs("alert", axis=1, level=-1)

    columns = alerts(nml.UnivariateDriftCalculator(column_names=names, chunk_size=size), "calculate")
    together = alerts(nml.DataReconstructionDriftCalculator(column_names=names, chunk_size=size), "calculate")
    realised, expected = alerts(nml.PerformanceCalculator(**about), "calculate"), alerts(nml.CBPE(**about), "estimate")
    for number in range(min(len(columns), len(stream["batches"]))):
        row = columns.iloc[number]
        moved = sorted({(c[0] if isinstance(c, tuple) else c) for c in columns.columns[row.to_numpy(dtype=bool)]})
        wrong, foreseen = (bool(part.iloc[number].to_numpy(dtype=bool).any()) for part in (realised, expected))
        yield "NannyML, columns", number, bool(moved), moved, wrong and not foreseen
        whole = bool(together.iloc[number].to_numpy(dtype=bool).any())
        yield "NannyML, together", number, whole, [], wrong and not foreseen


def river(stream):
    """`ADWIN` on each column and on errors; `DDM` and `PageHinkley` on errors alone, which is what they are for.

    Row by row, and the reference first: https://riverml.xyz/latest/introduction/getting-started/concept-drift-detection
    """
    from river.drift import ADWIN, PageHinkley
    from river.drift.binary import DDM

    names = stream["names"]
    series = [*stream["x"].T, *[stream["wrong"]] * 3]
    detectors = [*(ADWIN() for _ in names), ADWIN(), DDM(), PageHinkley()]
    moved = np.zeros((len(stream["batches"]), len(series)), dtype=bool)
    for place, (detector, values) in enumerate(zip(detectors, series, strict=True)):
        told = np.zeros(len(values), dtype=bool)
        for row, value in enumerate(values.tolist()):
            detector.update(value)
            told[row] = detector.drift_detected
        moved[:, place] = [told[rows].any() for rows in stream["batches"]]
    for number, row in enumerate(moved):
        inputs = [name for name, now in zip(names, row, strict=False) if now]
        yield "river, ADWIN", number, bool(inputs), inputs, bool(row[-3])
        yield "river, DDM", number, False, [], bool(row[-2])
        yield "river, Page-Hinkley", number, False, [], bool(row[-1])


def alibi_detect(stream):
    """`KSDrift` on inputs and `FETDrift` on errors, a call a batch: at p = .05, or planned for all batches together.

    Bonferroni over the columns, as it does by itself; planned, also over the looks and the two tests, at 1 % in all:
    https://docs.seldon.io/projects/alibi-detect/en/stable/cd/methods/ksdrift.html and .../fetdrift.html
    """
    from alibi_detect.cd import FETDrift, KSDrift

    names, n = stream["names"], stream["reference"]
    columns, errors = KSDrift(stream["x"][:n], p_val=0.05), FETDrift(stream["wrong"][:n], alternative="two-sided")
    planned = PLANNED_ALPHA / (2 * len(stream["batches"]))
    for number, rows in enumerate(stream["batches"]):
        p = np.atleast_1d(columns.predict(stream["x"][rows])["data"]["p_val"])
        wrong = float(np.min(errors.predict(stream["wrong"][rows])["data"]["p_val"]))
        for who, level in (("alibi-detect, each batch", 0.05), ("alibi-detect, planned", planned)):
            moved = [name for name, of in zip(names, p, strict=True) if of < level / len(names)]
            yield who, number, bool(moved), moved, wrong < level


PEERS = {"evidently": evidently, "nannyml": nannyml, "river": river, "alibi-detect": alibi_detect}


def follow(peer, stream):
    """Return for each watcher what it said of each batch, and its last word: what it said most from the change on.

    A kind or a column counts that was told at least half as often as the one that was told most.
    """
    said, columns, first = {}, {}, {}
    for who, number, inputs, moved, errors in PEERS[peer](stream):
        kinds = [kind for kind, alarm in (("data", inputs), ("concept", errors)) if alarm]
        said.setdefault(who, [""] * len(stream["batches"]))[number] = "both" if len(kinds) == 2 else "".join(kinds)
        if number < (stream["change"] or 0):
            continue
        counted = columns.setdefault(who, {})
        for name in moved if inputs else ():
            counted[name] = counted.get(name, 0) + 1
        if kinds:
            first.setdefault(who, [number, sorted(moved) if inputs else []])
    return {
        who: _last_word(told, since=stream["change"] or 0, columns=columns.get(who, {}), first=first.get(who))
        for who, told in said.items()
    }


def _last_word(told, *, since, columns, first):
    kind = _kind(told[since:])
    named = _most(columns) if kind in ("data", "both") else []
    return {"told": told, "kind": kind, "columns": named, "named": [first] if first else []}


def _kind(told):
    both = told.count("both")
    kinds = _most({kind: told.count(kind) + both for kind in ("data", "concept")})
    return "both" if len(kinds) == 2 else "".join(kinds)


def _most(counted):
    most = max(counted.values(), default=0)
    return sorted(name for name, times in counted.items() if times and 2 * times >= most)


def read(path):
    """Return the stream of a file."""
    with np.load(path, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    size, reference = int(held["batch"]), int(held["reference"])
    rows = np.arange(reference, len(held["y"]))
    return {
        "x": held["x"].astype(float),
        "score": held["score"],
        "y": held["y"],
        "wrong": ((held["score"] >= 0.5) != (held["y"] == 1)).astype(int),
        "reference": reference,
        "batch": size,
        "batches": np.split(rows, range(size, len(rows), size)),
        "change": int(held["change"]) if held["change"] >= 0 else None,
        "names": [str(name) for name in held["names"]],
    }


def main():
    """Follow streams until the seconds are over; a stream that it fails on is told in words."""
    began = time.monotonic()
    peer, seconds, *paths = sys.argv[1:]
    out = {}
    for path in paths:
        if out and time.monotonic() - began > float(seconds):
            break
        try:
            out[Path(path).stem] = follow(peer, read(path))
        except Exception as error:  # noqa: BLE001 - whatever a peer does, the others are measured
            out[Path(path).stem] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(out))


if __name__ == "__main__":
    main()
