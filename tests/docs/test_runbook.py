"""The runbook is one text: what messages carry is what the page says, and every kind of alert has its entry."""

import re
from pathlib import Path

import pytest

from slipway.cli.app import build
from slipway.cli.manual import commands
from slipway.monitoring.runbook import PAGE, RUNBOOK, section
from slipway.records.trouble import AlertKind
from slipway.scoping.parse import parse

TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", AlertKind)
def test_the_page_says_of_each_kind_what_messages_say(kind):
    assert section(kind) in TEXT
    assert 2 <= len(RUNBOOK[kind].do) <= 4


def test_every_command_that_it_names_is_one():
    known = {" ".join(("slipway", *words)) for words in commands(build())}
    named = {
        found for kind in AlertKind for step in RUNBOOK[kind].do for found in re.findall(r"'(slipway [^']+)'", step)
    }
    assert len(named) > 8
    unknown = [one for one in named if not any(one == k or one.startswith(f"{k} ") for k in known)]
    assert unknown == []


def test_the_receivers_of_the_page_are_taken_as_they_stand():
    root = Path(__file__).parents[2]
    page = (root / "docs/how-to/be-told-of-alerts.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    scope = parse((root / "tests/scoping/hearts.toml").read_text(encoding="utf-8") + "\n" + shown)
    assert [(r.name, r.kind) for r in scope.alerts.receivers] == [
        ("oncall", "webhook"),
        ("team", "slack"),
        ("owner", "email"),
    ]
