"""What control does beside its steps: closed segments become Parquet, and none that is broken stops control."""

import subprocess
import sys
import threading
import time

import numpy as np
import polars as pl

from slipway.project.engine import Project
from slipway.serving.config_file import config_of, save_config
from slipway.serving.run_state import State, read_states
from slipway.storage.journal import SegmentWriter
from slipway.storage.layout import Layout
from slipway.testing.frames import prediction_frame
from slipway.wiring.control import run_control


def wait(condition, *, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"did not come true within {seconds} s"
        time.sleep(0.02)


def write(layout, name, *, rows, seed):
    writer = SegmentWriter(layout.journal, name=name)
    writer.append([prediction_frame(rows, rng=np.random.default_rng(seed))])
    writer.close()


def test_what_the_journal_has_closed_is_sealed_and_a_broken_segment_stops_nobody(tmp_path):
    project = Project.init(tmp_path / "p")
    layout = Layout(project.folder)
    save_config(config_of(project.scope), layout=layout)
    write(layout, "w0", rows=10, seed=0)
    (layout.journal / "w1-00000001.seg").write_bytes(b"these bytes are no segment")
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    how = {"parent": parent.pid, "keep_s": 0.05}
    control = threading.Thread(target=run_control, args=(project.folder,), kwargs=how)
    control.start()
    try:
        wait((layout.sealed / "w0-00000001.msgpack").exists)
        write(layout, "w2", rows=5, seed=1)  # after a segment that cannot be sealed
        wait((layout.sealed / "w2-00000001.msgpack").exists)
        assert pl.read_parquet(layout.sealed / "predictions" / "*.parquet").height == 15
        assert {s.name: s.state for s in read_states(layout.run)}["control"] is State.READY
    finally:
        parent.communicate(b"\n")
        control.join(20)
    assert not control.is_alive()


def test_control_lets_go_what_the_scope_no_longer_keeps(tmp_path):
    project = Project.init(tmp_path / "p")
    scope = project.folder / "slipway.toml"
    scope.write_text(scope.read_text() + '\n[journal]\nkeep = "1d"\n')
    project = Project.open(project.folder)
    layout = Layout(project.folder)
    save_config(config_of(project.scope), layout=layout)
    write(layout, "w0", rows=10, seed=0)  # received in 2023
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    control = threading.Thread(
        target=run_control, args=(project.folder,), kwargs={"parent": parent.pid, "keep_s": 0.05}
    )
    control.start()
    try:
        wait(lambda: any(e.kind == "removed-segment" for e in project.audit()))
        assert not list(layout.journal.glob("w0*"))
    finally:
        parent.communicate(b"\n")
        control.join(20)
    assert not control.is_alive()
