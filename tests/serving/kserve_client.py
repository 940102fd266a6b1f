"""Asks a server with KServe's own clients and prints what they were told; runs in an environment that has KServe."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

A, USERS = np.array([0.25, 0.75, 1.5]), ["u", "v", "w"]


def request(*, binary, outputs=None):
    a = InferInput("a", [3], "FP64")
    a.set_data_from_numpy(A, binary_data=binary)
    user = InferInput("user", [3], "BYTES")
    user.set_data_from_numpy(np.array([u.encode() for u in USERS], object), binary_data=binary)
    return InferRequest("r", [a, user], request_id="q", request_outputs=outputs)


def told(reply):
    score, label = (next(o for o in reply.outputs if o.name == n).as_numpy().tolist() for n in ("score", "label"))
    return {"id": reply.id, "model": reply.model_name, "score": score, "label": label}


async def main(url, address):
    rest, answers = InferenceRESTClient(RESTConfig(protocol="v2", retries=0)), {}
    answers["ready"] = [
        await rest.is_server_live(url), await rest.is_server_ready(url), await rest.is_model_ready(url, "r"),
    ]  # fmt: skip
    answers["json"] = told(await rest.infer(url, request(binary=False), model_name="r"))
    answers["binary"] = told(await rest.infer(url, request(binary=True), model_name="r"))
    wanted = [RequestedOutput(name, {"binary_data": True}) for name in ("score", "label")]
    answers["binary out"] = told(await rest.infer(url, request(binary=True, outputs=wanted), model_name="r"))
    await rest.close()
    grpc = InferenceGRPCClient(address)
    answers["grpc ready"] = [await grpc.is_server_live(), await grpc.is_server_ready(), await grpc.is_model_ready("r")]
    answers["grpc"] = told(await grpc.infer(request(binary=False)))
    answers["grpc raw"] = told(await grpc.infer(request(binary=True)))
    await grpc.close()
    print(json.dumps(answers))


asyncio.run(main(*sys.argv[1:]))
