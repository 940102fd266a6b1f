"""Joins of outcomes to predictions: the ledger that judges and the view that people query make the same ones.

Late, repeated, unknown and impossible outcomes, ids that come twice, rows of load tests (which are no rows at
all), in any order and in any division over segments.
"""

import math
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.load_test import ID_PREFIX
from slipway.records.task import TaskKind
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.journal.query import collected
from slipway.storage.journal.relations import relations
from slipway.storage.journal.sealing import seal_closed

HOUR_US = 3_600_000_000


def prediction(id_, *, at_us, arm, score, latency_us):
    return PredictionFrame(
        route="main", route_version=1, at_us=[at_us], id=[id_], entity=["e"], arm=[arm], fallback=[False],
        score=[score], latency_us=[latency_us], x={},
    )  # fmt: skip


def outcome(id_, *, at_us, value):
    return OutcomeFrame(at_us=[at_us], id=[id_], value=[value])


IDS = st.sampled_from(["a", "b", "c", "d", f"{ID_PREFIX}1"])
MOMENTS = st.integers(0, 60).map(lambda hour: hour * HOUR_US)
ASKED = st.builds(
    prediction,
    IDS,
    at_us=MOMENTS,
    arm=st.sampled_from(["live", "candidate"]),
    score=st.sampled_from([0.25, 0.75, math.nan]),
    latency_us=st.integers(1, 3),
)
TOLD = st.builds(outcome, IDS, at_us=MOMENTS, value=st.sampled_from([0.0, 1.0, 1.0, 0.5, math.nan, math.inf]))


def rows_of_ledger(ledger):
    """Each row that counts: when, who, answer, outcome and its moment."""
    found = []
    for block in ledger.blocks("main"):
        names = ledger.arms()
        for i in np.flatnonzero(block.arm >= 0):
            known = not math.isnan(block.outcome[i])
            found.append(
                (
                    int(block.at_us[i]),
                    names[int(block.arm[i])],
                    None if math.isnan(block.score[i]) else float(block.score[i]),
                    float(block.outcome[i]) if known else None,
                    int(block.outcome_at_us[i]) if known else None,
                )
            )
    return Counter(found)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.lists(ASKED | TOLD, max_size=14),
    writers=st.lists(st.sampled_from("abc"), min_size=14, max_size=14),
    part_rows=st.sampled_from([3, 1000]),
)
def test_the_ledger_and_the_view_join_alike_in_any_order(frames, writers, part_rows):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        open_ones = {name: SegmentWriter(folder, name=name) for name in sorted(set(writers))}
        for name, frame in zip(writers, frames, strict=False):
            open_ones[name].append([frame])
        for name, writer in open_ones.items():
            if name != "c":  # one of them stays open
                writer.close()
        seal_closed(folder, sealed=folder / "sealed")
        ledger = Ledger(Terms())
        ledger.catch_up(SegmentReader(folder))
        view = relations(folder, sealed=folder / "sealed", kind=TaskKind.BINARY, part_rows=part_rows)["answers"]
        rows = collected(view.select("received_at", "arm", "score", "outcome", "outcome_at"))
        open_ones["c"].close() if "c" in open_ones else None
    micros = [rows[name].dt.timestamp("us").to_list() for name in ("received_at", "outcome_at")]
    joined = Counter(zip(micros[0], rows["arm"], rows["score"], rows["outcome"], micros[1], strict=True))
    assert joined == rows_of_ledger(ledger)
    callers = [f for f in frames if not f.id[0].startswith(ID_PREFIX)]
    asked = [f for f in callers if isinstance(f, PredictionFrame)]
    told = [f for f in callers if isinstance(f, OutcomeFrame)]
    ids = {f.id[0] for f in asked}
    possible = [f for f in told if f.value[0] in (0.0, 1.0)]
    tally = ledger.tally
    assert tally.predictions == len(ids)
    assert tally.duplicates == len(asked) - len(ids)
    assert tally.impossible == len(told) - len(possible)
    assert tally.unknown == sum(f.id[0] not in ids for f in possible)
    assert tally.outcomes + tally.repeated == sum(f.id[0] in ids for f in possible)
    assert tally.outcomes == len(ids & {f.id[0] for f in possible})
