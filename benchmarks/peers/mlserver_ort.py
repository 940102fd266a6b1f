# /// script
# dependencies = ["mlserver==1.7.1", "onnxruntime==1.32.0", "numpy==2.4.6", "uvloop==0.21.0", "setuptools==80.10.2"]
# [tool.peer]
# title = "MLServer + ORT"
# packaged = true
# setup = "{python} {file}"
# command = "{bin}/mlserver start {work}"
# path = "/v2/models/m/infer"
# body = "v2"
# batching = "up to 64 requests, 2 ms"
# ///
"""A custom runtime on MLServer with inference in the server's own process, which is faster here than its pool;
with its adaptive batching where ``BATCHING`` is set.
"""

import json
import os
from pathlib import Path

if __name__ != "__main__":
    import numpy as np
    from _engine import load
    from mlserver import MLModel
    from mlserver.codecs import NumpyCodec
    from mlserver.types import InferenceResponse

    class Scores(MLModel):
        async def load(self):
            self.score = load()
            return True

        async def predict(self, payload):
            scores = self.score(NumpyCodec.decode_input(payload.inputs[0]))
            output = NumpyCodec.encode_output("predictions", np.asarray(scores))
            return InferenceResponse(model_name=self.name, outputs=[output])

else:
    work, port = Path(os.environ["WORK"]), int(os.environ["PORT"])
    settings = {"debug": False, "host": "127.0.0.1", "http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
    (work / "settings.json").write_text(json.dumps(settings | {"parallel_workers": 0, "metrics_endpoint": None}))
    batching = {"max_batch_size": 64, "max_batch_time": 0.002} if "BATCHING" in os.environ else {}
    model = {"name": "m", "implementation": "mlserver_ort.Scores"} | batching
    (work / "model-settings.json").write_text(json.dumps(model))
