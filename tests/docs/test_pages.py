"""Every page that shows commands or Python is followed, step by step, as a reader would."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(400)

ROOT = Path(__file__).parents[2]
FOLLOWED = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "docs" / "tutorial.md",
        ROOT / "docs" / "tutorial-flights.md",
        ROOT / "docs" / "tutorial-labels.md",
        *(ROOT / "docs" / "how-to").glob("*.md"),
        *(ROOT / "docs" / "explanation").glob("*.md"),
    ]
)
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
]
PAGES = [file for file in TRACKED if file.suffix == ".md" and file.exists()]


def name(page):
    return page.relative_to(ROOT).as_posix()


LONG = {
    "docs/tutorial.md", "docs/tutorial-flights.md", "docs/tutorial-labels.md", "docs/how-to/find-where-it-is-wrong.md",
    "docs/how-to/bring-a-notebook.md", "docs/how-to/plan-a-rollout.md", "docs/how-to/train-and-search.md",
    "docs/how-to/compare-two-runs.md", "docs/explanation/flights-of-2013.md",
}  # fmt: skip
"""Pages that train and serve for many seconds: followed by ``make slow``, and by ``make docs``."""

WITHIN = {
    "docs/tutorial-flights.md": "examples/flights",
    "docs/explanation/flights-of-2013.md": "examples/flights",
    "docs/tutorial-labels.md": "examples/cats",
}
"""Pages that are followed in a copy of a project."""

BY_NUMBER = {"docs/tutorial-flights.md", "docs/explanation/flights-of-2013.md"}
"""Pages whose prose rests on shares and points: these are compared too."""


@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=[pytest.mark.slow] * (name(p) in LONG), id=name(p)) for p in FOLLOWED]
)
def test_a_reader_can_follow_it(page, reader, docs):
    if name(page) in WITHIN:
        reader.copy(ROOT / WITHIN[name(page)])
    ran = None
    for block in docs.blocks_of(page):
        where = f"{name(page)}, line {block.line}"
        if block.kind in ("sh", "python"):
            assert not block.why_not or len(block.why_not) > 15, f"{where}: say why it is not run"
            ran = None if block.why_not else block
            if ran:
                reader.follow(block)
        elif block.kind == "text" and ran:
            assert docs.unseen(block, said=reader.said) == [], f"{where}: not in what was printed:\n{reader.said}"
            assert name(page) not in BY_NUMBER or docs.astray(block, said=reader.said) == [], f"{where}:\n{reader.said}"


def test_what_was_never_printed_is_noticed(docs):
    block = docs.Block("text", "Dataset main 052b81c7e38f\n  rows  569 (train 398)\n...\n", 1, "")
    assert docs.unseen(block, said="Dataset main 99aaef76c1d2\n  rows 12\n") == ["  rows  569 (train 398)"]
    assert docs.unseen(block, said="Dataset main 99aaef76c1d2\n  rows   12 (train 3)\n") == []


def test_a_share_that_went_astray_is_noticed(docs):
    line = "  model    error     test      8.5 %  6.2 % to 10.9 %   15,583"
    block = docs.Block("text", f"{line}\nbetter by -0.79 points [-1.59, +0.02] on 18 units.\n# rows 7\n", 1, "")
    rest = "better by -0.81 points [-1.60, +0.01] on 18 units.\n"
    assert docs.astray(block, said="model error test 8.6 % 6.1 % to 11.0 % 15,583\n" + rest) == []
    assert docs.astray(block, said="model error test 12.3 % 9.4 % to 15.4 % 15,583\n" + rest) == [line.strip()]
    assert len(docs.astray(block, said=line + "\nbetter by +0.79 points [-0.02, +1.59] on 18 units.")) == 1


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]*`", "", text)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if file in made_by_make():
            continue
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def made_by_make():
    """Return the pages that a command of the Makefile writes; until somebody has run it they may not be there."""
    recipes = re.findall(r"^\t.*$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return {ROOT / word for recipe in recipes for word in recipe.split() if word.startswith("docs/")}


def anchors(page):
    """Return the names that headings of a page can be reached by."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_nothing_names_a_machine_or_a_package_host():
    """A path of one machine, or an index that packages came from, is nobody else's business."""
    hosts = ("pypi." + "org", "pythonhosted." + "org", "index-" + "url http", "--extra-index" + "-url ")
    paths = ("/work" + "/", "/home" + "/", "/root" + "/", ".." + "/shared")
    found = []
    for file in TRACKED:
        if not file.is_file() or file.suffix in (".png", ".parquet", ".onnx"):
            continue
        text = file.read_text(encoding="utf-8", errors="replace").lower()
        found += [(name(file), word) for word in (*hosts, *paths) if word in text]
    assert found == []
