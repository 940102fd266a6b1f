# /// script
# dependencies = ["fastapi==0.165.0", "uvicorn[standard]==0.54.0", "onnxruntime==1.32.0", "numpy==2.4.6"]
# [tool.peer]
# title = "FastAPI + uvicorn + ORT, by hand"
# command = """{python} -m uvicorn fastapi_ort:app --app-dir {folder} --host 127.0.0.1 --port {port} --workers 2
#   --loop uvloop --http httptools --no-access-log --log-level warning"""
# path = "/predict"
# body = "rows"
# ///
"""What most teams write by hand: a pydantic body, an async handler; no routing, no journal, no fallback."""

from _engine import load
from fastapi import FastAPI
from pydantic import BaseModel

score = load()
app = FastAPI()


class Asked(BaseModel):
    inputs: list[list[float]]


class Answered(BaseModel):
    predictions: list[float]


@app.post("/predict", response_model=Answered)
async def predict(asked: Asked):
    return Answered(predictions=score(asked.inputs))
