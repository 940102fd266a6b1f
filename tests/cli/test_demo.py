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


def test_an_earlier_demo_is_replaced_unless_it_is_kept(tmp_path):
    (tmp_path / ".slipway").mkdir()
    (tmp_path / "slipway.toml").write_text("")
    with pytest.raises(Conflict, match="--keep"):
        demo.demo(folder=tmp_path, keep=True)
    assert (tmp_path / "slipway.toml").exists()


def test_a_missing_part_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "NEEDS", ("sklearn", "no_such_module_at_all"))
    with pytest.raises(MissingExtra, match=r"no_such_module_at_all is not.*pip install 'slipway\[demo\]'"):
        demo.demo(folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()
