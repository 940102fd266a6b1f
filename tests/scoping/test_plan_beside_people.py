"""A plan beside people is the same in a file of its own, and the template of a case knows who they are."""

from pathlib import Path

import pytest

from slipway.deployment.plan import problems
from slipway.errors import SlipwayError
from slipway.records.task import Case
from slipway.scoping.parse import parse
from slipway.scoping.plan_file import read_plan, template, write_plan

PAGE = (Path(__file__).parents[2] / "examples" / "snippets" / "slipway.toml").read_text()


def test_to_assist_people_who_are_live_is_to_work_beside_them():
    plan = template(Case.ASSIST, scope=parse(PAGE))
    assert plan.automation.person == "desk"
    assert [s.name for s in plan.stages] == ["shadow", "assist", "partial-25", "partial-50", "full", "watch"]
    assert problems(plan) == ()


def test_a_plan_beside_people_survives_its_page():
    scope = parse(PAGE)
    for plan in (scope.rollout, template(Case.ASSIST, scope=scope)):
        assert read_plan(write_plan(plan), scope=scope) == plan


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ('person      = "desk"\n', "want 'person' beside 'error_bound'"),
        ('"automation", ', ""),
    ],
)
def test_what_belongs_to_people_wants_people(spoilt, words):
    page = PAGE.replace(spoilt, "")
    if words:
        with pytest.raises(SlipwayError, match=words):
            parse(page)
    else:
        assert problems(parse(page).rollout) == (), "the shadow looks for the threshold too"
