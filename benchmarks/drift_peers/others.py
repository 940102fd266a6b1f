"""The peers, each in an environment of its own: `python others.py NAME FILE` prints what it found as JSON.

FILE holds streams: inputs, scores, truths, how many rows are the reference's, rows a batch. Each peer runs at its
documented defaults, a call a batch or as it asks for; an alarm on inputs is `data`, one on errors `concept`.
"""

# ruff: noqa: PLC0415 - each peer can be imported only in the environment of its own

import json
import sys

import numpy as np


def evidently(stream, names):
    """`DataDriftPreset`, a report a batch: the dataset has drifted when half of the columns have (its default)."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    known = pd.DataFrame(stream["x"][: stream["reference"]], columns=names)
    for number, rows in enumerate(stream["batches"]):
        told = Report([DataDriftPreset()]).run(pd.DataFrame(stream["x"][rows], columns=names), known).dict()
        shares = [
            m["value"]["share"] for m in told["metrics"] if isinstance(m["value"], dict) and "share" in m["value"]
        ]
        moved = [
            m["metric_name"].split("column=")[1].split(",")[0]
            for m in told["metrics"]
            if "column=" in m["metric_name"] and isinstance(m["value"], float) and m["value"] < 0.05
        ]
        yield number, any(share >= 0.5 for share in shares), moved, False


def nannyml(stream, names):
    """`UnivariateDriftCalculator` for inputs, `PerformanceCalculator` (accuracy) for errors, chunks of a batch."""
    import nannyml as nml
    import pandas as pd

    frame = pd.DataFrame(stream["x"], columns=names)
    frame["p"], frame["y"] = stream["score"], stream["y"].astype(int)
    frame["said"] = (frame["p"] >= 0.5).astype(int)
    known, live, size = frame[: stream["reference"]], frame[stream["reference"] :], stream["batch"]
    inputs = nml.UnivariateDriftCalculator(column_names=list(names), chunk_size=size).fit(known).calculate(live)
    found = inputs.filter(period="analysis").to_df().xs("alert", axis=1, level=-1)
    right = nml.PerformanceCalculator(
        metrics=["accuracy"], y_true="y", y_pred="said", y_pred_proba="p", problem_type="classification_binary",
        chunk_size=size,
    )  # fmt: skip
    errors = right.fit(known).calculate(live).filter(period="analysis").to_df().xs("alert", axis=1, level=-1)
    for number in range(min(len(found), len(errors))):
        row = found.iloc[number]
        moved = sorted({(c[0] if isinstance(c, tuple) else c) for c in found.columns[row.to_numpy(dtype=bool)]})
        yield number, bool(moved), moved, bool(errors.iloc[number].to_numpy(dtype=bool).any())


def river(stream, names):
    """`ADWIN`, one a column and one on the model's errors, row by row; it has no reference, so it is fed that first."""
    from river.drift import ADWIN

    wrong = ((stream["score"] >= 0.5) != (stream["y"] == 1)).astype(float)
    columns = [*(stream["x"][:, i] for i in range(len(names))), wrong]
    detectors = [ADWIN() for _ in columns]
    for detector, column in zip(detectors, columns, strict=True):
        for value in column[: stream["reference"]].tolist():
            detector.update(value)
    for number, rows in enumerate(stream["batches"]):
        moved = []
        for place, (detector, column) in enumerate(zip(detectors, columns, strict=True)):
            for value in column[rows].tolist():
                detector.update(value)
                if detector.drift_detected:
                    moved.append(place)
        yield (
            number,
            any(p < len(names) for p in moved),
            sorted({names[p] for p in moved if p < len(names)}),
            (len(names) in moved),
        )


def alibi_detect(stream, names):
    """`KSDrift` at p = 0.05, Bonferroni over the columns, a call a batch."""
    from alibi_detect.cd import KSDrift

    detector = KSDrift(stream["x"][: stream["reference"]], p_val=0.05)
    for number, rows in enumerate(stream["batches"]):
        told = detector.predict(stream["x"][rows])["data"]
        moved = np.flatnonzero(told["p_val"] < told["threshold"])
        yield number, bool(told["is_drift"]), [names[i] for i in moved], False


PEERS = {"evidently": evidently, "nannyml": nannyml, "river": river, "alibi-detect": alibi_detect}


def follow(peer, stream, names):
    """Return the first batch with any alarm, every batch with one, and what was named from the change on."""
    alarms, kinds, columns = [], set(), {}
    change = stream["change"]
    for number, inputs, moved, errors in PEERS[peer](stream, names):
        if inputs or errors:
            alarms.append(number)
        if change is None or number >= change:
            kinds |= {kind for kind, alarm in (("data", inputs), ("concept", errors)) if alarm}
            for name in moved if inputs else ():
                columns[name] = columns.get(name, 0) + 1
    most = max(columns.values(), default=0)
    return {
        "first": alarms[0] if alarms else None,
        "alarms": alarms,
        "kind": "both" if len(kinds) == 2 else next(iter(kinds), ""),
        "columns": sorted(name for name, times in columns.items() if times > most / 2),
    }


def main():
    """Follow every stream of a file."""
    peer, path = sys.argv[1:3]
    with np.load(path, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    names, out = [str(n) for n in held["names"]], []
    for x, score, y in zip(held["x"], held["score"], held["y"], strict=True):
        rows = np.arange(int(held["reference"]), len(y))
        batches = np.split(rows, range(int(held["batch"]), len(rows), int(held["batch"])))
        change = int(held["change"]) if held["change"] >= 0 else None
        stream = {"x": x.astype(float), "score": score, "y": y, "reference": int(held["reference"])}
        out.append(follow(peer, stream | {"batch": int(held["batch"]), "batches": batches, "change": change}, names))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
