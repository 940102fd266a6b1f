# /// script
# dependencies = ["kserve==0.21.0", "onnxruntime==1.32.0", "numpy==2.4.6", "setuptools==80.10.2"]
# [tool.peer]
# title = "KServe SDK + ORT"
# packaged = true
# command = "{python} {file} --http_port {port} --workers 2 --enable_grpc false --enable_docs_url false"
# path = "/v1/models/m:predict"
# body = "instances"
# binary = {path = "/v2/models/m/infer", body = "v2-binary"}
# ///
"""A custom model on the KServe Python SDK: two workers, v1 protocol (v2 for binary tensors), access and latency logs
off."""

import argparse
import logging

from _engine import load
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer, model_server


class Scores(Model):
    """Loads on first use: with several workers it is pickled into spawned processes."""

    def __init__(self, name):
        super().__init__(name)
        self.score = None
        self.ready = True

    def load(self):
        return self.ready

    async def predict(self, payload, headers=None, response_headers=None):  # noqa: ARG002 - as the SDK calls it
        if self.score is None:
            logging.disable(logging.WARNING)  # the SDK logs each request at INFO, whatever its own switch says
            self.score = load()
        if isinstance(payload, InferRequest):
            scores = self.score(payload.inputs[0].as_numpy())
            output = InferOutput(name="predictions", shape=[len(scores)], datatype="FP64", data=scores)
            return InferResponse(response_id=payload.id or "", model_name=self.name, infer_outputs=[output])
        return {"predictions": self.score(payload["instances"])}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    asked, _ = parser.parse_known_args()
    ModelServer(
        http_port=asked.http_port, workers=asked.workers, enable_grpc=False, enable_latency_logging=False,
        access_log_format=None,
    ).start([Scores("m")])  # fmt: skip
