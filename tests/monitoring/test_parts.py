"""A meaning that changed for one carrier of ten is found, and the finding names the carrier and what it costs there."""

import msgspec
import numpy as np
import polars as pl
import pytest

import slipway
from slipway.control.saved_post import SavedPost, save_post
from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor, begin, take
from slipway.records.alert import FindingKind
from slipway.records.field import Field, FieldKind
from slipway.records.reference import table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import OutcomeSums
from slipway.stats.coding import Coder
from slipway.stats.part_sums import PartSums
from slipway.testing.carriers import carrier_table

DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def before():
    return carrier_table(np.random.default_rng(3), first_day=16_000)


def test_two_tables_name_the_carrier_whose_meaning_changed(before):
    found = slipway.monitor(
        before, carrier_table(np.random.default_rng(4), first_day=16_060, wrong=0.2), alpha=0.01, unit="day"
    )
    finding = next(f for f in found.found.findings if f.kind is not FindingKind.DATA_DRIFT)
    (part,) = finding.parts
    assert part.name == "carrier = UA"
    assert part.gap.low < 0.2 < part.gap.high
    assert part.gap.low > 0.1
    assert "Concept drift where carrier = UA: +" in finding.sentence
    assert msgspec.json.decode(msgspec.json.encode(finding))["parts"][0]["name"] == "carrier = UA"


def test_no_carrier_is_named_where_nothing_changed(before):
    found = slipway.monitor(before, carrier_table(np.random.default_rng(5), first_day=16_060), alpha=0.01, unit="day")
    assert [part for f in found.found.findings for part in f.parts] == []


def days_of(rng, n, *, wrong=0.0):
    """Days of 200 rows in which the answer is wrong more often where x is high."""
    x = rng.normal(size=(n, 200))
    p = rng.uniform(size=(n, 200))
    change = np.where(x > 0.6, wrong, 0.0)
    return x, p, (rng.random((n, 200)) < np.clip(np.where(p < 0.5, p + change, p - change), 0, 1)).astype(float)


def monitored():
    x, p, y = days_of(np.random.default_rng(8), 60)
    reference, _ = make_reference(
        pl.DataFrame({"x": x.ravel()}),
        fields=(Field(name="x", kind=FieldKind.NUMBER),),
        times_us=np.repeat(np.arange(60), 200) * DAY_US,
        held_out=np.arange(x.size),
        scores=p.ravel(),
        y=y.ravel(),
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    return Monitor(
        model="trees",
        reference=reference,
        instruments=instruments_of(reference, unit="day"),
        limits=Limits(metric="error", tolerance=0.0),
        units={},
        alpha=0.01,
    )


def test_a_monitor_that_was_kept_goes_on_as_if_it_had_never_stopped():
    monitor, rng = monitored(), np.random.default_rng(9)
    reference = monitor.reference
    coder, one, other = Coder(table_of(reference)), begin(monitor), begin(monitor)
    for day, (x, p, y) in enumerate(zip(*days_of(rng, 40, wrong=0.3), strict=True), start=60):
        over = (y != (p > 0.5)) - np.minimum(p, 1 - p)
        sums = OutcomeSums(
            start_us=day * DAY_US,
            end_us=(day + 1) * DAY_US,
            labelled=200,
            missing=0,
            loss=float((y != (p > 0.5)).sum()),
            expected=float(np.minimum(p, 1 - p).sum()),
            gap_squares=float(over @ over),
            gap=reference.measures.tick(p, outcome=y),
            parts=PartSums.of(
                reference.parts,
                reference=reference.measures,
                bins=coder.bins({"x": x}, rows=200),
                predicted=p,
                outcome=y,
                over=over,
            ),
        )
        one, other = (take(w, monitor=monitor, sums=sums, now_us=sums.end_us) for w in (one, other))
        kept = save_post(other, route="main", model="trees", inputs_upto_us=0, outcomes_upto_us=sums.end_us)
        other = kept.watched(monitor)
    assert other.findings == one.findings
    assert other.track.parts.state.log_capital.tolist() == one.track.parts.state.log_capital.tolist()
    assert one.findings


def test_what_a_release_without_parts_kept_is_read_and_parts_begin_afresh():
    monitor = monitored()
    kept = save_post(begin(monitor), route="main", model="trees", inputs_upto_us=0, outcomes_upto_us=0)
    older = msgspec.msgpack.decode(msgspec.msgpack.encode(kept))
    assert older.pop("parts") is not None
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(older), type=SavedPost).watched(monitor)
    assert again.track.parts.state.log_capital.shape == monitor.instruments.parts.start().log_capital.shape


def test_a_reference_without_parts_is_watched_as_a_whole():
    monitor = monitored()
    older = msgspec.structs.replace(monitor.reference, parts=(), part_sums=())
    watched = begin(msgspec.structs.replace(monitor, reference=older, instruments=instruments_of(older, unit="day")))
    assert (watched.track.parts, watched.track.gap is not None) == (None, True)
