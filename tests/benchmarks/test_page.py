"""Pages of the documentation keep their words and get what a benchmark printed."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "page"), [("rollout", "rollouts-beside-others"), ("drift", "drift-beside-others")])
def test_a_page_keeps_its_words_and_gets_the_tables(monkeypatch, name, page):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    put = importlib.import_module("page").put
    page = (ROOT / f"docs/explanation/{page}.md").read_text()
    begin, end = (page.index(f"<!-- benchmarks/{name}.py: {word} -->") for word in ("begin", "end"))
    changed = put(page, report="what was printed", name=name)
    assert put(changed, report="what was printed", name=name) == changed
    assert changed.count("what was printed") == 1
    assert changed.startswith(page[:begin])
    assert changed.endswith(page[end:])
    with pytest.raises(SystemExit, match="marks"):
        put("no marks", report="", name=name)
