"""The scope: what the project is for and what it must hold, as people wrote it in ``slipway.toml``."""

from enum import StrEnum
from typing import Any

from slipway.records.arm import Arm, Device
from slipway.records.base import Record
from slipway.records.dataset import SplitKind
from slipway.records.field import Field
from slipway.records.receiver import Alerts
from slipway.records.retraining import Retrain
from slipway.records.rollout import Plan
from slipway.records.task import Case, Task
from slipway.records.tracing import Tracing
from slipway.records.trial import Dimension
from slipway.records.worker_config import Deciders, WhenFull


class Mode(StrEnum):
    """When answers are needed."""

    REALTIME = "realtime"
    BATCH = "batch"


class Place(StrEnum):
    """Where answers are computed."""

    CLOUD = "cloud"
    EDGE = "edge"
    BROWSER = "browser"


class Project(Record, frozen=True, kw_only=True):
    """Who wants it, and why.

    Attributes:
        name: A checked word.
        owner: Who answers for it: a person or a team with an address.
        need: The user's need, in a sentence.
        case: Deployment case.
        kill: When to stop, in words.
        value: What it is worth and to whom, in words; empty while nobody knows.
        today: Who or what answers today, and how well, in words; empty while nobody knows.
        feasibility: Why it should be possible at all, in words; empty while nobody knows.
        data: Which data is at hand, in words; empty while nobody knows.
    """

    name: str
    owner: str
    need: str
    case: Case
    kill: str
    value: str = ""
    today: str = ""
    feasibility: str = ""
    data: str = ""


class Metric(Record, frozen=True, kw_only=True):
    """How success is measured.

    Attributes:
        name: ``error`` (binary) or ``absolute-error`` (regression).
        why: Why this one.
        target: Value to reach, in units of the metric; lower is better.
        margin: How much worse than the present still counts as not worse.
        false_positive_cost: Cost of saying 1 where 0 is true.
        false_negative_cost: Cost of saying 0 where 1 is true.
        kill_above: Value above which the project stops, or None.
        human_level: What a person reaches, or None if nobody measured it.
    """

    name: str
    why: str
    target: float
    margin: float
    false_positive_cost: float = 1.0
    false_negative_cost: float = 1.0
    kill_above: float | None = None
    human_level: float | None = None


class Budgets(Record, frozen=True, kw_only=True):
    """What serving may cost; None means not limited.

    Attributes:
        latency_p99_ms: 99 % of answers are faster.
        qps: Requests a second that must be held.
        memory_mb: Resident memory of one worker.
        cpu_cores: Cores in use.
        error_share: Share of the rows that may go unanswered through no fault of the callers; as many may be answered
            by the fallback.
    """

    latency_p99_ms: float | None = None
    qps: float | None = None
    memory_mb: float | None = None
    cpu_cores: float | None = None
    error_share: float = 0.01


class Serving(Record, frozen=True, kw_only=True):
    """How answers are given.

    Attributes:
        mode: Realtime or batch.
        place: Cloud, edge or browser.
        host: Address to bind; anything but loopback needs keys and TLS.
        hosts: Names beside loopback by which callers reach the server, such as that of a proxy in front.
        tls_certificate: PEM file of the server's certificate and the chain behind it; empty for no TLS.
        tls_key: PEM file of its private key.
        port: Port of the data plane; the control surface takes the next one.
        grpc_port: Port of gRPC, or None: no gRPC.
        workers: Worker processes.
        deadline_ms: An answer later than this is an error or the fallback's.
        device: Where packaged models compute.
        queue_rows: Rows that may wait; more are refused with 503.
        durability: ``process`` survives kill -9, ``fsync`` survives power loss.
        access_log: Whether each request leaves a line in a file; it holds no values of X.
    """

    mode: Mode = Mode.REALTIME
    place: Place = Place.CLOUD
    host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    port: int = 8080
    grpc_port: int | None = None
    workers: int = 1
    deadline_ms: float = 1000.0
    device: Device = Device.CPU
    queue_rows: int = 10_000
    durability: str = "process"
    access_log: bool = False


class Data(Record, frozen=True, kw_only=True):
    """Where data comes from.

    Attributes:
        source: ``file.py:function`` that returns a table; a path or pattern of tables, here or in a bucket; or a file
            with an SQL query; empty where nothing is trained.
        params: Keyword arguments for the function.
        database: Environment variable that holds the URL of the query's database, or empty.
        test_share: Part of the rows held out.
        split: How rows are held out; None takes what fits the task (:class:`slipway.records.dataset.SplitRule`).
        split_by: Column that it goes by, or empty.
        checks: ``file.py:name`` of a pandera schema that every table has to pass, or empty.
    """

    source: str = ""
    params: dict[str, Any] = {}
    database: str = ""
    test_share: float = 0.2
    split: SplitKind | None = None
    split_by: str = ""
    checks: str = ""


class Modeling(Record, frozen=True, kw_only=True):
    """How a candidate is trained.

    Attributes:
        train: ``file.py:function`` with signature ``(X, y, params, seed) -> estimator``; empty where models come from
            elsewhere.
        params: Hyperparameters.
        seed: Seed of all chance.
        tags: Columns besides X that the worst slices may name; the model never sees them.
        protected: Columns whose groups are measured one by one, such as a person's sex.
        trusted_keys: Public keys of those who may sign a package that is rolled out; empty asks for no signature.
        search: What hyperparameters are searched in: dimensions, or ``file.py:function`` that draws from an optuna
            trial and returns hyperparameters; empty where nothing is searched.
    """

    train: str = ""
    params: dict[str, Any] = {}
    seed: int = 0
    tags: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    trusted_keys: tuple[str, ...] = ()
    search: tuple[Dimension, ...] | str = ()


class Monitoring(Record, frozen=True, kw_only=True):
    """What is watched and when an alarm is due.

    Attributes:
        unit: Exchangeable unit: ``auto`` (found from the reference), ``row``, ``hour`` or ``day``.
        alpha: Chance of a false alarm of one monitor within 90 days of its start; on average it takes at least
            ``2 / alpha - 1 - alpha`` times as long.
        tolerance: A gap in the metric smaller than this is reported, not alarmed.
        retrain: What follows when a finding says that a model should be trained on newer rows.
        retrain_rows: Fewest rows with an outcome to train on.
        retrain_pause_s: Shortest time between two retrainings that control starts.
    """

    unit: str = "auto"
    alpha: float = 0.01
    tolerance: float = 0.01
    retrain: Retrain = Retrain.ASK
    retrain_rows: int = 1000
    retrain_pause_s: float = 604_800.0


class Journal(Record, frozen=True, kw_only=True):
    """How long the journal is kept, what it may hold of people who decide, and what happens when its disk is full.

    Attributes:
        keep_s: Closed segments whose rows are all older than this are removed; None keeps them for ever.
        keep_gb: The oldest closed segments are removed while the journal takes more, in 1e9 bytes; None for no limit.
        deciders: What it may hold of who decided.
        when_full: What becomes of requests when the disk refuses.
    """

    keep_s: float | None = None
    keep_gb: float | None = None
    deciders: Deciders = Deciders.CLEAR
    when_full: WhenFull = WhenFull.REFUSE


class Scope(Record, frozen=True, kw_only=True):
    """All of ``slipway.toml``.

    Attributes:
        project: Who wants it, and why.
        task: X -> Y.
        fields: X, in order.
        metric: How success is measured.
        budgets: What serving may cost.
        serving: How answers are given.
        data: Where data comes from.
        modeling: How a candidate is trained.
        arms: Systems that exist besides the models: the one to replace, a rule, a service.
        live: The arm that answers today, or None for a new capability.
        rollout: The plan a candidate follows.
        monitoring: What is watched.
        journal: How long the journal is kept.
        alerts: Who is told what is wrong.
        tracing: Where traces go.
    """

    project: Project
    task: Task
    fields: tuple[Field, ...]
    metric: Metric
    budgets: Budgets
    serving: Serving
    data: Data
    modeling: Modeling
    arms: tuple[Arm, ...]
    live: str | None
    rollout: Plan
    monitoring: Monitoring
    journal: Journal = Journal()
    alerts: Alerts = Alerts()
    tracing: Tracing = Tracing()
