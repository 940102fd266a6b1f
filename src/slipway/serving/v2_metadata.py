"""What the Open Inference Protocol tells of a server and of a model, as plain values for HTTP and gRPC. Pure."""

from importlib.metadata import version
from typing import Any

from slipway.records.route import Route
from slipway.records.worker_config import WorkerConfig
from slipway.serving.v2_outputs import Outputs
from slipway.serving.v2_tensors import TOLD

_EXTENSIONS = ["binary_tensor_data"]


def server_metadata() -> dict[str, Any]:
    """Return what ``GET /v2`` tells."""
    return {"name": "slipway", "version": version("slipway"), "extensions": _EXTENSIONS}


def model_metadata(config: WorkerConfig, route: Route) -> dict[str, Any]:
    """Return what ``GET /v2/models/{route}`` tells: one input a field, and one for the entity where it is none."""
    told = {f.name: TOLD[f.kind] for f in config.signature.fields}
    inputs = [{"name": n, "datatype": d, "shape": [-1, 1]} for n, d in ({config.entity: "BYTES"} | told).items()]
    if config.entity not in told:
        inputs = [*inputs[1:], inputs[0]]
    outputs = [{"name": n, "datatype": d, "shape": [-1]} for n, d in Outputs(config.signature).datatypes.items()]
    body = {"name": route.name, "versions": [str(route.version)], "platform": "slipway"}
    return body | {"inputs": inputs, "outputs": outputs}
