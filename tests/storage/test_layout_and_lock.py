import os
import subprocess
import sys

import pytest

from slipway.errors import Conflict, Unavailable
from slipway.storage.atomic import write_atomically
from slipway.storage.layout import Layout
from slipway.storage.lock import ControllerLock

HOLD = "import sys, pathlib; from slipway.storage.lock import ControllerLock as C\n"
HOLD += "lock = C(pathlib.Path(sys.argv[1])); lock.acquire(); print('held', flush=True); sys.stdin.read()"


def test_create_makes_every_folder_for_the_owner_only(tmp_path):
    layout = Layout(tmp_path / "flights").create()
    for folder in (layout.blobs, layout.journal, layout.sealed, layout.routes, layout.run):
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    assert (layout.state / ".gitignore").read_text() == "*\n"
    assert layout.control_url == f"sqlite:///{tmp_path}/flights/.slipway/control.db"


def test_create_twice_changes_nothing(tmp_path):
    layout = Layout(tmp_path).create()
    (layout.journal / "w-00000001.seg").write_bytes(b"x")
    layout.create()
    assert (layout.journal / "w-00000001.seg").read_bytes() == b"x"


def test_a_second_controller_is_refused_and_told_who_the_first_is(tmp_path):
    path = Layout(tmp_path).controller_lock
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=-1, stdout=-1) as first:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(Conflict, match=rf"process {first.pid} is\..*'kill {first.pid}'"):
            ControllerLock(path).acquire()
        first.kill()
        first.wait()
        with ControllerLock(path) as lock:
            lock.acquire()
            assert path.read_text().split() == [str(os.getpid())]
            lock.sign()
        with ControllerLock(path) as later:
            assert later.left == lock.name != later.name


def test_release_gives_it_back_at_once(tmp_path):
    one, two = ControllerLock(tmp_path / "l"), ControllerLock(tmp_path / "l")
    one.acquire()
    with pytest.raises(Conflict):
        two.acquire()
    one.release()
    one.release()
    two.acquire()
    two.release()


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"one")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="want to write 3 bytes, got 'No space left on device'"):
        write_atomically(path, b"two")
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
