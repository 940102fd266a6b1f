"""The walk through the questions: each answer checked at once, what nobody knows a gap, the page as it was answered."""

import tomllib

import pytest

from slipway.errors import BadInput
from slipway.scoping.interview import Draft, answer, gaps, next_question, skip, take, take_fields
from slipway.scoping.keys import TABLES
from slipway.scoping.page import answers, page
from slipway.scoping.parse import parse
from slipway.scoping.questions import QUESTIONS, Form

ANSWERS = {
    "project.name": "hearts",
    "project.need": "Know who needs a second look.",
    "project.value": "A bed saved.",
    "project.case": "replace",
    "project.today": "A rule on the age.",
    "task.x": "Two measurements.",
    "task.y": "The patient comes back.",
    "task.kind": "binary",
    "task.target": "back",
    "task.entity": "patient",
    "task.time": "seen",
    "fields": "age: number, ward: category",
    "fields.required": "age",
    "fields.privacy": "ward: pseudonym",
    "arms.present": "age > 70",
    "metric.why": "A missed case costs five visits.",
    "metric.false_positive_cost": "1",
    "metric.false_negative_cost": "5",
    "metric.target": "0.1",
    "metric.margin": "0.01",
    "metric.human_level": "0.08",
    "metric.kill_above": "0.3",
    "project.kill": "Stop when it is worse than the rule.",
    "project.feasibility": "Nurses guess nine of ten right.",
    "project.data": "5,000 visits.",
    "data.source": "model.py:load",
    "model.train": "model.py:train",
    "serving.mode": "realtime",
    "serving.place": "cloud",
    "budgets.latency_p99_ms": "50",
    "budgets.qps": "20",
    "budgets.memory_mb": "500",
    "project.owner": "Ward 3 <ward3@clinic.test>",
}


def walk(given, draft=Draft({})):  # noqa: B008 - immutable
    while (question := next_question(draft)) is not None:
        text = given.get(question.key)
        draft = skip(draft, question) if text is None else answer(draft, question, text)
    return draft


def at(key, draft):
    return next(q for q in QUESTIONS if q.key == key), draft


def test_every_answer_lands_where_the_file_has_it():
    assert set(ANSWERS) == {q.key for q in QUESTIONS}
    draft = walk(ANSWERS)
    assert gaps(draft) == ()
    scope = parse(page(draft))
    assert (scope.project.value, scope.project.case, scope.task.time) == ("A bed saved.", "replace", "seen")
    assert [(f.name, f.kind, f.required, f.privacy) for f in scope.fields] == [
        ("age", "number", True, "clear"),
        ("ward", "category", False, "pseudonym"),
    ]
    assert (scope.live, scope.arms[0].rule, scope.metric.false_negative_cost) == ("present", "age > 70", 5.0)
    assert (scope.budgets.qps, scope.metric.kill_above, scope.metric.human_level) == (20, 0.3, 0.08)


def test_the_page_has_a_reason_beside_each_answer_and_each_gap():
    some = {k: v for k, v in ANSWERS.items() if k not in ("project.value", "metric.human_level", "budgets.qps")}
    text = page(walk(some))
    for question in QUESTIONS:
        if question.form not in (Form.REQUIRED, Form.PRIVACY, Form.ARM) and question.key != "fields":
            assert question.why in text, question.key
    assert "# value = ...   not known yet." in text
    assert "# human_level = ...   not known yet." in text
    assert parse(text).metric.human_level is None


def test_what_nobody_knows_is_a_gap_and_never_a_default():
    draft = walk({})
    assert {q.key for q in gaps(draft)} == {q.key for q in QUESTIONS if q.when({})}
    assert draft.table == {}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.key)
def test_each_question_says_why_gives_an_example_and_is_about_a_key_of_the_file(question):
    assert question.ask.endswith(("?", "better.", "distance."))
    assert question.why.endswith(".")
    assert question.example
    table, _, name = question.key.partition(".")
    known = {t.split(".")[0]: {k.name for k in keys} for t, keys in TABLES.items() if "[]" not in t}
    assert name in known[table] or table in ("fields", "arms")


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("project.name", "My Hearts", "Write 'my-hearts'."),
        ("project.case", "improve", "want 'new', 'assist' or 'replace', got 'improve'"),
        ("project.need", "  ", "want text, got nothing. For example: Dispatchers"),
        ("task.target", "come back", "want a column's name"),
        ("fields", "age: int", "want 'name: word' with 'number', 'category' or 'boolean', got 'age: int'"),
        ("fields", "back: number", "The answer must not be an input"),
        ("fields.required", "weight", "want some of age, ward, or none, got 'weight'"),
        ("fields.privacy", "ward: secret", "'clear', 'pseudonym' or 'nothing', got 'ward: secret'"),
        ("arms.present", "weight > 3", "want a field of [fields], got 'weight'"),
        ("metric.target", "10 %", "Shares are fractions: write 0.05 for 5 %."),
        ("metric.target", "ten", "want a number, got 'ten'"),
        ("metric.kill_above", "0.05", "want kill_above >= target = 0.1, got 0.05"),
        ("data.source", "load", "want a function of a file in this folder"),
        ("budgets.qps", "-1", "want a number > 0, got -1"),
    ],
)
def test_an_answer_is_checked_at_once_and_refused_with_the_way_out(key, text, said):
    draft = walk({k: v for k, v in ANSWERS.items() if k != key and not (key == "fields" and "fields." in k)})
    draft = draft._replace(skipped=())
    question, _ = at(key, draft)
    with pytest.raises(BadInput) as caught:
        answer(draft, question, text)
    assert said in str(caught.value)


def test_only_who_replaces_is_asked_for_what_answers_today():
    draft = walk({**ANSWERS, "project.case": "new"})
    assert "arms" not in draft.table
    assert "arms.present" not in draft.settled + draft.skipped


def test_an_address_and_a_function_are_told_from_a_rule():
    draft = walk({k: v for k, v in ANSWERS.items() if k != "arms.present"})._replace(skipped=())
    question, _ = at("arms.present", draft)
    for text, key in (
        ("http://127.0.0.1:9/v2/models/m/infer", "url"),
        ("rule.py:answer", "function"),
        ("age > 1", "rule"),
    ):
        assert answer(draft, question, text).table["arms"]["present"] == {key: text}


def test_none_is_an_answer_and_no_gap():
    draft = walk({**ANSWERS, "fields.required": "none", "fields.privacy": "none"})
    assert gaps(draft) == ()
    assert "fields.privacy" in {q.key for q in gaps(walk({k: v for k, v in ANSWERS.items() if k != "fields.privacy"}))}


def test_answers_that_wait_are_gone_on_with():
    half = dict(list(ANSWERS.items())[:12])
    kept = tomllib.loads(answers(walk(half)))
    settled = tuple(kept.pop("scoping")["settled"])
    again = take(Draft({}, settled=settled), kept)
    assert next_question(again).key == "fields.required"
    assert walk(ANSWERS, again).table == walk(ANSWERS).table


def test_fields_that_the_data_suggest_leave_out_what_plays_another_part():
    draft = walk({k: v for k, v in ANSWERS.items() if not k.startswith("fields") and k != "arms.present"})
    question, draft = at("fields", draft._replace(skipped=()))
    suggested = {"age": "number", "back": "number", "patient": "category", "seen": "number"}
    assert take_fields(draft, question, suggested).table["fields"] == {"age": "number"}
