"""The same rows in each peer's form, sent by wrk: a closed loop that asks as fast as it is answered."""

import json
import resource
import subprocess
import time
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np

REQUESTS = {1: 512, 64: 64}
"""Different requests by the number of their rows; wrk goes round and round them."""

SATURATED = 0.95
"""Share of its core above which wrk measures itself: such a figure is void."""

_BINARY = "-binary"
_LUA = """
local requests, n = {}, 0
init = function()
  local binary = "%s" ~= ""
  for line in io.lines("%s") do
    local headers, body = {["content-type"] = "application/json"}, line
    if binary then
      local size, bytes = line:match("^(%%d+) (%%x+)$")
      headers = {["content-type"] = "application/octet-stream", ["inference-header-content-length"] = size}
      body = bytes:gsub("%%x%%x", function(byte) return string.char(tonumber(byte, 16)) end)
    end
    requests[#requests + 1] = wrk.format("POST", "%s", headers, body)
  end
end
request = function() n = n %% #requests + 1; return requests[n] end
done = function(s, l, r)
  local e = s.errors
  io.write(string.format('\\nRESULT {"requests":%%d,"us":%%d,"p50":%%d,"p99":%%d,"bad":%%d,"broken":%%d}\\n',
    s.requests, s.duration, l:percentile(50), l:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class Asked(NamedTuple):
    """What one cell gave: requests a second, quantiles of latency in milliseconds, what went wrong, in words, and the
    share of its one core that wrk took."""

    rate: float
    p50_ms: float
    p99_ms: float
    wrong: str
    wrk: float


class Body(NamedTuple):
    """One request as bytes, and how many of them are JSON, or None where all are."""

    data: bytes
    json_bytes: int | None = None

    @property
    def headers(self):
        if self.json_bytes is None:
            return {"content-type": "application/json"}
        told = {"inference-header-content-length": str(self.json_bytes)}
        return {"content-type": "application/octet-stream"} | told

    @property
    def line(self):
        """As the script for wrk reads it: bytes could hold line feeds."""
        return self.data.decode() if self.json_bytes is None else f"{self.json_bytes} {self.data.hex()}"


def request(form, rows, *, number):
    """Return one request with these rows, shape (n, 30), in a peer's form, as it is sent."""
    told, tail = body(form.removesuffix(_BINARY), rows, number=number), b""
    if form.endswith(_BINARY):
        tail, matrix = rows.astype("<f4").tobytes(), told["inputs"][0]
        del matrix["data"]
        matrix |= {"datatype": "FP32", "parameters": {"binary_data_size": len(tail)}}
    head = json.dumps(told, separators=(",", ":")).encode()
    return Body(head + tail, len(head) if tail else None)


def body(form, rows, *, number):
    """Return one request with these rows, shape (n, 30), in a peer's form."""
    listed = rows.tolist()
    if form == "rows":
        return {"inputs": listed}
    if form == "instances":
        return {"instances": listed}
    if form == "named":
        return {f"x{i}": v for i, v in enumerate(listed[0])} | {"user": f"u{number}"}
    matrix = {"name": "x", "shape": list(rows.shape), "datatype": "FP64", "data": rows.ravel().tolist()}
    if form == "v2":
        return {"inputs": [matrix]}
    users = [f"u{number}-{k}" for k in range(len(rows))]
    entity = {"name": "user", "shape": [len(rows)], "datatype": "BYTES", "data": users}
    return {"inputs": [matrix, entity], "outputs": [{"name": "score"}]}


def scores_of(reply):
    """Return the scores in any peer's reply."""
    if isinstance(reply, list):
        return [float(v[-1] if isinstance(v, list) else v) for v in reply]
    if "score" in reply:
        return [reply["score"]]
    if "outputs" in reply:
        return reply["outputs"][0]["data"]
    answer = reply["predictions"]
    return scores_of(answer if isinstance(answer, list) else next(iter(answer.values())))


class Load:
    """Requests of one peer with so many rows, as a script for wrk.

    Args:
        peer: Whom to ask.
        rows: Rows a request.
        data: What to draw from, shape (n, 30).
        scores: What each row is to get from the model and from the second one, shape (n, 2).
        folder: Where the script goes.
        binary: Whether several rows go as binary tensors.
    """

    def __init__(self, peer, *, rows, data, scores, folder, binary=False):
        rng = np.random.default_rng(rows)
        path, form = peer.form(rows, binary=binary)
        picks = [rng.choice(len(data), rows, replace=False) for _ in range(REQUESTS[rows])]
        self.bodies = [request(form, data[p], number=i) for i, p in enumerate(picks)]
        self._wanted = [scores[p] for p in picks]
        self._path, self._answers = path, peer.facts.get("answers", True)
        self._canary = peer.facts.get("canary", False)
        lines, self._script = folder / f"{peer.name}-{rows}.txt", folder / f"{peer.name}-{rows}.lua"
        lines.write_text("\n".join(one.line for one in self.bodies) + "\n")
        self._script.write_text(_LUA % (_BINARY if form.endswith(_BINARY) else "", lines, path))

    def ready(self, port):
        """Tell whether the peer answers."""
        try:
            self._ask(port, 0)
        except (URLError, OSError):
            return False
        return True

    def check(self, port):
        """Return what is wrong with the peer's answers to a few requests, or an empty string."""
        if not self._answers:
            return ""
        for i in range(8):
            got = np.asarray(scores_of(json.loads(self._ask(port, i))), float)
            wanted = self._wanted[i][:, : 1 + self._canary]
            if got.shape != wanted.shape[:1] or not np.isclose(got[:, None], wanted, atol=1e-4).any(axis=1).all():
                return f"want scores {wanted[:3].tolist()}, got {got[:3].tolist()}"
        return ""

    def run(self, port, *, connections, seconds):
        """Ask for so many seconds."""
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", self._script]
        began, before = time.monotonic(), _children_s()
        done = subprocess.run([*words, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True)
        busy = (_children_s() - before) / (time.monotonic() - began)
        found = json.loads(done.stdout.rpartition("RESULT ")[2])
        rate = found["requests"] / (found["us"] / 1e6)
        kinds = (("answers without 200", found["bad"]), ("broken connections", found["broken"]))
        void = f"void: wrk took {busy:.0%} of its core" if busy > SATURATED else ""
        wrong = ", ".join(f"{n} {what}" for what, n in kinds if n)
        return Asked(
            rate, found["p50"] / 1e3, found["p99"] / 1e3, wrong or (void if rate else "no answer at all"), busy
        )

    def _ask(self, port, i):
        asked = self.bodies[i]
        with urlopen(
            Request(f"http://127.0.0.1:{port}{self._path}", data=asked.data, headers=asked.headers), timeout=10
        ) as reply:
            return reply.read()


def _children_s():
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime
