# /// script
# dependencies = ["ray[serve]==2.60.0", "onnxruntime==1.32.0", "numpy==2.4.6"]
# [tool.peer]
# title = "Ray Serve + ORT"
# packaged = true
# command = "{python} {file}"
# path = "/predict"
# body = "rows"
# batching = "up to 64 requests, 2 ms"
# env = {RAY_USAGE_STATS_ENABLED = "0", RAY_SERVE_THROUGHPUT_OPTIMIZED = "1"}
# ///
"""Ray Serve on one node: a proxy, two replicas, its throughput settings, no access log;
with its batching where ``BATCHING`` is set.
"""

import os
import signal
import sys
from itertools import accumulate, chain, pairwise
from pathlib import Path

import ray
from ray import serve

QUIET = {"enable_access_log": False, "log_level": "WARNING"}


@serve.deployment(num_replicas=2, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.5}, logging_config=QUIET)
class Scores:
    def __init__(self, folder):
        sys.path.insert(0, folder)
        from _engine import load  # noqa: PLC0415 - a replica has another path

        self.score = load()

    async def __call__(self, request):
        rows = (await request.json())["inputs"]
        return {"predictions": await self.many(rows) if "BATCHING" in os.environ else self.score(rows)}

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.002)
    async def many(self, asked):
        scores = self.score(list(chain.from_iterable(asked)))
        return [scores[a:b] for a, b in pairwise(accumulate(map(len, asked), initial=0))]


if __name__ == "__main__":
    ray.init(
        address="local", _temp_dir=os.environ["WORK"], num_cpus=2, include_dashboard=False, log_to_driver=False,
        object_store_memory=200 << 20, _node_ip_address="127.0.0.1",
    )  # fmt: skip
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PORT"])}, logging_config=QUIET)
    serve.run(Scores.bind(str(Path(__file__).parent.absolute())), name="m", route_prefix="/predict")
    signal.pause()
