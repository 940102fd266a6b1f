"""The peer that most teams write by hand: FastAPI on uvicorn with ONNX Runtime; no routing, no journal, no fallback."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import create_model

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
NAME = session.get_inputs()[0].name
NAMES = [f"x{i}" for i in range(30)]
Row = create_model("Row", user=(str, ...), **dict.fromkeys(NAMES, (float, ...)))
app = FastAPI()


@app.post("/predict")
async def predict(row: Row):
    x = np.array([[getattr(row, name) for name in NAMES]], np.float32)
    score = float(session.run(["probabilities"], {NAME: x})[0][0, 1])
    return {"score": score, "label": int(score >= 0.5)}
