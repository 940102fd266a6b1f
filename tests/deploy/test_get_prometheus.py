"""CI gets Prometheus's tools where they can be had; where they cannot, it neither hangs nor fails for that."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "get-prometheus"
NEEDED = ("sh", "id", "mktemp", "rm", "chmod", "timeout", "mkdir", "cp")


@pytest.fixture
def machine(tmp_path):
    """A machine of few programs: those that the script needs, and what a test adds."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name))

    def add(name, says):
        (programs / name).write_text(f"#!/bin/sh\n{says}\n")
        (programs / name).chmod(0o755)

    def get():
        env = {"PATH": str(programs), "TMPDIR": str(tmp_path)}
        done = subprocess.run(["sh", SCRIPT, tmp_path / "tools"], env=env, capture_output=True, timeout=60, check=False)
        assert not list(tmp_path.glob("tmp.*")), "something was left behind"
        return done.returncode, sorted(p.name for p in (tmp_path / "tools").glob("*"))

    return add, get


def test_what_is_there_already_will_do(machine):
    add, get = machine
    add("promtool", "exit 0")
    add("prometheus", "exit 0")
    assert get() == (0, [])


def test_a_system_without_apt_has_none(machine):
    _, get = machine
    assert get() == (1, [])


def test_apt_without_a_network_is_no_fault_of_ours(machine):
    add, get = machine
    add("apt-get", "exit 100")
    add("dpkg-deb", "exit 1")
    assert get() == (1, [])


UNPACKS = """mkdir -p "$3/usr/bin"
for name in promtool prometheus; do printf '#!/bin/sh\\nexit %s\\n' > "$3/usr/bin/$name"; done
chmod 755 "$3"/usr/bin/*"""


@pytest.mark.parametrize(("status", "got"), [(0, (0, ["prometheus", "promtool"])), (1, (1, []))])
def test_what_apt_gives_is_unpacked_and_tried(machine, status, got):
    add, get = machine
    add("apt-get", '[ "$1" = update ] || : > prometheus_1_all.deb')
    add("dpkg-deb", UNPACKS % status)
    assert get() == got


def test_the_script_may_be_run():
    assert os.access(SCRIPT, os.X_OK)
