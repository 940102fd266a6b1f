"""The page on adding a test is a program that runs: its file, its exam and its calibration."""

import doctest
import re
import types
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-test.md"


@pytest.fixture(scope="module")
def page():
    module = types.ModuleType("add_a_test")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), module.__dict__)  # noqa: S102  # our own page
    return module


def test_the_example_of_the_example_is_true(page):
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for test in finder.find(page.SignTest, "SignTest", globs=vars(page)):
        runner.run(test)
    assert runner.summarize().attempted >= 2
    assert runner.failures == 0


def test_the_example_passes_the_exam(page):
    for law in page.LAWS:
        law(page.CASES[0])


def test_the_calibration_of_the_page_holds(page):
    assert 0 < page.row.false_alarms <= page.row.limit
