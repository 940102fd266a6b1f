# /// script
# dependencies = ["ray[serve]", "onnxruntime", "numpy"]
# [tool.peer]
# title = "Ray Serve + ORT"
# packaged = true
# command = "{python} {file}"
# path = "/predict"
# body = "rows"
# env = {RAY_USAGE_STATS_ENABLED = "0", RAY_SERVE_THROUGHPUT_OPTIMIZED = "1"}
# ///
"""Ray Serve on one node: a proxy, two replicas, its throughput settings, no access log."""

import os
import signal
import sys
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
        return {"predictions": self.score((await request.json())["inputs"])}


if __name__ == "__main__":
    ray.init(
        address="local", _temp_dir=os.environ["WORK"], num_cpus=2, include_dashboard=False, log_to_driver=False,
        object_store_memory=200 << 20, _node_ip_address="127.0.0.1",
    )  # fmt: skip
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PORT"])}, logging_config=QUIET)
    serve.run(Scores.bind(str(Path(__file__).parent.absolute())), name="m", route_prefix="/predict")
    signal.pause()
