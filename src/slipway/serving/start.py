"""Starts the processes of the data plane with their real parts. They never open the control store."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from slipway.ports import Runtime
from slipway.records.arm import Arm
from slipway.records.route import Route
from slipway.records.worker_config import WorkerConfig, is_loopback
from slipway.runtime.registry import ArmContext, open_arm
from slipway.serving.access_log import AccessLog
from slipway.serving.collector import collect_seldom
from slipway.serving.config_file import load_config
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.serving.json_log import log_as_json
from slipway.serving.metrics import Counts
from slipway.serving.run_state import is_alive
from slipway.serving.service import Service
from slipway.serving.shadow import Shadow
from slipway.serving.tracing.opening import open_tracing
from slipway.serving.typical import typical_of
from slipway.serving.worker import Worker, listen
from slipway.storage.blobs import LocalBlobs
from slipway.storage.clock import SystemClock
from slipway.storage.journal import SegmentReader, SegmentWriter, writer_name
from slipway.storage.layout import Layout
from slipway.storage.routes import RouteWatch

if TYPE_CHECKING:
    from slipway.serving.grpc_server import GrpcServer
    from slipway.serving.tls import Tls


def run_worker(folders: Sequence[Path], *, slot: int, handle: int | None = None, parent: int | None = None) -> None:
    """Serve as worker number ``slot`` until SIGTERM.

    Args:
        folders: Folders of the projects; the first one's address counts.
        slot: Number of the worker, from 0.
        handle: File descriptor of a listening socket that was inherited; without it the worker binds its own.
        parent: Process that must live for this one to go on.
    """
    log_as_json(process=f"worker-{slot}")
    configs = [load_config(Layout(folder)) for folder in folders]
    first = configs[0]
    sock = listen(first.host, first.port) if handle is None else socket.socket(fileno=handle)
    sock.settimeout(0)
    services = [_service(f, config=c, slot=slot) for f, c in zip(folders, configs, strict=True)]
    access = open_access_log(first, layout=Layout(folders[0]), worker=f"worker-{slot}")
    worker = Worker(
        services,
        sock=sock,
        alive=_alive(parent),
        guard=Guard(first.host, hosts=first.hosts),
        tls=open_tls(first),
        grpc=open_grpc(first, services, access=access),
        access=access,
    )
    _run(worker.run())


def open_tls(config: WorkerConfig) -> "Tls | None":
    """Return the certificate in use, or None where there is none.

    Raises:
        Unavailable: It cannot be read.
    """
    if not config.tls_certificate:
        return None
    from slipway.serving.tls import Tls  # noqa: PLC0415 - a worker on loopback need not load cryptography

    return Tls(Path(config.tls_certificate), key=Path(config.tls_key))


def open_access_log(config: WorkerConfig, *, layout: Layout, worker: str) -> AccessLog | None:
    """Return where each request leaves a line, or None where the scope wants none."""
    return AccessLog(layout.run / f"access-{worker}.log") if config.access_log else None


def open_grpc(
    config: WorkerConfig, services: Sequence[Service], *, access: AccessLog | None = None
) -> "GrpcServer | None":
    """Return what speaks gRPC for these projects, or None where the first one's facts name no port for it.

    Raises:
        MissingExtra: gRPC is not installed.
    """
    if config.grpc_port is None:
        return None
    from slipway.serving.grpc_server import GrpcServer, Model  # noqa: PLC0415 - an extra

    certificate = (Path(config.tls_certificate), Path(config.tls_key)) if config.tls_certificate else None
    models = {s.route: Model(s.app.intake, s.counts, s.why_not_ready, s.tracer) for s in services}
    return GrpcServer(models, host=config.host, port=config.grpc_port, certificate=certificate, access=access)


def guard_of(config: WorkerConfig, *, layout: Layout) -> Guard:
    """Return who may ask this project for what."""
    door = Door(layout.keys, local=layout.local_key, always=not is_loopback(config.host))
    return Guard(config.host, hosts=config.hosts, door=door)


def _service(folder: Path, *, config: WorkerConfig, slot: int) -> Service:
    layout, writer = Layout(folder), _writer_name(f"w{slot}")
    return Service(
        config,
        worker=f"worker-{slot}",
        run_folder=layout.run,
        journal=SegmentWriter(layout.journal, name=writer, durability=config.durability),
        writer=writer,
        watch=RouteWatch(layout.routes, name=config.route),
        open_arm=_opener(layout, config),
        guard=guard_of(config, layout=layout),
        typical=_typical(layout, config),
    )


def run_shadow(folder: Path, *, parent: int | None = None) -> None:
    """Follow the journal and ask the shadow arms until SIGTERM."""
    log_as_json(process="shadow")
    layout = Layout(folder)
    config = load_config(layout)
    counts = Counts(worker="shadow")
    tracing = open_tracing(config, process="shadow", counts=counts)
    shadow = Shadow(
        fields=config.signature.fields,
        run_folder=layout.run,
        reader=lambda: SegmentReader(layout.journal),
        writer=SegmentWriter(layout.journal, name=_writer_name("shadow"), durability=config.durability),
        watch=RouteWatch(layout.routes, name=config.route),
        open_arm=_opener(layout, config),
        alive=_alive(parent),
        counts=counts,
        tracer=tracing.tracer if tracing else None,
    )
    collect_seldom()
    _run(shadow.run())
    if tracing:
        tracing.export.close()


def _run(main: Awaitable[None]) -> None:
    async def started() -> None:
        await main

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(started())


def _opener(layout: Layout, config: WorkerConfig) -> Callable[[Arm], Awaitable[Runtime]]:
    context = ArmContext(signature=config.signature, blobs=LocalBlobs(layout.blobs), root=layout.root)

    def opener(arm: Arm) -> Awaitable[Runtime]:
        return open_arm(arm, context=context)

    return opener


def _typical(layout: Layout, config: WorkerConfig) -> Callable[[Route | None], dict[str, Any]]:
    return lambda route: typical_of(route, fields=config.signature.fields, blobs=LocalBlobs(layout.blobs))


def _alive(parent: int | None) -> Callable[[], bool]:
    return lambda: parent is None or is_alive(parent)


def _writer_name(role: str) -> str:
    return writer_name(role, started_us=SystemClock().now_us(), pid=os.getpid())
