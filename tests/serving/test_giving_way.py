"""Who gives way does so as the kernel weighs him: as a process, and as the session that the supervisor made of him."""

import subprocess
import sys
from pathlib import Path

import pytest

_GROUP = Path("/proc/self/autogroup")
_SCRIPT = """
import os, sys
from pathlib import Path
from slipway.serving.giving_way import give_way
group = Path(sys.argv[1])
print(give_way(7, group=group), os.nice(0), (group.read_text().split() or ["root"])[-1] if group.is_file() else "none")
"""


def _said(group: Path, *, session: bool) -> list[str]:
    words = [sys.executable, "-c", _SCRIPT, str(group)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, start_new_session=session)
    return ran.stdout.split()


@pytest.mark.skipif(not _GROUP.exists(), reason="this kernel weighs no sessions")
def test_a_session_of_ones_own_gives_way_as_a_whole_and_the_callers_does_not():
    before = (_GROUP.read_text().split() or ["root"])[-1]  # nothing is said of who is in no session's group
    returned, process, group = _said(_GROUP, session=True)
    assert int(returned) >= 7
    assert returned == process == group
    assert _said(_GROUP, session=False)[2] == before


def test_without_sessions_the_process_gives_way_alone(tmp_path):
    returned, process, group = _said(tmp_path, session=True)  # a folder takes no text
    assert int(returned) >= 7
    assert (returned, group) == (process, "none")
