"""Pages that are run: what a reader would type is typed, in the order of the page, in a folder of its own.

A block marked ``sh`` or ``python`` runs. One that does not is preceded by a line that says why:
``<!-- not run: the reason -->``. A ``text`` block that follows one shows what a reader sees: each of its lines must be
in what was printed, numbers and hashes aside; of a page whose prose rests on its numbers, shares and points too. A line
that ends in ``&`` runs until the page has been read. Nothing is changed but ports, which may be taken on this machine.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from slipway.project.server import free_ports

ROOT = Path(__file__).parents[2]
FENCE = re.compile(
    r"^(?:<!-- not run: (?P<why>.*?) -->\n+)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", flags=re.DOTALL | re.MULTILINE
)
START_S = 60.0


class Block(NamedTuple):
    """A fenced block: its kind, its text, the line it starts on, and why it is not run, if it is not."""

    kind: str
    text: str
    line: int
    why_not: str


def blocks_of(page):
    """Return the fenced blocks of a page, in order."""
    text = Path(page).read_text(encoding="utf-8")
    return [
        Block(m["kind"], m["text"], text[: m.start()].count("\n") + 1, (m["why"] or "").strip())
        for m in FENCE.finditer(text)
    ]


class Reader:
    """Follows a page in an empty folder."""

    def __init__(self, folder):
        self.cwd, self.home, self.port, self.said = folder, folder, free_ports(), ""
        self.other_port = free_ports()
        self._server, self._beside = None, []
        self.env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def follow(self, block):
        """Run a block; whatever it prints is kept in ``said``."""
        self.said = ""
        if block.kind == "python":
            self._run([sys.executable, "-W", "error::UserWarning", "-c", self._here(block.text)])
            return
        for line in commands(block.text):
            self._type(self._here(line))

    def copy(self, project):
        """Lay a project out in the folder that the page begins in."""
        shutil.copytree(project, self.cwd, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".slipway"))
        scope = self.cwd / "slipway.toml"
        scope.write_text(self._here(scope.read_text(encoding="utf-8")), encoding="utf-8")

    def close(self):
        """Stop what the page started; each must have run until now."""
        ended = [words for words, process in self._beside if process.poll() is not None]
        for _, process in self._beside:
            process.kill()
            process.wait()
        assert ended == [], "what the page started beside it has stopped by itself"
        if self._server is not None:
            assert self._server.poll() is None, "the server of the page has stopped by itself"
            self._server.terminate()
            assert self._server.wait(30) == 0

    def _here(self, text):
        ports = {"8080": self.port, "8081": self.port + 1, "9000": self.other_port}
        for shown, taken in ports.items():
            text = text.replace(shown, str(taken))
        return text

    def _type(self, line):
        if line.split()[:2] == ["slipway", "serve"]:
            self._serve(shlex.split(line)[2:])
        elif line.endswith(" &"):
            self._start(line.removesuffix(" &"))
        elif line.startswith("curl ") and shutil.which("curl") is None:
            self._curl(shlex.split(line))
        else:
            place = self.home / ".place"
            self._run(["sh", "-ec", f"{line}\npwd > {shlex.quote(str(place))}"])
            self.cwd = Path(place.read_text(encoding="utf-8").strip())

    def _run(self, words):
        env = self.env | {"PYTHONPATH": str(self.cwd)}
        how = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        done = subprocess.run(words, cwd=self.cwd, env=env, timeout=120, check=False, **how)
        self.said += done.stdout + done.stderr
        assert done.returncode == 0, f"{words[-1]}\n{self.said}"
        assert "Traceback" not in self.said, self.said

    def _start(self, line):
        """Start what answers on the other port, and wait until it does."""
        process = subprocess.Popen(["sh", "-c", f"exec {line}"], cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL)
        self._beside.append((line, process))
        deadline = time.monotonic() + START_S
        while not answers(self.other_port, "v2/health/ready"):
            assert process.poll() is None, f"{line}: it ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{line}: nothing answers"
            time.sleep(0.1)

    def _serve(self, words):
        words = ["slipway", "serve", *words, "--port", str(self.port)]
        with (self.home / "serve.log").open("wb") as log:
            self._server = subprocess.Popen(words, cwd=self.cwd, env=self.env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not all(answers(self.port + i, path) for i, path in enumerate(["health/ready", "status"])):
            assert self._server.poll() is None, (self.home / "serve.log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the server was not ready in time"
            time.sleep(0.1)

    def _curl(self, words):
        """Send what the line says, on a machine that has no curl."""
        data = words[words.index("-d") + 1]
        url = next(w for w in words[1:] if "localhost" in w)
        reply = httpx.post(f"http://{url}", content=data)
        assert reply.status_code == 200, reply.text
        self.said += reply.text


def commands(text):
    """Return the commands of a shell block: comments and blank lines left out, continued lines joined."""
    lines = text.replace("\\\n", " ").splitlines()
    bare = (re.sub(r"(^|\s+)# .*$", "", line).strip() for line in lines)
    return [line for line in bare if line]


def answers(port, path):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def plain(text):
    """Return text with numbers, hashes and the width of columns taken out."""
    return " ".join(re.sub(r"\d[\d,.]*(e[+-]?\d+)?", "#", hashless(text)).split())


def unseen(block, *, said):
    """Return the lines of a text block that were not printed."""
    printed = plain(said)
    return [line for line in block.text.splitlines() if line.strip(" .") and plain(line.strip(" .")) not in printed]


NUMBER = r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?"
NEAR, NEAR_SHARE = 0.5, 0.02


def astray(block, *, said):
    """Return the lines of a text block with shares or points that were printed with none that are near."""
    lines = [line.strip(" .") for line in block.text.splitlines() if " %" in line or " points" in line]
    return [line for line in lines if not any(near(line, other) for other in pattern(line).findall(said))]


def pattern(line):
    """Return what finds a line with other numbers, hashes and widths of columns."""
    words = hashless(line).split()
    shown = (re.escape(re.sub(NUMBER, "~", word)).replace(r"\~", NUMBER).replace(r"\#", "[0-9a-f]+") for word in words)
    return re.compile(r"\s+".join(shown))


def near(line, other):
    """Tell whether the numbers of two lines are the same, to half a unit and two in a hundred."""
    ours, theirs = ([float(n.replace(",", "")) for n in re.findall(NUMBER, hashless(text))] for text in (line, other))
    pairs = zip(ours, theirs, strict=True)
    return len(ours) == len(theirs) and all(abs(a - b) <= NEAR + NEAR_SHARE * abs(a) for a, b in pairs)


def hashless(text):
    """Return text with hashes taken out."""
    return re.sub(r"\b[0-9a-f]{8,}\b", "#", text)


@pytest.fixture(scope="session")
def docs():
    """The helpers above, for tests of pages."""
    return sys.modules[__name__]


@pytest.fixture
def reader(tmp_path):
    reader = Reader(tmp_path)
    yield reader
    reader.close()
