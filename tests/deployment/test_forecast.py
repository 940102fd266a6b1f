"""The forecast of a plan: what is not known is said so, and what is said is about what a simulated rollout takes."""

import msgspec
import numpy as np
import pytest

from slipway.deployment.forecast import forecast, seen_traffic, traffic_of
from slipway.deployment.outlook import Traffic, shortest_s
from slipway.errors import BadInput
from slipway.records.gate import Gate, GateKind
from slipway.records.plan_drafts import PlanTerms
from slipway.records.plan_template import default_plan
from slipway.records.rollout import RolloutStatus
from slipway.records.task import Case
from slipway.testing.rollouts import Rates, month, plan, simulate

TODAY = Traffic(requests_s=600 / 86400, error=0.1, discordance=0.0392)


def test_unknown_traffic_is_said_to_be_unknown():
    for stage, ahead in zip(plan().stages, forecast(plan(), traffic=None), strict=True):
        assert (ahead.stage, ahead.expected_s) == (stage.name, None)
        assert ahead.shortest_s == shortest_s(stage, plan=plan())
        assert "today's traffic" not in " ".join(ahead.words)


def test_each_stage_takes_about_what_the_forecast_says():
    ahead = {f.stage: f.expected_s / 86400 for f in forecast(plan(), traffic=TODAY)}
    stays = {name: [] for name in ahead}
    for seed in range(20):
        rollout, verdicts = simulate(seed, Rates(), plan=plan())
        if rollout.status is RolloutStatus.COMPLETED:
            for name, days in stays.items():
                days.append(sum(v.stage == name for v in verdicts))
    assert len(stays["shadow"]) >= 15
    for name, days in stays.items():
        assert 0.55 * ahead[name] <= np.median(days) <= 1.8 * ahead[name], name
    assert ahead["shadow"] > 3 * ahead["canary"]  # what the shadow showed, the canary need not show again


def test_a_stage_that_cannot_end_in_time_is_named_before_it_starts():
    rare = forecast(plan(days=30), traffic=Traffic(requests_s=20 / 86400, error=0.1))[0]
    assert rare.expected_s > rare.longest_s
    assert "longer than the 30 days after which a hold rolls back" in " ".join(rare.words)


def test_what_waits_for_people_is_named_and_has_no_forecast():
    p = plan()
    asking = msgspec.structs.replace(p.stages[0], gates=(*p.stages[0].gates, Gate(kind=GateKind.APPROVAL)))
    ahead = forecast(msgspec.structs.replace(p, stages=(asking, *p.stages[1:])), traffic=TODAY)[0]
    assert ahead.waits == (GateKind.APPROVAL,)
    assert "waits for approval, which traffic does not foretell" in " ".join(ahead.words)


def test_losses_in_numbers_have_no_forecast_but_their_shortest_stays():
    p = default_plan(Case.REPLACE, terms=PlanTerms(metric="absolute-error", margin=1.0))
    assert [f.expected_s for f in forecast(p, traffic=TODAY)] == [None] * len(p.stages)


def test_traffic_is_read_from_what_was_seen():
    seen = seen_traffic(month(Rates(live=0.1, candidate=0.12), days=20))
    assert seen.requests_s == pytest.approx(600 / 86400)
    assert seen.error == pytest.approx(0.1, abs=0.01)
    assert 0.02 < seen.discordance < 0.1
    assert seen_traffic([]) is None
    assert seen_traffic(month(days=1)) is None  # the only day may still go on


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(wrong):
    with pytest.raises(BadInput, match="per day: want more than 0 requests"):
        traffic_of(per_day=wrong, error=0.1)
