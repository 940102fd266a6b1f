# /// script
# dependencies = ["mlflow==3.17.2", "onnx==1.23.2", "onnxruntime==1.32.0", "uvicorn[standard]==0.54.0"]
# [tool.peer]
# title = "MLflow, ONNX flavour"
# packaged = true
# setup = "{python} {file}"
# command = "{bin}/mlflow models serve -m {work}/model --env-manager local --host 127.0.0.1 --port {port} --workers 2"
# path = "/invocations"
# body = "rows"
# env = {MLFLOW_DISABLE_TELEMETRY = "true", DO_NOT_TRACK = "true", GIT_PYTHON_REFRESH = "quiet"}
# ///
"""``mlflow models serve`` with its ONNX flavour: two workers, and uvloop, which it does not bring by itself."""

import os
from pathlib import Path

import mlflow.onnx
import onnx

if __name__ == "__main__":
    place = Path(os.environ["WORK"]) / "model"
    if not place.exists():
        graph = onnx.load(os.environ["MODEL"])
        del graph.graph.output[0]  # the label: what is asked for is the score
        mlflow.onnx.save_model(
            graph, str(place), onnx_execution_providers=["CPUExecutionProvider"],
            onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        )  # fmt: skip
