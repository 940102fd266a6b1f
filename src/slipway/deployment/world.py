"""Did the world change? Both arms worse together, each against its own past: hold, and tell people."""

from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.units import PairedUnit, paired_units, ripe
from slipway.deployment.view import View
from slipway.records.gate import GateKind
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.moments import moments
from slipway.words import amount


def world_changed(view: View) -> str:
    """Return a sentence if both arms are worse in this stage than before it, by more than the plan's margin; else "".

    Each arm's unit means of the loss before the stage are bounded from above, those since from below (harmful-risk
    test; Podkopaev & Ramdas 2022), each at the plan's alpha over all looks. The first stage has no past.
    """
    plan = view.rollout.plan
    unit = "hour" if any(g.unit == "hour" for g in view.stage.gates) else "day"
    ready = ripe(view.cohorts, unit=unit, wait_s=plan.maturity_s, now_us=view.now_us)
    since = view.of_stage(ready)
    before = tuple(c for c in ready if c not in since)
    now, past = paired_units(since, unit=unit), paired_units(before, unit=unit)
    margin = max((g.margin for s in plan.stages for g in s.gates if g.kind is GateKind.NOT_WORSE), default=0.0)
    said = []
    for name in ("candidate", "live"):
        bounds = _bounds(past, now, field=f"{name}_loss", alpha=plan.alpha, n_star=N_STAR[unit])
        if bounds is None or not bounds[1] > bounds[0] + margin:
            return ""
        said.append(
            f"{name}'s loss was at most {amount(bounds[0], metric=plan.metric)} and is now at least "
            f"{amount(bounds[1], metric=plan.metric)}"
        )
    return f"Both arms got worse together, so the world changed rather than the candidate: {', '.join(said)}."


def _bounds(
    past: list[PairedUnit], now: list[PairedUnit], *, field: str, alpha: float, n_star: int
) -> tuple[float, float] | None:
    """Return (upper limit of the past mean, lower limit of the present one), or None where one has no unit."""
    if not past or not now:
        return None
    before, since = (moments([getattr(u.pairs, field) / u.pairs.n for u in part]) for part in (past, now))
    top = MeanSequence(alpha=alpha, n_star=n_star, side=Side.UPPER).evidence(before).high
    return top, MeanSequence(alpha=alpha, n_star=n_star, side=Side.LOWER).evidence(since).low
