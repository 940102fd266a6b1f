"""A meaning that changed for one carrier of ten is found, and the finding names the carrier and what it costs there."""

import msgspec
import numpy as np
import polars as pl
import pytest

import slipway
from slipway.records.alert import FindingKind

DAY_US = 86_400_000_000


def table(rng, *, first, days=60, rows=300, wrong=0.0):
    n = days * rows
    at = np.repeat(np.arange(first, first + days), rows) * DAY_US + rng.integers(0, DAY_US, n)
    x = rng.normal(rng.normal(0, 0.3, days).repeat(rows), 1)  # each day has its weather
    carrier = rng.choice(["UA", "AA", "DL", "EV", "B6"], size=n, p=[0.1, 0.3, 0.3, 0.2, 0.1])
    p = 1 / (1 + np.exp(1 - 1.5 * x))
    change = np.where(carrier == "UA", wrong, 0.0)
    y = rng.random(n) < np.clip(np.where(p < 0.5, p + change, p - change), 0, 1)
    return pl.DataFrame(
        {
            "at": pl.Series(at).cast(pl.Datetime("us")),
            "x": x,
            "carrier": carrier,
            "prediction": p,
            "label": y.astype(float),
        }
    )


@pytest.fixture(scope="module")
def before():
    return table(np.random.default_rng(3), first=16_000)


def test_two_tables_name_the_carrier_whose_meaning_changed(before):
    found = slipway.monitor(before, table(np.random.default_rng(4), first=16_060, wrong=0.2), alpha=0.01, unit="day")
    finding = next(f for f in found.found.findings if f.kind is not FindingKind.DATA_DRIFT)
    (part,) = finding.parts
    assert part.name == "carrier = UA"
    assert part.gap.low < 0.2 < part.gap.high
    assert part.gap.low > 0.1
    assert "Concept drift where carrier = UA: +" in finding.sentence
    assert msgspec.json.decode(msgspec.json.encode(finding))["parts"][0]["name"] == "carrier = UA"


def test_no_carrier_is_named_where_nothing_changed(before):
    found = slipway.monitor(before, table(np.random.default_rng(5), first=16_060), alpha=0.01, unit="day")
    assert [part for f in found.found.findings for part in f.parts] == []
