"""Whether scores may be read as probabilities, and how much of the error is chance."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from slipway.errors import Corrupt
from slipway.modeling.package import CARD, RELIABILITY, package_trained
from slipway.modeling.reliability import reliabilities, reliability
from slipway.records.calibration import Isotonic
from slipway.records.model import Provenance
from slipway.records.reliability import decode_reliability, encode_reliability
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

BINARY = Scoring(kind=TaskKind.BINARY)


def drawn(n, *, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 3, n)
    return p, (rng.random(n) < p).astype(float)


def test_the_brier_score_is_that_of_scikit_learn():
    p, y = drawn(500)
    assert reliability(p, y=y).brier == pytest.approx(brier_score_loss(y, p), rel=1e-12)


def test_what_chance_shows_is_what_perfect_probabilities_show():
    shown = [_of(*drawn(400, seed=seed)) for seed in range(40)]
    mean = np.mean([r.ece for r in shown])
    said = np.mean([r.ece_by_chance for r in shown])
    assert abs(mean - said) < 0.08 * mean
    assert np.mean([r.ece_low == 0 for r in shown]) > 0.95, (
        "limits are not biased: no error is found where there is none"
    )


def _of(p, y):
    return reliability(p, y=y)


def test_a_map_mends_scores_that_are_too_sure():
    p, y = drawn(6000)
    sure = p**3 / (p**3 + (1 - p) ** 3)
    found = reliabilities(sure, y=y, blocks=np.arange(6000) // 100, scoring=BINARY, calibration=Isotonic.fit(sure, y=y))
    assert found.map == "isotonic"
    assert found.raw is not None
    assert found.raw.ece_low > 0.05
    assert found.mapped.ece < 3 * found.mapped.ece_by_chance
    assert found.mapped.brier < found.raw.brier


def test_scores_that_are_no_probabilities_have_a_map_only():
    p, y = drawn(2000)
    odds = np.log(p / (1 - p))
    found = reliabilities(odds, y=y, blocks=np.zeros(2000, int), scoring=BINARY, calibration=Isotonic.fit(odds, y=y))
    assert found.raw is None
    assert found.mapped.ece_high < 0.2


def test_it_comes_back_from_the_package_and_stands_in_the_card(trained, kit):
    made = package_trained(trained, name="m", load=kit.load, provenance=Provenance(), created_us=1)
    found = decode_reliability(made.files[RELIABILITY])
    assert encode_reliability(found) == made.files[RELIABILITY]
    assert found.mapped.rows == trained.held_out.size == sum(b.rows for b in found.mapped.bins)
    card = made.files[CARD].decode()
    assert f"| as probabilities | {found.raw.brier:.4g} (" in card
    assert "biased upwards" in card
    with pytest.raises(Corrupt, match="reliability: want"):
        decode_reliability(b"{}")
