"""The control store is lost: who serves goes on, what can be checked is checked, and control comes back by itself."""

import shutil
import subprocess
import sys
import time

import httpx
import pytest

from slipway import Project
from slipway.errors import Corrupt
from slipway.project.rollouts import open_first_route
from slipway.project.server import free_ports
from slipway.serving.run_state import State, read_states


@pytest.fixture
def project(tmp_path):
    """A project with a route in force and a blob, closed, and a copy of its control store beside it."""
    made = Project.init(tmp_path / "p")
    open_first_route(made._parts, controller=made._controller, by="test")
    made._parts.blobs.put(b"a package")
    made._parts.store.close()
    shutil.copy(made._parts.layout.control_db, tmp_path / "copy.db")
    return Project.open(tmp_path / "p")


@pytest.fixture
def damaged(project):
    project._parts.layout.control_db.write_bytes(b"not a database" * 1000)
    return project


@pytest.fixture
def server(damaged, tmp_path):
    """The real command on a damaged store: (address, what it says on stderr)."""
    port, said = free_ports(), tmp_path / "stderr"
    words = [sys.executable, "-m", "slipway.cli.app", "serve", "--project", damaged.folder, "--port", str(port)]
    with said.open("wb") as err, subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=err) as process:
        try:
            yield f"http://127.0.0.1:{port}", said
        finally:
            process.terminate()
            process.wait(30)


def wait(condition, *, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if got := condition():
            return got
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s")


def is_ready(url):
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


def told_by_control(project):
    return next((s for s in read_states(project._parts.layout.run) if s.name == "control"), None)


def test_without_its_store_it_serves_the_route_in_force_and_control_waits_for_it(server, damaged, tmp_path):
    url, said = server
    wait(lambda: is_ready(url))
    row = {field.name: 0.5 for field in damaged.scope.fields} | {damaged.scope.task.entity: "someone"}
    reply = httpx.post(f"{url}/predict", json=row)
    assert reply.status_code == 200, reply.text
    assert "control.db: want a database" in said.read_text()
    assert "no rollout moves" in said.read_text()
    waiting = wait(lambda: told_by_control(damaged))
    assert waiting.state is State.STARTING
    assert "control.db: want a database" in waiting.trouble
    shutil.copy(tmp_path / "copy.db", damaged._parts.layout.control_db)
    wait(lambda: told_by_control(damaged).state is State.READY)
    assert told_by_control(damaged).pid == waiting.pid
    assert is_ready(url)


def test_what_can_be_verified_without_the_store_is(damaged):
    done = subprocess.run(
        [sys.executable, "-m", "slipway.cli.app", "journal", "verify", "--project", damaged.folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert "1 blob were read, the audit chain could not be; 1 thing not as written: control store" in said
    assert "want a database" in said
    assert "control.db" in done.stdout.replace("\n", "").replace(" ", "")  # a long path is broken over lines


def test_a_blob_that_changed_is_found_without_the_store(damaged):
    blobs = damaged._parts.blobs
    (blob,) = blobs.ids()
    next(damaged._parts.layout.blobs.rglob(blob)).write_bytes(b"another")
    found = damaged.verify()
    assert not found.holds
    assert [blob in error for error in found.errors] == [False, True]


def test_without_store_and_route_it_refuses(damaged):
    for file in damaged._parts.layout.routes.glob("*.msgpack"):
        file.unlink()
    with pytest.raises(Corrupt, match="want a database"):
        damaged.serve(port=free_ports())


def test_a_store_that_was_emptied_makes_no_second_first_route(project):
    """It would have another secret, and everyone would be dealt anew."""
    project._parts.layout.control_db.unlink()
    with pytest.raises(Corrupt, match="version 1 is in force, found none"):
        open_first_route(project._parts, controller=project._controller, by="test")
    assert not project._parts.store.audit()
