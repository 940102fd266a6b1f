"""The demo makes room for itself, and only for itself."""

import pytest

from slipway.cli import demo
from slipway.errors import Conflict, MissingExtra


def test_it_finds_the_example_that_it_tells():
    assert {"story.py", "model.py", "slipway.toml"} <= {p.name for p in demo.source().iterdir()}


def test_a_folder_that_holds_something_else_is_never_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(Conflict, match="something else"):
        demo.demo(folder=tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_somebodys_own_project_is_never_touched(tmp_path):
    (tmp_path / ".slipway").mkdir()
    (tmp_path / "slipway.toml").write_text("")
    with pytest.raises(Conflict, match="something else"):
        demo.demo(folder=tmp_path)
    assert (tmp_path / "slipway.toml").exists()


def test_an_earlier_demo_is_kept_if_asked(tmp_path):
    for file in ("slipway.toml", "story.py"):
        (tmp_path / file).write_text("")
    with pytest.raises(Conflict, match="--keep"):
        demo.demo(folder=tmp_path, keep=True)
    assert (tmp_path / "slipway.toml").exists()


def test_a_demo_that_was_cut_short_is_replaced(tmp_path, monkeypatch):
    for file in ("slipway.toml", "story.py"):
        (tmp_path / file).write_text("half a")
    monkeypatch.setattr(demo, "_story", lambda: lambda folder, *, fast, console: 0)
    demo.demo(folder=tmp_path)
    assert (tmp_path / "slipway.toml").read_text() != "half a"


def test_a_missing_part_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "NEEDS", ("sklearn", "no_such_module_at_all"))
    with pytest.raises(MissingExtra, match=r"no_such_module_at_all is not.*pip install 'slipway\[demo\]'"):
        demo.demo(folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()
