"""How control is, in Prometheus's text: above all how far it is behind."""

from slipway.control.desk import Status

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_NAMES = {
    "behind_seconds": "How old what control has not read of the journal may be; NaN before it has read it once.",
    "held_rows": "Rows of the journal in control's memory.",
    "held_bytes": "Memory that they take.",
    "running_rollouts": "Rollouts that run.",
    "open_findings": "Findings of monitors that are open.",
}


def metrics_text(status: Status) -> str:
    """Return one gauge a line, each with its meaning.

    Args:
        status: How control is.
    """
    values = {
        "behind_seconds": float("nan") if status.behind_s is None else status.behind_s,
        "held_rows": status.held_rows,
        "held_bytes": status.held_bytes,
        "running_rollouts": len(status.running),
        "open_findings": len(status.open_findings),
    }
    lines = []
    for name, meaning in _NAMES.items():
        full, value = f"slipway_control_{name}", values[name]
        lines += [f"# HELP {full} {meaning}", f"# TYPE {full} gauge", f"{full} {value:g}".replace("nan", "NaN")]
    return "\n".join(lines) + "\n"
