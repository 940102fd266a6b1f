"""Has a stream stopped? A pass that rests on the traffic, or on the outcomes, of last week is no pass today.

What stops is told from its own rate. Requests: where the candidate was asked so often since the stage began that the
silence since its newest request would have brought :data:`EXPECTED` or more. Outcomes: where the newest requests that
are old enough have none, though by the rate of before :data:`EXPECTED` or more should have come. Where either is rare,
silence means little, and the gates' fewest units say when enough was seen.

A short silence is no stop (:data:`QUIET_US`), nor is one that earlier days of the rollout ended with: nights are quiet,
and jobs run once a day. A weekend without traffic is one: it delays a pass until Monday. Past the deadline of a stage
only a silence of a day counts, so that a deadline in a quiet night rolls nothing back.
"""

from slipway.deployment.late import usual_wait_us
from slipway.deployment.units import DAY_US, HOUR_US, unit_length_us
from slipway.deployment.view import View
from slipway.records.gate import ON_OUTCOMES
from slipway.words import count, duration

EXPECTED = 5.0
"""What should have come: of a steady stream none of so many comes with chance e⁻⁵, below 1 %."""

QUIET_US = {"row": 6 * HOUR_US, "hour": HOUR_US, "day": DAY_US}
"""The shortest silence that is a stop, by the unit of a gate; a stage takes the shortest of its gates'."""


def stopped(view: View) -> str:
    """Return in a sentence that the candidate's requests stopped, or nothing.

    Requests that it answers and those that it shadows count alike. A stage without any request is not said to have
    stopped; its gates hold by themselves. Cohorts of an older Slipway do not know their newest request; of those,
    silence begins with their end, and counts in whole units.
    """
    units = {gate.unit for gate in view.stage.gates}
    asked = [(cohort, n) for cohort in view.of_stage(view.cohorts) if (n := max(cohort.candidate.n, cohort.pairs.seen))]
    if not asked:
        return ""
    length = unit_length_us(units)
    newest = [cohort.last_us for cohort, _ in asked if cohort.last_us is not None]
    ends = [(cohort.start_us // length + 1) * length for cohort, _ in asked if cohort.last_us is None]
    last_us = max([*newest, *ends])
    silence_us, least_us = view.now_us - last_us, min((QUIET_US[unit] for unit in units), default=DAY_US)
    if last_us in ends:
        silence_us, least_us = silence_us // length * length, length
    rate = sum(n for _, n in asked) / max(length, last_us - min(cohort.start_us for cohort, _ in asked))
    if silence_us < (max(least_us, DAY_US) if view.is_overdue else least_us) or rate * silence_us < EXPECTED:
        return ""
    if newest and silence_us <= _usual_us(view, before_us=last_us):
        return ""
    return (
        f"No request came to the candidate in the last {duration(silence_us / 1e6)}, where this stage's rate foretells "
        f"{rate * silence_us:,.0f}: the stream has stopped, hold."
    )


def _usual_us(view: View, *, before_us: int) -> int:
    """Return the longest silence with which a day of the rollout before that of a moment ended; 0 without one."""
    newest: dict[int, int] = {}
    for cohort in view.cohorts:
        if cohort.last_us is not None and (day := cohort.start_us // DAY_US) < before_us // DAY_US:
            newest[day] = max(newest.get(day, 0), cohort.last_us)
    return max(((day + 1) * DAY_US - last_us for day, last_us in newest.items()), default=0)


def unlabelled(view: View) -> str:
    """Return in a sentence that outcomes stopped coming, or nothing.

    Only where a gate of the stage reads outcomes. Where the plan waits for none, those are late that take no longer
    than usual (:mod:`slipway.deployment.late`).
    """
    wait_us = 0 if view.rollout.plan.maturity_s else usual_wait_us(view.cohorts)
    if wait_us is None or not any(gate.kind in ON_OUTCOMES for gate in view.stage.gates):
        return ""
    length = unit_length_us(gate.unit for gate in view.stage.gates)
    told: dict[int, tuple[int, int]] = {}
    for cohort in view.cohorts:
        at, arms = cohort.start_us // length, (cohort.candidate, cohort.live)
        mature, labelled = told.get(at, (0, 0))
        told[at] = mature + sum(arm.mature for arm in arms), labelled + sum(arm.labelled for arm in arms)
    known = [at for at, (_, labelled) in told.items() if labelled]
    if not known:
        return ""
    last = max(known)
    waited, came = (sum(told[at][part] for at in told if at <= last) for part in (0, 1))
    silent = [
        at
        for at, (mature, _) in told.items()
        if at > last and mature and (not wait_us or (at + 1) * length + wait_us <= view.now_us)
    ]
    lacking = sum(told[at][0] for at in silent)
    if (
        not silent
        or (view.is_overdue and (max(silent) - last) * length <= DAY_US)
        or lacking * came < EXPECTED * waited
    ):
        return ""
    return (
        f"None of the newest {count(lacking, 'request')} that are old enough has an outcome, where the rate of before "
        f"foretells {lacking * came / waited:,.0f}: outcomes have stopped, hold."
    )
