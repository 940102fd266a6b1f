"""The README's promise: from a fitted estimator to a shadowed model in ten lines of one's own code and two commands."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def quickstart(docs):
    text = README.read_text(encoding="utf-8")
    first = text[: text.index("## Quickstart")].count("\n")
    last = text[: text.index("## How it decides")].count("\n")
    return [block for block in docs.blocks_of(README) if first < block.line <= last]


def test_it_is_short_and_all_of_it_runs(quickstart, docs):
    assert [block.kind for block in quickstart] == ["sh", "python", "sh", "sh"]
    assert [block.why_not for block in quickstart] == [""] * 4
    code = [line for line in quickstart[1].text.splitlines() if line.split("#")[0].strip()]
    assert len(code) <= 10
    assert len(docs.commands(quickstart[2].text)) == 2


def test_what_it_ends_with_is_a_model_in_the_shadow_of_the_rule(quickstart, reader):
    for block in quickstart:
        reader.follow(block)
    answer, _ = json.JSONDecoder().raw_decode(reader.said)
    assert (answer["id"], answer["arm"], answer["fallback"]) == ("a1", "radius-rule", False)
    assert '"accepted":1' in reader.said
    assert "beside radius-rule" in reader.said
    assert "in stage shadow" in reader.said
