"""The runbook is one text: what messages carry is what the page says, and every kind of alert has its entry."""

from pathlib import Path

import pytest

from slipway.monitoring.runbook import PAGE, RUNBOOK, section
from slipway.records.trouble import AlertKind

TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", AlertKind)
def test_the_page_says_of_each_kind_what_messages_say(kind):
    assert section(kind) in TEXT
    assert 2 <= len(RUNBOOK[kind].do) <= 4
