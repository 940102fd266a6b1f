"""Entities come back, and errors stick to them: is a candidate that errs as often, but on others, called harmful?

Through the real sums: requests of 600 entities, each of which both arms get right or wrong for ever, in a shadow, a
canary and a ramp. The naive count takes each entity's first error of the whole rollout, whatever dealt it.
"""

import msgspec
import numpy as np
import pytest

from slipway.control.cohorts import CohortBook
from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.deployment.dealt import split_evidence
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.rollout import Plan, Stage, StageEntry, StageKind
from slipway.stats.event_split import log_e_split
from slipway.testing.calibration import null_result
from slipway.testing.memory import MemoryJournal
from slipway.testing.rollouts import started

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, STREAMS = 0.05, 400
DAY_US = 86_400_000_000
ENTITIES, REQUESTS = 600, 2500
SHARES = {"shadow": 0.0, "canary": 0.05, "ramp": 0.5}


def staged():
    """Return a rollout that spent a day in each stage."""
    stages = [Stage(name=n, kind=StageKind(n), share=s, gates=(), min_s=0, max_s=1e9) for n, s in SHARES.items()]
    rollout, _ = started(Plan(stages=tuple(stages), maturity_s=0.0))
    entries = tuple(StageEntry(stage=n, at_us=i * DAY_US, route_version=2 + i) for i, n in enumerate(SHARES))
    return msgspec.structs.replace(rollout, entries=entries)


def lived(rng, *, rate):
    """Return (evidence after the canary and after the ramp, the same by the naive count), log E."""
    place = rng.random(ENTITIES)  # the hash: below the share is the candidate's, so that a ramp only adds entities
    wrong = {arm: rng.random(ENTITIES) < part for arm, part in rate.items()}
    journal, seen, naive, total = MemoryJournal(), set(), [], 0.0
    writer = journal.writer("w")
    for day, share in enumerate(SHARES.values()):
        asked = rng.integers(0, ENTITIES, REQUESTS)
        arm = np.where(place[asked] < share, "candidate", "live")
        bad = np.where(arm == "candidate", wrong["candidate"][asked], wrong["live"][asked])
        at_us = (day * DAY_US + np.arange(REQUESTS)).tolist()
        ids = [f"{day}-{i}" for i in range(REQUESTS)]
        writer.append(
            [
                PredictionFrame(
                    route="main",
                    route_version=2 + day,
                    at_us=at_us,
                    id=ids,
                    entity=[f"e{e}" for e in asked],
                    arm=arm.tolist(),
                    fallback=[False] * REQUESTS,
                    score=[0.9] * REQUESTS,
                    latency_us=[5] * REQUESTS,
                    x={},
                    shadows=(),
                ),
                OutcomeFrame(at_us=at_us, id=ids, value=np.where(bad, 0.0, 1.0).tolist()),
            ]
        )
        new = {e for e in asked[bad].tolist() if e not in seen}
        seen |= new
        if share:
            mine = sum(place[e] < share for e in new)
            total += float(log_e_split(len(new) - mine, mine, share=share))
            naive.append(total)
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    cohorts = CohortBook("r1").cohorts(staged(), ledger=ledger, now_us=9 * DAY_US)
    return max(split_evidence(cohorts[:n], events="error_entities")[0].log_e for n in (2, 3)), max(naive)


def test_other_entities_wrong_as_often_is_no_harm(record):
    rng = np.random.default_rng(3)
    found = np.array([lived(rng, rate={"live": 0.1, "candidate": 0.1}) for _ in range(STREAMS)])
    alarms = found >= -np.log(ALPHA)
    record(
        null_result(
            alarms[:, 0],
            test="event_split",
            scenario="shadow, 5 %, 50 %: entities return, errors stick (naive: first error of the rollout)",
            alpha=ALPHA,
            looks=2,
            naive=alarms[:, 1],
        ).demand()
    )
    assert alarms[:, 1].mean() > 0.5


def test_more_entities_wrong_is_harm():
    rng = np.random.default_rng(4)
    found = np.array([lived(rng, rate={"live": 0.05, "candidate": 0.3})[0] for _ in range(50)])
    assert (found >= -np.log(ALPHA)).mean() > 0.75  # of 600 entities 30 are the canary's; the ramp tosses none anew
