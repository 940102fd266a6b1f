"""How control is and what it knows, in Prometheus's text: evidence, shares, alerts, and how far it is behind."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from slipway.control.service_metrics import service_lines
from slipway.control.standing import Status
from slipway.records.rollout import Rollout, Verdict
from slipway.records.scope import Budgets
from slipway.records.service_report import ServiceReport
from slipway.records.trouble import Alert, AlertState
from slipway.serving.prometheus import family

_Values = dict[tuple[str, ...], float]


def metrics_text(
    status: Status,
    *,
    alerts: Sequence[Alert] = (),
    budgets: Budgets,
    service: ServiceReport | None = None,
) -> str:
    """Return what Prometheus reads of control.

    Args:
        status: How control is.
        alerts: All alerts.
        budgets: The scope's, so that rules need not know its numbers.
        service: How the service stands by them, or None where nobody looks.
    """
    behind_s = math.nan if status.behind_s is None else status.behind_s
    lines = [
        *family("control_behind_seconds", "How old what control has not read of the journal may be.", {(): behind_s}),
        *family("control_held_rows", "Rows of the journal in control's memory.", {(): status.held_rows}),
        *family("control_held_bytes", "Memory that they take.", {(): status.held_bytes}),
        *family("control_fault", "Whether no step of control is sound.", {(): status.fault is not None}),
        *family("control_running_rollouts", "Rollouts that run.", {(): len(status.running)}),
        *family("control_open_findings", "Findings of monitors that are open.", {(): len(status.open_findings)}),
        *_feeds(status),
        *_monitors(status),
        *_routes(status),
        *_rollouts(status.running),
        *_evidence(status.last_step.verdicts if status.last_step else ()),
        *_alerts(alerts),
        *_receivers(status),
        *(service_lines(service) if service else ()),
    ]
    if budgets.latency_p99_ms is not None:
        text = "Budget of the scope for the latency that 99 % of answers keep."
        lines += family("budget_latency_p99_seconds", text, {(): budgets.latency_p99_ms / 1e3})
    return "\n".join(lines) + "\n"


def _feeds(status: Status) -> list[str]:
    faults: _Values = {(f.model, q.column, str(q.fault)): 1.0 for f in status.open_findings for q in f.quality}
    text = "What is wrong with what feeds a model; no column where it is wrong with all of it."
    return family("feed_fault", text, faults, labels=("model", "column", "fault"))


def _monitors(status: Status) -> list[str]:
    """Say up to when monitors have looked; of one that has not looked yet there is no sample."""
    looked: _Values = {(m.model,): m.inputs_upto_us / 1e6 for m in status.monitors if m.inputs_upto_us}
    text = "Up to which moment the monitor of a model has looked at its inputs, by the clock that counts."
    return family("monitor_looked_timestamp_seconds", text, looked, labels=("model",))


def _routes(status: Status) -> list[str]:
    shares: _Values = {(r.name, s.arm): s.share for r in status.routes for s in r.shares}
    shadows: _Values = {(r.name, arm): 1.0 for r in status.routes for arm in r.shadows}
    return [
        *family("route_share", "Share of the entities that an arm answers.", shares, labels=("route", "arm")),
        *family("route_shadow", "Arms that are asked and decide nothing.", shadows, labels=("route", "arm")),
    ]


def _rollouts(running: Iterable[Rollout]) -> list[str]:
    ends: _Values = {(r.id, r.candidate, r.stage().name): r.entries[-1].at_us / 1e6 + r.stage().max_s for r in running}
    text = "When the hold of the present stage rolls back, seconds since the epoch by the clock that counts."
    return family("rollout_deadline_timestamp_seconds", text, ends, labels=("rollout", "candidate", "stage"))


def _evidence(verdicts: Iterable[Verdict]) -> list[str]:
    """Return what the gates of the running rollouts said last; what is not known yet has no sample."""
    decisions: _Values = {}
    harm: _Values = {}
    bounds: _Values = {}
    for verdict in verdicts:
        for number, result in enumerate(verdict.gates, start=1):
            gate = (verdict.rollout, verdict.stage, f"{number}-{result.gate.kind}")
            decisions[(*gate, result.decision)] = 1.0
            if result.harm is not None:
                harm[gate] = result.harm.log_e
            if result.interval is not None:
                bounds[(*gate, "low")] = result.interval.low
                bounds[(*gate, "high")] = result.interval.high
    labels = ("rollout", "stage", "gate")
    log_e = "Log of the e-value against 'the candidate is not worse'; log(1/alpha) rejects it."
    limits = "Anytime-valid limits of how much worse the candidate is, in units of the metric."
    return [
        *family(
            "gate_decision", "What a gate says: the sample that is there.", decisions, labels=(*labels, "decision")
        ),
        *family("gate_harm_log_e", log_e, harm, labels=labels),
        *family("gate_difference", limits, bounds, labels=(*labels, "bound")),
    ]


def _alerts(alerts: Iterable[Alert]) -> list[str]:
    counted = Counter((a.trouble.kind, a.trouble.severity, a.state) for a in alerts)
    known: _Values = {
        (str(kind), str(severity), str(state)): float(n)
        for (kind, severity, state), n in counted.items()
        if state is not AlertState.RESOLVED
    }
    return family("alerts", "Alerts that are not resolved.", known, labels=("kind", "severity", "state"))


def _receivers(status: Status) -> list[str]:
    waiting: _Values = {(r.receiver,): float(r.waiting) for r in status.receivers}
    failures: _Values = {(r.receiver,): float(r.failures) for r in status.receivers}
    given_up: _Values = {(r.receiver,): float(r.given_up) for r in status.receivers}
    delivered: _Values = {(r.receiver,): float(r.delivered) for r in status.receivers}
    one = ("receiver",)
    return [
        *family("alert_messages_delivered_total", "Messages that a receiver of alerts took.", delivered, labels=one),
        *family("alert_messages_waiting", "Messages that are to be sent to it.", waiting, labels=one),
        *family("alert_messages_given_up", "Messages to it of the newest that were given up.", given_up, labels=one),
        *family("alert_receiver_failures", "Attempts in a row that it did not take.", failures, labels=one),
    ]
