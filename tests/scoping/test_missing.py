"""What is missing for which step, in the order of a project's life."""

from pathlib import Path

from slipway.records.alert import Step
from slipway.scoping.missing import Have, missing
from slipway.scoping.parse import parse

PAGE = (Path(__file__).parent / "hearts.toml").read_text()
STEPS = [Step.SCOPING, Step.DATA, Step.MODELING, Step.DEPLOYMENT]


def whats(page, *have):
    return [m.what for m in missing(parse(page), have=have)]


def test_it_comes_in_the_order_of_the_life():
    steps = [m.step for m in missing(parse(PAGE))]
    assert steps == sorted(steps, key=STEPS.index)
    assert set(steps) == set(STEPS)


def test_what_is_there_is_not_missing():
    page = PAGE.replace("@example.org", "@ward3.test").replace("kill_above", "human_level = 0.05\nkill_above")
    page = page.replace("low = 0", "required = true, low = 0") + "\n[budgets]\nlatency_p99_ms = 9\n"
    assert whats(page, *Have) == ["the value", "what answers today", "a reason why it is feasible", "the data at hand"]
    words = "".join(f'{key} = "known"\n' for key in ("value", "today", "feasibility", "data"))
    assert whats(page.replace("[project]\n", f"[project]\n{words}"), *Have) == []


def test_a_dataset_without_a_baseline_is_not_enough():
    assert "the trivial baseline" in whats(PAGE, Have.DATASET)
    assert "a dataset version" not in whats(PAGE, Have.DATASET)
    assert "a dataset version" in whats(PAGE)


def test_a_live_system_that_was_not_measured_is_missing():
    assert "the present system's score" in whats(PAGE, Have.DATASET, Have.TRIVIAL_BASELINE)


def test_without_a_live_arm_a_route_is_needed():
    page = PAGE.replace('live = "rule"\n', "").replace('"replace"', '"new"')
    assert "a live arm" in whats(page)
    assert "a live arm" not in whats(page, Have.ROUTE)


def test_every_line_says_why_and_what_to_do():
    for item in missing(parse(PAGE)):
        assert str(item).startswith(f"for {item.step}: {item.what}. ")
        assert item.why.endswith(".")
        assert item.way_out.endswith(".")
