"""Each way to ask an arm takes the shipped exam; the remote one answers over a real socket."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.runtime.http import HttpRuntime
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.python import PythonRuntime
from slipway.runtime.rule import RuleRuntime
from slipway.testing import models
from slipway.testing.runtime import RuntimeContract


class TestRule(RuntimeContract):
    async def open(self):
        return RuleRuntime(Arm(name="r", kind=ArmKind.RULE, rule="a > 0.5"), signature=models.NUMBERS)

    def batch(self, rows):
        return models.numbers_batch(rows)


class TestOnnxMatrix(RuntimeContract):
    async def open(self):
        return OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m")

    def batch(self, rows):
        return models.numbers_batch(rows)


class TestOnnxTyped(RuntimeContract):
    async def open(self):
        return OnnxRuntime(models.mixed_graph(), signature=models.MIXED, name="m")

    def batch(self, rows):
        return models.mixed_batch(rows)


class TestPython(RuntimeContract):
    @pytest.fixture(autouse=True)
    def _project(self, tmp_path):
        (tmp_path / "arm.py").write_text(
            "def score(x):\n    print('noise on stdout')\n    return x['a'] * 2 + x['b']\n"
        )
        self.root = tmp_path

    async def open(self):
        return PythonRuntime(
            Arm(name="p", kind=ArmKind.PYTHON, function="arm.py:score", timeout_ms=20_000), root=self.root
        )

    def batch(self, rows):
        return models.numbers_batch(rows)


class _Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
        columns = {t["name"]: t["data"] for t in asked["inputs"]}
        scores = [1 / (1 + abs(a) + abs(b)) for a, b in zip(columns["a"], columns["b"], strict=True)]
        reply = {"outputs": [{"name": "score", "datatype": "FP64", "shape": [len(scores)], "data": scores}]}
        body = msgspec.json.encode(reply)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Stay quiet."""


class TestHttp(RuntimeContract):
    @pytest.fixture(autouse=True)
    def _service(self):
        with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_port}/v2/models/old/infer"
            yield
            server.shutdown()
            thread.join()

    async def open(self):
        return HttpRuntime(Arm(name="h", kind=ArmKind.HTTP, url=self.url, timeout_ms=10_000), signature=models.NUMBERS)

    def batch(self, rows):
        return models.numbers_batch(rows)
