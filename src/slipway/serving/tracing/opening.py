"""What a process traces with, as the scope wants it; nothing is loaded where it wants no traces."""

import sys
from importlib.util import find_spec
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from slipway.errors import MissingExtra
from slipway.records.worker_config import WorkerConfig
from slipway.serving.metrics import Counts, count_spans
from slipway.serving.tracing.tracer import Tracer

if TYPE_CHECKING:
    from slipway.serving.tracing.export import TraceExport

TURN_S = 0.0005
"""How long the thread that makes spans computes while the loop waits for its turn; Python's own 5 ms would be felt."""


_PARTS = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "requests")


class Tracing(NamedTuple):
    """What a process traces with.

    Attributes:
        tracer: Decides which requests are traced.
        export: Sends what is over.
    """

    tracer: Tracer
    export: "TraceExport"


def check_tracing(config: WorkerConfig) -> None:
    """Find out once, at the start, whether traces can be sent as the scope wants.

    Each part is looked for: others bring the SDK, MLflow for one, without what sends.

    Raises:
        MissingExtra: A part of what sends traces is not installed.
    """
    if not config.tracing.endpoint:
        return
    missing = [part for part in _PARTS if not _is_there(part)]
    if missing:
        raise MissingExtra(
            f"tracing.endpoint: want OpenTelemetry's SDK, its exporter and requests, found no {', '.join(missing)}. "
            "pip install 'slipway[otel]', or leave the key out."
        )


def open_tracing(config: WorkerConfig, *, process: str, counts: Counts) -> Tracing | None:
    """Return what a process traces with, or None where the scope wants no traces.

    Args:
        config: Facts of the data plane.
        process: Name of the process.
        counts: Where it is counted what became of spans.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
    """
    wanted = config.tracing
    if not wanted.endpoint:
        return None
    from slipway.serving.tracing.export import open_export  # noqa: PLC0415 - an extra

    count = count_spans(counts)
    export = open_export(wanted.endpoint, project=config.route, process=process, count=count)
    sys.setswitchinterval(TURN_S)
    chance = Random()  # noqa: S311 - ids and a sample, no secrets
    return Tracing(Tracer(share=wanted.share, chance=chance, note=export.note), export)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is not there
        return False
