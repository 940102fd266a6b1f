"""KServe's own clients, in an environment of their own, against a real server."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_kserve_clients_are_answered(serve, place):
    subprocess.run(["make", "-C", ROOT, ".venv/.clients"], check=True)
    script = ROOT / "tests/serving/kserve_client.py"
    with serve(grpc_port=0) as server:
        address = f"127.0.0.1:{server.worker._grpc.port}"
        command = [ROOT / ".venv/clients/bin/python", script, server.url, address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    assert answers.pop("ready") == answers.pop("grpc ready") == [True, True, True]
    assert answers.keys() == {"json", "binary", "binary out", "grpc", "grpc raw"}
    for answer in answers.values():
        assert answer == {"id": "q", "model": "r", "score": [0, 1, 1], "label": [0, 1, 1]}
    assert list(place.predictions().values()) == [0, 1, 1] * 5
