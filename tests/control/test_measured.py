"""Business metrics: the first value of each metric of a row counts, in any order and division, and after a restart."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control.checkpoint import Checkpoint, Kept, basis_of
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.frame import MetricFrame, PredictionFrame
from slipway.storage.journal import SegmentReader, SegmentWriter

HOUR_US = 3_600_000_000


def asked(id_, *, score=0.9):
    return PredictionFrame(
        route="main", route_version=1, at_us=[HOUR_US], id=[id_], entity=["e"], arm=["live"], fallback=[False],
        score=[score], latency_us=[1], x={},
    )  # fmt: skip


def measured(id_, *, metric="revenue", value=1.0, at_us=HOUR_US):
    return MetricFrame(at_us=[at_us], id=[id_], metric=[metric], value=[value])


IDS = st.sampled_from(["a", "b", "slipway-bench-1"])
ASKED = st.builds(asked, IDS, score=st.sampled_from([0.9, float("nan")]))
MEASURED = st.builds(
    measured,
    IDS,
    metric=st.sampled_from(["revenue", "minutes"]),
    value=st.sampled_from([0.0, -1.5, 7.0, float("inf")]),
    at_us=st.integers(0, 5).map(lambda hour: hour * HOUR_US),
)


@settings(max_examples=40, deadline=None)
@given(
    frames=st.lists(ASKED | MEASURED, max_size=14),
    writers=st.lists(st.sampled_from("ab"), min_size=14, max_size=14),
    restart=st.booleans(),
)
def test_the_first_of_each_metric_counts_in_any_order_and_division(frames, writers, restart):
    with tempfile.TemporaryDirectory() as place:
        open_ones = {name: SegmentWriter(Path(place), name=name) for name in sorted(set(writers))}
        for name, frame in zip(writers, frames, strict=False):
            open_ones[name].append([frame])
        for writer in open_ones.values():
            writer.close()
        ledger = Ledger(Terms())
        ledger.catch_up(SegmentReader(Path(place)))
        if restart:
            sizes = dict.fromkeys(ledger.upto, 10**9)
            checkpoint = Checkpoint(Path(place) / "c", basis=basis_of("t"), sizes=lambda: sizes)
            checkpoint.save(ledger, kept=Kept(books={}, posts=(), past=()))
            ledger = Ledger(Terms())
            assert checkpoint.load(ledger) is not None
    callers = [f for f in frames if not f.id[0].startswith("slipway-bench-")]
    told = [f for f in callers if isinstance(f, MetricFrame)]
    finite = [f for f in told if np.isfinite(f.value[0])]
    ids = {f.id[0] for f in callers if isinstance(f, PredictionFrame)}
    first = {}
    for f in sorted(finite, key=lambda f: (f.at_us[0], f.value[0])):
        first.setdefault((f.id[0], f.metric[0]), f.value[0])
    wanted = {pair: value for pair, value in first.items() if pair[0] in ids}
    tally = ledger.tally
    assert tally.impossible_metrics == len(told) - len(finite)
    assert tally.unknown_metrics == sum(f.id[0] not in ids for f in finite)
    assert tally.metrics + tally.repeated_metrics == sum(f.id[0] in ids for f in finite)
    for metric in ("revenue", "minutes"):
        columns = [block.metric(ledger.metric(metric)) for block in ledger.blocks("main")]
        held = [value for values, _ in columns for value in values.tolist() if np.isfinite(value)]
        assert sorted(held) == sorted(value for (_, name), value in wanted.items() if name == metric)
    assert all(np.isnan(block.outcome).all() for block in ledger.blocks("main"))
