"""The reference says what the commands say; neither can change without the other."""

from pathlib import Path

from slipway.cli.app import build
from slipway.cli.manual import commands, help_of, manual

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_reference_is_what_help_prints():
    assert DOCS.read_text() == manual(), "run: python -m slipway.cli.manual > docs/reference/cli.md"


def test_every_command_takes_json_and_project_and_says_what_it_is_for():
    app = build()
    for words in commands(app):
        page = help_of(app, words)
        assert "--json" in page, words
        assert "--project" in page, words
        assert len(page.split("\n\n")[1]) > 20, words


def test_no_help_page_is_wider_than_a_hundred_columns():
    app = build()
    pages = [help_of(app, ())] + [help_of(app, w) for w in commands(app)]
    assert max(len(line) for page in pages for line in page.splitlines()) <= 100
