"""A peer is one file whose header says what to install and how to start it; its environment is made from that.

The header is that of PEP 723, with a table ``[tool.peer]``:

    title     what tables call it
    own       it runs in this environment, with the Slipway that is being measured
    packaged  it is a model server that one installs, not a framework in which one writes it
    needs     a program that must be there
    setup     command to run before each start
    command   command that serves
    path      path of its predictions
    body      form of its requests (see load.py)
    many      path and body of requests with several rows, where they differ
    binary    path and body of such requests as binary tensors, where it takes them
    rows      numbers of rows that it can be asked with
    answers   whether its replies hold scores to be checked
    canary    whether the second model answers a part of the requests
    env       further environment variables
    batching  how it batches across requests where BATCHING is set, in words; its second form is "name+batching"

In commands {python}, {bin}, {file}, {folder}, {port} and {work} are filled in, and WORK, PORT and MODEL are set.
"""

import hashlib
import os
import re
import resource
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "peers"
ENVIRONMENTS = Path(__file__).parents[1] / ".envs"
BATCHING = "+batching"
_IDLE_S = 1.0
_LOOK_S, _IDLE, _ROOM = 0.3, 0.2, 0.3
"""Who for so long takes no more than this share of a core, though so much of one was free, rests."""
_HEADER = re.compile(r"^# /// script\n((?:#.*\n)+?)# ///$", re.MULTILINE)
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class Unusable(Exception):
    """A peer cannot be installed or started here; the table says why."""


class Peer(NamedTuple):
    """One server to ask, by its header."""

    name: str
    file: Path
    wants: tuple[str, ...]
    facts: dict

    @property
    def title(self):
        return self.facts["title"] + (f", batching ({self.facts['batching']})" if self.batches else "")

    @property
    def batches(self):
        """Whether this is the form that batches across requests."""
        return self.name.endswith(BATCHING)

    @property
    def home(self):
        """The environment, which both forms share."""
        return ENVIRONMENTS / self.file.stem

    @property
    def python(self):
        return Path(sys.executable) if not self.wants else self.home / "bin" / "python"

    def form(self, rows, *, binary=False):
        """Return (path, body) of requests with so many rows."""
        many = self.facts["binary"] if binary else self.facts.get("many", {})
        facts = self.facts | (many if rows > 1 else {})
        return facts["path"], facts["body"]


def read(name, *, folder=FOLDER):
    """Return the peer of that name; with ``+batching`` behind it, in the form that batches across requests."""
    file = folder / f"{name.removesuffix(BATCHING)}.py"
    found = _HEADER.search(file.read_text())
    lines = (line.removeprefix("#").removeprefix(" ") for line in found[1].splitlines())
    header = tomllib.loads("\n".join(lines))
    return Peer(name, file, tuple(header["dependencies"]), header["tool"]["peer"])


def install(peer, *, binary=False):
    """Make the peer's environment if it is not there as its header has it, and return the versions of what it wants.

    Raises:
        Unusable: It cannot be installed, or takes no binary tensors where these are to be sent.
    """
    if binary and "binary" not in peer.facts:
        raise Unusable("it takes no binary tensors")
    if (program := peer.facts.get("needs")) and shutil.which(program) is None:
        raise Unusable(f"{program} is not installed")
    if not peer.wants:
        return {}
    home = peer.home
    stamp, wanted = home / "made", hashlib.sha256("\n".join(peer.wants).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {peer.title} ...", file=sys.stderr, flush=True)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [peer.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *peer.wants]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unusable(f"cannot be installed: {done.stderr.strip().splitlines()[-1]}")
        stamp.write_text(wanted)
    said = subprocess.run([peer.python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    known = dict(line.lower().split("==") for line in said.splitlines() if "==" in line)
    names = [re.split(r"[\[<>=]", want)[0].lower() for want in peer.wants]
    return {name: known[name] for name in names if name in known}


@contextmanager
def started(peer, *, model, work, ready):
    """Run the peer and yield (port, process id) once ``ready(port)`` says so; end it and all its children after.

    Raises:
        Unusable: Its setup failed, it died, or it was not ready within 90 seconds; with the last words of its log.
    """
    work.mkdir(parents=True, exist_ok=True)
    work.chmod(0o777)  # nginx leaves root, and must still write here
    port = free_port()
    places = {"python": peer.python, "bin": peer.python.parent, "file": peer.file, "folder": FOLDER, "port": port}
    places["work"] = work
    env = {k: os.environ[k] for k in _KEPT if k in os.environ}
    env |= {"MODEL": str(model), "PORT": str(port), "WORK": str(work), "OMP_NUM_THREADS": "1"}
    ours = [os.environ["PYTHONPATH"]] if peer.facts.get("own") and "PYTHONPATH" in os.environ else []
    env |= {
        "PYTHONPATH": ":".join([str(FOLDER), *ours]),
        "PATH": f"{peer.python.parent}:{env['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # so that the last words of a log are about what went wrong
    }
    env |= {"BATCHING": "1"} if peer.batches else {}
    env |= {k: v.format(**places) for k, v in peer.facts.get("env", {}).items()}
    log = work / "log"
    with log.open("wb") as out:
        if setup := peer.facts.get("setup"):
            words = shlex.split(setup.format(**places))
            if subprocess.run(words, env=env, cwd=work, stdout=out, stderr=out, check=False).returncode:
                raise Unusable(f"its setup failed: {_last(log)}")
        words = shlex.split(peer.facts["command"].format(**places))
        process = subprocess.Popen(words, env=env, cwd=work, stdout=out, stderr=out, start_new_session=True)
    try:
        until = time.monotonic() + 90
        while not ready(port):
            if process.poll() is not None:
                raise Unusable(f"it ended with {process.returncode}: {_last(log)}")
            if time.monotonic() > until:
                raise Unusable(f"it was not ready in 90 s: {_last(log)}")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        end(process)


def end(process):
    """End a process and all that descend from it: first with SIGTERM to the one at the top, then with SIGKILL."""
    below = descendants(process.pid)
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in below:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def free_port():
    """Return a port that is free with the two behind it, which some servers take for themselves."""
    while True:
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except (OSError, OverflowError):
                continue
            return port


def descendants(root):
    """Return the process ids below one, itself not included."""
    parents = {pid: parent for pid, parent, _ in _processes()}
    found = {root}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {root}


def cpu_s(root):
    """Return the processor time, system calls included, of a process and all below it that live now."""
    below = descendants(root) | {root}
    return sum(ticks for pid, _, ticks in _processes() if pid in below) / os.sysconf("SC_CLK_TCK")


def idle(root):
    """Return the share of a core that a server takes while nobody asks it."""
    before = cpu_s(root)
    time.sleep(_IDLE_S)
    return (cpu_s(root) - before) / _IDLE_S


def rest(root, *, most_s=5.0):
    """Wait until a server that nobody asks any more does nothing that counts; return how many seconds that took.

    Who leaves work for later is not to be taken for one who does not do it, nor who finds no room for it, because
    others use the machine, for one who has none.
    """
    began = time.monotonic()
    while time.monotonic() - began < most_s:
        before, busy_before = cpu_s(root), busy_s()
        time.sleep(_LOOK_S)
        room = os.cpu_count() - (busy_s() - busy_before) / _LOOK_S
        if room >= _ROOM and cpu_s(root) - before <= _IDLE * _LOOK_S:
            break
    return max(0.0, time.monotonic() - began - _LOOK_S)


def busy_s():
    """Return the processor time that the whole machine has spent on anything."""
    values = [int(v) for v in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(values[i] for i in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")  # user, nice, system, interrupts


def own_s():
    """Return the processor time of this process and of the children it has waited for, wrk among them."""
    taken = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(t.ru_utime + t.ru_stime for t in taken)


def _processes():
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), int(values[1]), int(values[11]) + int(values[12])


def _last(log):
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "it said nothing"
