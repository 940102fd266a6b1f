"""Whether gRPC can be served as the scope wants it: found out once, at the start, and not by each worker that fails."""

from collections.abc import Sequence
from importlib.util import find_spec

from slipway.errors import BadInput, MissingExtra
from slipway.records.worker_config import WorkerConfig


def grpc_ports(config: WorkerConfig, *, others: Sequence[int]) -> list[int]:
    """Return the port that gRPC wants of whoever serves, or none.

    Args:
        config: Facts of the data plane.
        others: Ports of the data plane and of the control surfaces.

    Raises:
        BadInput: One of those is gRPC's too.
        MissingExtra: gRPC is not installed.
    """
    if not config.grpc_port:
        return []
    if config.grpc_port in others:
        raise BadInput(
            f"serving.grpc_port: want a port of its own, got {config.grpc_port}, one of those that the data plane "
            f"and the control surfaces take ({', '.join(map(str, others))}). Choose another."
        )
    if find_spec("grpc") is None:
        raise MissingExtra(
            "serving.grpc_port: want the package 'grpcio', found none. pip install 'slipway[grpc]', or leave the key "
            "out."
        )
    return [config.grpc_port]
