"""The system to be replaced: an HTTP service of its own that calls a flight late if it left over 15 minutes late.

It speaks the Open Inference Protocol (version 2, REST) and knows nothing of Slipway. Run it by itself with
``python present_system.py 9000``.
"""

import sys

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LATE_FROM_MIN = 15.0


class Tensor(msgspec.Struct):
    """One named input of an inference request."""

    name: str
    shape: list[int]
    datatype: str
    data: list[float | str | None]


class Inference(msgspec.Struct):
    """An inference request."""

    inputs: list[Tensor]
    id: str | None = None


async def infer(request: Request) -> Response:
    """Answer 1.0 for each flight whose departure delay exceeds 15 minutes, else 0.0."""
    try:
        asked = msgspec.json.decode(await request.body(), type=Inference)
    except msgspec.MsgspecError as error:
        return JSONResponse({"error": f"not an inference request: {error}"}, status_code=400)
    delays = next((t.data for t in asked.inputs if t.name == "dep_delay"), None)
    if delays is None or any(not isinstance(d, int | float) for d in delays):
        return JSONResponse({"error": "want an input 'dep_delay' of numbers"}, status_code=400)
    scores = [float(isinstance(d, int | float) and d > LATE_FROM_MIN) for d in delays]
    output = {"name": "late", "shape": [len(scores)], "datatype": "FP64", "data": scores}
    return JSONResponse({"model_name": "present", "outputs": [output]})


async def ready(_request: Request) -> Response:
    """Say that the service is up."""
    return JSONResponse({"ready": True})


app = Starlette(
    routes=[
        Route("/v2/models/present/infer", infer, methods=["POST"]),
        Route("/v2/health/ready", ready),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
