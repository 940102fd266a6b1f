"""The facts of the data plane in ``.slipway/run/worker.msgpack``: from the scope, by whoever starts the server."""

from pathlib import Path

import msgspec

from slipway.errors import Corrupt, NotFound
from slipway.records.base import canonical
from slipway.records.model import Signature
from slipway.records.scope import Scope
from slipway.records.worker_config import ClockKind, Durability, WorkerConfig
from slipway.storage.atomic import write_atomically
from slipway.storage.layout import Layout

_NAME = "worker.msgpack"


def config_of(
    scope: Scope, *, folder: Path = Path(), clock: ClockKind = ClockKind.SYSTEM, pseudonym_key: bytes = b""
) -> WorkerConfig:
    """Return what a worker must know of a scope. The route has the project's name.

    Args:
        scope: The scope.
        folder: The project's, from which paths in the scope begin.
        clock: Whose time counts.
        pseudonym_key: Key of the pseudonyms.

    Raises:
        BadInput: The parts contradict each other, such as a pseudonym without a key.
    """
    serving = scope.serving
    return WorkerConfig(
        route=scope.project.name,
        signature=Signature(fields=scope.fields, kind=scope.task.kind, threshold=scope.task.threshold),
        entity=scope.task.entity,
        deciders=scope.journal.deciders,
        pseudonym_key=pseudonym_key,
        host=serving.host,
        hosts=serving.hosts,
        tls_certificate=str(folder / serving.tls_certificate) if serving.tls_certificate else "",
        tls_key=str(folder / serving.tls_key) if serving.tls_key else "",
        port=serving.port,
        grpc_port=serving.grpc_port,
        workers=serving.workers,
        deadline_ms=serving.deadline_ms,
        latency_budget_ms=scope.budgets.latency_p99_ms,
        queue_rows=serving.queue_rows,
        durability=Durability(serving.durability),
        access_log=serving.access_log,
        when_full=scope.journal.when_full,
        clock=clock,
        tracing=scope.tracing,
    )


def save_config(config: WorkerConfig, *, layout: Layout) -> None:
    """Write it for the processes to come."""
    write_atomically(layout.run / _NAME, canonical(config))


def load_config(layout: Layout) -> WorkerConfig:
    """Return what was written.

    Raises:
        NotFound: Nothing was.
        Corrupt: It is something else.
    """
    path = layout.run / _NAME
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=WorkerConfig)
    except FileNotFoundError:
        raise NotFound(
            f"{path}: want the facts of the data plane, found none. Start it with 'slipway serve'."
        ) from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt(
            f"{path}: want the facts of the data plane, got {error}. Start again with 'slipway serve'."
        ) from None
