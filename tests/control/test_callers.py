"""What a load test asked is no evidence: the ledger is as if it had never been."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.ports import Position
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.load_test import ID_PREFIX

IDS = st.sampled_from(["a", "b", f"{ID_PREFIX}1-0-0-00000001", f"{ID_PREFIX}1-0-0-00000002", "slipway-other"])


@st.composite
def frames(draw):
    """Some frames of all kinds, with the ids of callers and of a load test mixed."""
    made, number = [], 0
    for _ in range(draw(st.integers(1, 6))):
        ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
        n, number = len(ids), number + 1
        kind = draw(st.sampled_from(["asked", "shadow", "told"]))
        if kind == "asked":
            made.append(
                PredictionFrame(
                    route="main", route_version=1, at_us=[number] * n, id=ids, entity=ids, arm=["live"] * n,
                    fallback=[False] * n, score=[0.5] * n, latency_us=[1] * n, shadows=("new",),
                    x={"a": np.arange(n, dtype="<f8").tobytes(), "c": ["EV"] * n},
                )
            )  # fmt: skip
        elif kind == "shadow":
            made.append(ShadowFrame(arm="new", id=ids, score=[0.25] * n, segment="w-0", offset=number))
        else:
            made.append(OutcomeFrame(at_us=[number] * n, id=ids, value=[1.0] * n))
    return made


def only_callers(frame):
    """The frame as it would be if the load test had not run."""
    keep = [i for i, id_ in enumerate(frame.id) if not id_.startswith(ID_PREFIX)]
    own = {
        name: [value[i] for i in keep]
        for name in frame.__struct_fields__
        if isinstance(value := getattr(frame, name), list)
    }
    if isinstance(frame, PredictionFrame):
        own["x"] = {"a": np.frombuffer(frame.x["a"], "<f8")[keep].tobytes(), "c": [frame.x["c"][i] for i in keep]}
    return type(frame)(**{name: getattr(frame, name) for name in frame.__struct_fields__} | own)


def ledger_of(made):
    class Journal:
        def read(self, after):
            yield from ((frame, Position("w-0", i + 1)) for i, frame in enumerate(made))

    ledger = Ledger(Terms())
    ledger.catch_up(Journal())
    return ledger


def rows(ledger):
    found = []
    for block in ledger.blocks("main"):
        shadows = {arm: block.shadow(arm) for arm in ledger.arms()}
        for i in range(len(block)):
            said = [(arm, s[0][i]) for arm, s in shadows.items() if s[1][i]]
            outcome = None if math.isnan(block.outcome[i]) else float(block.outcome[i])
            found.append((int(block.at_us[i]), int(block.entity[i]), float(block.score[i]), outcome, said))
    return sorted(found, key=str)


@given(frames())
def test_the_ledger_is_as_if_no_load_test_had_run(made):
    with_it, without = ledger_of(made), ledger_of([only_callers(f) for f in made if len(only_callers(f).id)])
    assert rows(with_it) == rows(without)
    left_out = sum(i.startswith(ID_PREFIX) for f in made if isinstance(f, PredictionFrame) for i in f.id)
    assert with_it.tally.load_tests == left_out
    for name in ("predictions", "outcomes", "shadows", "duplicates", "unknown", "unknown_shadows"):
        assert getattr(with_it.tally, name) == getattr(without.tally, name), name


@given(frames())
def test_shadows_that_caught_up_with_it_have_caught_up(made):
    asked = [i + 1 for i, f in enumerate(made) if isinstance(f, PredictionFrame)]
    told = [f.offset for f in made if isinstance(f, ShadowFrame)]
    behind = bool(asked) and max(told, default=-1) < max(asked)
    assert bool(ledger_of(made).shadow_lag()) == behind
