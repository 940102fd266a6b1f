# /// script
# dependencies = ["bentoml==1.4.39", "onnxruntime==1.32.0", "numpy==2.4.6"]
# [tool.peer]
# title = "BentoML + ORT"
# packaged = true
# command = "{bin}/bentoml serve bentoml_ort:Scores --working-dir {folder} --host 127.0.0.1 --port {port}"
# path = "/predict"
# body = "rows"
# batching = "up to 256 rows, its own waiting"
# env = {BENTOML_HOME = "{work}/home", BENTOML_DO_NOT_TRACK = "True"}
# ///
"""A BentoML service: two workers, access log and metrics off; with its adaptive batching where ``BATCHING`` is set."""

import os

import bentoml
from _engine import load


@bentoml.service(workers=2, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Scores:
    def __init__(self):
        self.score = load()

    @bentoml.api(batchable="BATCHING" in os.environ, max_batch_size=256, max_latency_ms=5000)
    async def predict(self, inputs: list[list[float]]) -> list[float]:
        return self.score(inputs)
