"""Every key that ``slipway.toml`` may hold, table by table: how it is read, its default, and why it matters."""

from enum import Enum
from typing import Any, NamedTuple

from slipway.records.arm import MEMORY_MB, ArmKind, Device
from slipway.records.dataset import SplitKind
from slipway.records.field import FieldKind, Privacy
from slipway.records.gate import Baseline, Better, GateKind
from slipway.records.receiver import ReceiverKind
from slipway.records.retraining import Retrain
from slipway.records.rollout import StageKind
from slipway.records.scope import Mode, Place
from slipway.records.task import Case, TaskKind
from slipway.records.trouble import Severity
from slipway.records.worker_config import Deciders, WhenFull
from slipway.scoping import addresses as at
from slipway.scoping import alert_values as tell
from slipway.scoping import arm_values as ask
from slipway.scoping import values as v
from slipway.scoping.space import space


class Default(Enum):
    """A key without a default must be written."""

    REQUIRED = "required"


REQUIRED = Default.REQUIRED


class Key(NamedTuple):
    """One key of a table.

    Attributes:
        name: As written in the file.
        read: Turns what TOML gave into what the record holds.
        default: What the record holds where the key is left out.
        why: Why it matters, said where a required key is missing.
        field: The record's name for it, where that differs.
    """

    name: str
    read: v.Reader
    default: Any = REQUIRED
    why: str = ""
    field: str = ""


PROJECT = (
    Key("name", v.word, why="It names the project in every log line, package and report."),
    Key("owner", v.text, why="Somebody answers for the model; alerts and questions go there."),
    Key("need", v.text, why="A model that answers nobody's need is not worth its upkeep."),
    Key("case", v.choice(Case), why="New, beside people or in the place of a system: it decides how one deploys."),
    Key("kill", v.text, why="When to stop is agreed on before the work has been done, or never."),
    Key("value", v.text, default=""),
    Key("today", v.text, default=""),
    Key("feasibility", v.text, default=""),
    Key("data", v.text, default=""),
)
TASK = (
    Key("x", v.text, why="What is not known at the moment of the answer must not be an input."),
    Key("y", v.text, why="What is predicted, in words that the user would use."),
    Key("kind", v.choice(TaskKind), why="It decides what an answer is and how it is scored."),
    Key("target", v.column, why="The column that holds the truth to learn from."),
    Key("entity", v.column, why="Its keyed hash decides who answers, so that an entity stays with its arm."),
    Key("time", v.column, default=None),
    Key("threshold", v.number(over=0, under=1), default=0.5),
)
FIELD = (
    Key("kind", v.choice(FieldKind), why="A request whose values are of another kind is refused."),
    Key("unit", v.text, default=""),
    Key("low", v.number(), default=None),
    Key("high", v.number(), default=None),
    Key("values", v.words, default=()),
    Key("required", v.flag, default=False),
    Key("privacy", v.choice(Privacy), default=Privacy.CLEAR),
)
METRIC = (
    Key("name", v.among("error", "absolute-error"), default=None),
    Key("why", v.text, why="A metric that nobody can give a reason for optimises the wrong thing."),
    Key("target", v.number(least=0), why="Without a target no run is ever good enough, or every run is."),
    Key("margin", v.number(least=0), why="It says how much worse than the present still counts as not worse."),
    Key("false_positive_cost", v.number(over=0), default=1.0),
    Key("false_negative_cost", v.number(over=0), default=1.0),
    Key("kill_above", v.number(least=0), default=None),
    Key("human_level", v.number(least=0), default=None),
)
BUDGETS = (
    Key("latency_p99_ms", v.number(over=0), default=None),
    Key("qps", v.number(over=0), default=None),
    Key("memory_mb", v.number(over=0), default=None),
    Key("cpu_cores", v.number(over=0), default=None),
    Key("error_share", v.number(over=0, most=0.5), default=0.01),
)
SERVING = (
    Key("mode", v.choice(Mode), default=Mode.REALTIME),
    Key("place", v.choice(Place), default=Place.CLOUD),
    Key("live", v.word, default=None),
    Key("host", at.host, default="127.0.0.1"),
    Key("hosts", at.hosts, default=()),
    Key("tls_certificate", at.file, default=""),
    Key("tls_key", at.file, default=""),
    Key("port", v.whole(least=1, most=65534), default=8080),
    Key("grpc_port", v.whole(least=1, most=65535), default=None),
    Key("workers", v.whole(least=1, most=1024), default=1),
    Key("deadline_ms", v.number(over=0), default=1000.0),
    Key("device", v.choice(Device), default=Device.CPU),
    Key("queue_rows", v.whole(least=1, most=10_000_000), default=10_000),
    Key("durability", v.among("process", "fsync"), default="process"),
    Key("access_log", v.flag, default=False),
)
DATA = (
    Key("source", at.source, why="It says where the rows come from that a model learns from."),
    Key("params", v.params, default={}),
    Key("test_share", v.number(over=0, under=1), default=0.2),
    Key("database", at.variable, default=""),
    Key("split", v.choice(SplitKind), default=None),
    Key("split_by", v.column, default=""),
    Key("checks", at.function, default=""),
)
MODEL = (
    Key("train", at.function, why="It is the function that fits a model: (X, y, params, seed) -> estimator."),
    Key("params", v.params, default={}),
    Key("seed", v.whole(least=0, most=2**32 - 1), default=0),
    Key("tags", v.words, default=()),
    Key("protected", v.words, default=()),
    Key("trusted_keys", at.keys, default=()),
    Key("search", space, default=()),
)
ARM = (
    Key("kind", v.choice(ArmKind), default=None),
    Key("package", at.package, default=""),
    Key("url", at.url, default=""),
    Key("rule", v.text, default=""),
    Key("function", at.function, default=""),
    Key("runtime", v.word, default=""),
    Key("timeout_ms", v.number(over=0), default=1000.0),
    Key("memory_mb", v.number(over=0), default=MEMORY_MB),
    Key("device", v.choice(Device), default=Device.CPU),
    Key("processes", v.whole(least=1, most=64), default=2),
    Key("env", ask.variables, default=()),
    Key("json", ask.json_shape, default=None),
    Key("retry", v.flag, default=False),
    Key("ca", ask.certificate, default=""),
    Key("options", ask.options, default=()),
    Key("people", v.text, default=""),
    Key("answer", v.duration, default=None, field="answer_s"),
    Key("fallback", v.word, default=""),
    Key("reading", ask.reading, default=None),
)
ROLLOUT = (
    Key("alpha", v.number(over=0, under=1), default=0.05),
    Key("unit", v.among("row", "hour", "day"), default="day"),
    Key("maturity", v.duration, default=86400.0, field="maturity_s"),
    Key("pair", v.flag, default=True),
    Key("readiness", v.number(least=0, most=7), default=None),
    Key("missing", v.number(least=0, most=1), default=0.5),
    Key("person", v.word, default=None),
    Key("error_bound", v.number(over=0, under=1), default=None),
    Key("confidence", v.number(over=0, under=1), default=None),
    Key("audit", v.number(over=0, most=1), default=None),
    Key("hidden", v.number(least=0, under=1), default=None),
    Key("beta", v.number(over=0, under=1), default=None),
    Key("relevant", v.number(over=0), default=None),
    Key("stages", lambda value: value, default=None),
)
STAGE = (
    Key("name", v.word, why="Verdicts name the stage that they are about."),
    Key("kind", v.choice(StageKind), default=None),
    Key("share", v.number(least=0, most=1), default=None),
    Key("gates", lambda value: value, default=None),
    Key("min", v.duration, default=None, field="min_s"),
    Key("max", v.duration, default=None, field="max_s"),
)
GATE = (
    Key("kind", v.choice(GateKind), why="It says what is asked."),
    Key("margin", v.number(least=0), default=None),
    Key("alpha", v.number(over=0, under=1), default=None),
    Key("beta", v.number(over=0, under=1), default=None),
    Key("unit", v.among("row", "hour", "day"), default=None),
    Key("min_units", v.whole(least=1, most=10**9), default=None),
    Key("metric", v.text, default=""),
    Key("better", v.choice(Better), default=None),
    Key("level", v.number(over=0), default=None),
    Key("of", v.choice(Baseline), default=None),
    Key("tolerance", v.number(least=0), default=0.0),
    Key("by", v.words, default=()),
)
MONITORING = (
    Key("unit", v.among("auto", "row", "hour", "day"), default="auto"),
    Key("alpha", v.number(over=0, under=1), default=0.01),
    Key("tolerance", v.number(least=0), default=0.01),
    Key("retrain", v.choice(Retrain), default=Retrain.ASK),
    Key("retrain_rows", v.whole(least=1, most=10**9), default=1000),
    Key("retrain_pause", v.duration, default=604800.0, field="retrain_pause_s"),
)
JOURNAL = (
    Key("keep", v.duration, default=None, field="keep_s"),
    Key("keep_gb", v.number(over=0), default=None),
    Key("deciders", v.choice(Deciders), default=Deciders.CLEAR),
    Key("when_full", v.choice(WhenFull), default=WhenFull.REFUSE),
)
TRACING = (
    Key("endpoint", at.collector, default=""),
    Key("share", v.number(least=0, most=1), default=0.01),
)
ALERTS = (
    Key("quiet", tell.quiet, default=""),
    Key("time_zone", tell.zone, default="UTC"),
    Key("most_per_hour", v.whole(least=1, most=3600), default=30),
    Key("give_up", v.duration, default=86400.0, field="give_up_s"),
    Key("replay", v.flag, default=False),
    Key("receivers", lambda value: value, default={}),
)
RECEIVER = (
    Key("kind", v.choice(ReceiverKind), why="It says how the receiver is told."),
    Key("url", tell.https, default=""),
    Key("url_env", at.variable, default=""),
    Key("url_file", at.file, default=""),
    Key("secret_env", at.variable, default=""),
    Key("secret_file", at.file, default=""),
    Key("host", tell.smtp_host, default=""),
    Key("port", v.whole(least=1, most=65535), default=587),
    Key("starttls", v.flag, default=True),
    Key("user", v.text, default=""),
    Key("password_env", at.variable, default=""),
    Key("password_file", at.file, default=""),
    Key("from", tell.mail, default="", field="sender"),
    Key("to", tell.mails, default=()),
    Key("severity", v.choice(Severity), default=Severity.WARNING),
    Key("kinds", tell.kinds, default=()),
    Key("quiet", v.flag, default=True),
)

TABLES: dict[str, tuple[Key, ...]] = {
    "project": PROJECT,
    "task": TASK,
    "fields.NAME": FIELD,
    "metric": METRIC,
    "budgets": BUDGETS,
    "serving": SERVING,
    "data": DATA,
    "model": MODEL,
    "arms.NAME": ARM,
    "rollout": ROLLOUT,
    "rollout.stages[]": STAGE,
    "rollout.stages[].gates[]": GATE,
    "monitoring": MONITORING,
    "journal": JOURNAL,
    "tracing": TRACING,
    "alerts": ALERTS,
    "alerts.receivers.NAME": RECEIVER,
}
"""The tables by the path under which they stand in the file."""

WHY = {
    "project": "Nobody could tell whose it is, what for, and when to stop.",
    "task": "Without X -> Y there is nothing to learn and nothing to serve.",
    "fields": "Requests are checked against these; a model without named inputs cannot be served.",
    "metric": "Without a metric, a target and a margin no run can be judged and no gate can pass.",
}
"""The tables that must be there, and why."""
