"""What a message or a page tells people to install is there to be installed."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_extra_that_is_named_is_one():
    page = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = page["project"]["optional-dependencies"].keys()
    files = [ROOT / "README.md", *(f for part in ("src", "docs", "examples") for f in (ROOT / part).rglob("*"))]
    named = {
        extra: file.relative_to(ROOT)
        for file in files
        if file.suffix in {".py", ".md", ".toml"}
        for group in re.findall(r"slipway\[([a-z0-9, ]+)\]", file.read_text(encoding="utf-8"))
        for extra in group.replace(" ", "").split(",")
    }
    assert {"s3", "grpc", "train"} <= named.keys(), "this looks at nothing"
    assert {extra: file for extra, file in named.items() if extra not in extras} == {}
