# /// script
# dependencies = ["bentoml", "onnxruntime", "numpy"]
# [tool.peer]
# title = "BentoML + ORT"
# packaged = true
# command = "{bin}/bentoml serve bentoml_ort:Scores --working-dir {folder} --host 127.0.0.1 --port {port}"
# path = "/predict"
# body = "rows"
# env = {BENTOML_HOME = "{work}/home", BENTOML_DO_NOT_TRACK = "True"}
# ///
"""A BentoML service: two workers, access log and metrics off."""

import bentoml
from _engine import load


@bentoml.service(workers=2, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Scores:
    def __init__(self):
        self.score = load()

    @bentoml.api
    async def predict(self, inputs: list[list[float]]) -> list[float]:
        return self.score(inputs)
