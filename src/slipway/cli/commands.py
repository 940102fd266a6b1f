"""The commands by name: where each one is, without importing it."""

from collections.abc import Sequence

COMMANDS = (
    ("init", "slipway.cli.init:init", "Make a project in a folder; what it makes runs as it is."),
    (
        "demo",
        "slipway.cli.demo:demo",
        "Tell the whole life of one real model, in about a minute.\n\n"
        "On the 336,776 flights that left New York in 2013, through the real server. Every number is computed in the "
        "run, and what it leaves is a project like any other.",
    ),
    (
        "status",
        "slipway.cli.status:status",
        "The page for the engineer on call: what serves, what moves, what is wrong.",
    ),
    ("scope", "slipway.cli.scope:app", "Ask for, show and check slipway.toml; say how ready the project is."),
    ("data", "slipway.cli.data:app", "Make, list, show and compare dataset versions."),
    ("label", "slipway.cli.label:app", "Find wrong labels, let people decide on them, take labels from production."),
    ("run", "slipway.cli.run:app", "Train, list, show and compare runs."),
    ("model", "slipway.cli.model:app", "List, show, verify, sign, import and export packaged models."),
    (
        "serve",
        "slipway.cli.serve:serve",
        "Serve the live route until stopped.\n\nCtrl-C or SIGTERM stops it; requests under way are answered first.",
    ),
    (
        "control",
        "slipway.cli.control:control",
        "Stand by, and take over within seconds when the controller of a running server is gone or hangs.\n\n"
        "Whoever stands by reads along and changes nothing. Ctrl-C or SIGTERM stops it.",
    ),
    ("batch", "slipway.cli.batch:app", "Score tables, and take outcomes in bulk; no server is needed."),
    (
        "bench",
        "slipway.cli.bench:app",
        "Ask the running server under load: which rate still holds the budgets?\n\n"
        "Requests are due by a schedule that does not wait for answers, and latency counts from when each was due. "
        "The result is kept. Ends with 1 if no rate held, or a budget of slipway.toml is broken.\n\n"
        "The rows are journalled under ids that begin with slipway-bench-; no gate, cohort or monitor counts them.",
    ),
    ("key", "slipway.cli.key:app", "Make, list and revoke the keys that callers of the server show."),
    ("rollout", "slipway.cli.rollout:app", "Start, follow, move and undo rollouts."),
    ("review", "slipway.cli.review:app", "Cases that people decide: take, decide, take back, give back, list."),
    ("monitor", "slipway.cli.monitor:app", "What the monitors found; what moved between any two tables."),
    ("alert", "slipway.cli.alert:app", "Alerts: list, acknowledge, snooze and resolve them, and try who is told."),
    (
        "retrain",
        "slipway.cli.retrain:app",
        "Train on newer rows because a finding asks for it; the model enters by shadow.",
    ),
    ("journal", "slipway.cli.journal:app", "Verify and follow the journal of predictions and outcomes."),
    (
        "audit",
        "slipway.cli.audit:audit",
        "Who changed what, when, and on which evidence.\n\n"
        "The newest last. 'slipway journal verify' proves that no entry was altered or taken out.",
    ),
    ("report", "slipway.cli.report:report", "Write the project's report: one page, no network."),
)
"""Name, import path and help of each command, in the order of a project's life; lists show the first paragraph."""


def asked(words: Sequence[str]) -> list[str]:
    """Return the command that a call names, as far as it is known: ``["rollout", "start"]``, ``["status"]`` or nothing.

    >>> asked(["rollout", "start", "--nonsense"]), asked(["staus"])
    (['rollout', 'start'], [])
    """
    groups = {name: path.endswith(":app") for name, path, _ in COMMANDS}
    if not words or words[0] not in groups:
        return []
    return [words[0], *(w for w in words[1:2] if groups[words[0]] and w.isidentifier())]
