# /// script
# dependencies = ["litserve", "onnxruntime", "numpy", "orjson"]
# [tool.peer]
# title = "LitServe + ORT"
# packaged = true
# command = "{python} {file}"
# path = "/predict"
# body = "rows"
# ///
"""LitServe on the CPU: two model workers, two API servers, its fast queue."""

import os

import litserve
from _engine import load


class Scores(litserve.LitAPI):
    def setup(self, device):  # noqa: ARG002 - as LitServe calls it
        self.score = load()

    def decode_request(self, request):
        return request["inputs"]

    def predict(self, x):
        return self.score(x)

    def encode_response(self, output):
        return {"predictions": output}


if __name__ == "__main__":
    server = litserve.LitServer(Scores(), accelerator="cpu", workers_per_device=2, timeout=60, fast_queue=True)
    server.run(
        host="127.0.0.1", port=int(os.environ["PORT"]), num_api_servers=2, log_level="warning", access_log=False,
        generate_client_file=False,
    )  # fmt: skip
