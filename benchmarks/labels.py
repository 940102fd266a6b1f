"""How well wrong labels are found: digits with 5 % of the labels flipped, and the published study of real label errors.

Run it:  python benchmarks/labels.py

Prints, for each training function: precision among as many labels as are wrong, the share of wrong ones among the 10 %
most suspect, AUROC of the ranking, and the estimated number of wrong labels with its limits. The study (Northcutt,
Athalye & Mueller 2021) has people's verdicts on the labels that it showed them; it is left out where its files, which
SLIPWAY_ORACLE_DATA points to, are not there.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from slipway.data.folds import deal_folds
from slipway.data.labels.out_of_fold import out_of_fold_shares
from slipway.data.labels.suspicion import suspect_classes

FLIPPED, SEEDS = 0.05, range(5)
LEARN = {
    "nearest neighbours": lambda: KNeighborsClassifier(15, weights="distance"),
    "extra trees": lambda: ExtraTreesClassifier(100, random_state=0),
    "discriminant": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
}


def digits(learn: str, *, seed: int) -> tuple[float, float, float, int, float, bool]:
    """Return precision, recall in a tenth, AUROC, wrong labels, their estimate, and whether the limits hold them."""
    x, truth = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.random(truth.size) < FLIPPED
    given = np.where(wrong, (truth + rng.integers(1, 10, truth.size)) % 10, truth).astype(np.int64)
    frame = pl.DataFrame(x / 16, schema=[f"p{i}" for i in range(x.shape[1])])
    folds = deal_folds(given, folds=5, seed=seed, groups=None, times=None)
    shares = out_of_fold_shares(
        frame, y=given.astype(float), classes=np.arange(10.0), folds=folds, learn=lambda x, y: LEARN[learn]().fit(x, y)
    )
    found = suspect_classes(given, probabilities=shares, alpha=0.05)
    first = wrong[found.order]
    count, tenth = int(wrong.sum()), truth.size // 10
    auroc = float(roc_auc_score(wrong, -found.score))
    held = found.low <= count <= found.high
    return first[:count].mean(), first[:tenth].sum() / count, auroc, count, found.wrong, held


def main() -> None:
    """Print all of it."""
    print("digits, 1,797 labels, 5 % flipped, means of 5 seeds")
    print(f"{'training function':20} precision  in a tenth  AUROC   wrong  estimated  limits held  s")
    for learn in LEARN:
        started = time.perf_counter()
        rows = np.array([digits(learn, seed=seed) for seed in SEEDS], dtype=float)
        precision, recall, auroc, wrong, estimate, _ = rows.mean(axis=0)
        held = f"{int(rows[:, 5].sum())} of {len(rows)}"
        took = (time.perf_counter() - started) / len(rows)
        found = f"{precision:9.3f}  {recall:10.3f}  {auroc:.4f}"
        print(f"{learn:20} {found} {wrong:6.1f}  {estimate:9.1f}  {held:>11}  {took:.2f}")
    study()


def study() -> None:
    """Print what people said of the most suspect labels of three well-known test sets."""
    root = Path(os.environ.get("SLIPWAY_ORACLE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "label_errors"
    if not root.is_dir():
        print("the study of real label errors: left out, SLIPWAY_ORACLE_DATA names no folder with label_errors")
        return
    print("\nthe study: labels shown to people, and of those fewer than 3 of 5 upheld")
    for name in ("mnist", "cifar10", "20news"):
        given = np.load(root / f"{name}_test_set_original_labels.npy").astype(np.int64)
        shares = np.load(root / f"cv_{name}_test_set_pyx.npy").astype(np.float64)
        found = suspect_classes(given, probabilities=shares / shares.sum(axis=1, keepdims=True), alpha=0.05)
        verdicts = {
            v["id"]: v["mturk"]["given"] < 3 for v in json.loads((root / f"mturk_{name}_mturk.json").read_text())
        }
        order = [i for i in found.order.tolist() if i in verdicts]
        half = sum(verdicts[i] for i in order[: len(order) // 2])
        whole = sum(verdicts.values())
        same = "most suspect here too" if set(order) == set(found.order[: len(order)].tolist()) else "others"
        print(
            f"{name:8} {given.size:6} labels: shown {len(order)} ({same}), "
            f"wrong {whole}, of which {half} in the more suspect half; estimated wrong in all {found.wrong:.0f}"
        )


if __name__ == "__main__":
    main()
