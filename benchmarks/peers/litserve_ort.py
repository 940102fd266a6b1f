# /// script
# dependencies = ["litserve==0.2.19", "onnxruntime==1.32.0", "numpy==2.4.6", "orjson==3.13.0"]
# [tool.peer]
# title = "LitServe + ORT"
# packaged = true
# command = "{python} {file}"
# path = "/predict"
# body = "rows"
# batching = "up to 64 requests, 2 ms"
# ///
"""LitServe on the CPU: two model workers, two API servers, its fast queue;
with its batching where ``BATCHING`` is set.
"""

import os
from itertools import accumulate, chain, pairwise

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


class Batched(Scores):
    def batch(self, inputs):
        return inputs

    def predict(self, x):
        scores = self.score(list(chain.from_iterable(x)))
        return [scores[a:b] for a, b in pairwise(accumulate(map(len, x), initial=0))]

    def unbatch(self, output):
        return output


if __name__ == "__main__":
    served = Batched(max_batch_size=64, batch_timeout=0.002) if "BATCHING" in os.environ else Scores()
    server = litserve.LitServer(served, accelerator="cpu", workers_per_device=2, timeout=60, fast_queue=True)
    server.run(
        host="127.0.0.1", port=int(os.environ["PORT"]), num_api_servers=2, log_level="warning", access_log=False,
        generate_client_file=False,
    )  # fmt: skip
