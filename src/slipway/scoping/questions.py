"""What somebody with an idea is asked before there is a project: one question at a time, each with its reason."""
# ruff: noqa: E501 - one question a line reads as the list that it is

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

Table = Mapping[str, Any]


class Form(Enum):
    """How a typed answer becomes what the file holds."""

    TEXT = "text"
    NUMBER = "a number"
    FIELDS = "name: kind, name: kind ... where a kind is number, category or boolean"
    REQUIRED = "names of fields, or none"
    PRIVACY = "name: pseudonym, name: nothing ..., or none"
    ARM = "a rule such as age > 70, an address, or file.py:function"


class Question(NamedTuple):
    """One question.

    Attributes:
        key: Key of the file that it is about, such as ``metric.target``.
        ask: The question.
        why: Why it is asked, in a sentence.
        example: How an answer may look.
        form: How the answer is read.
        default: Offered where most projects answer so; empty where any default would be a guess.
        needed: Whether no project can be without it.
        when: Whether it is asked at all, by what was answered so far.
    """

    key: str
    ask: str
    why: str
    example: str
    form: Form = Form.TEXT
    default: str = ""
    needed: bool = True
    when: Callable[[Table], bool] = lambda _: True


def _is(table: Table, key: str, value: str) -> bool:
    part, _, name = key.partition(".")
    return dict(table.get(part, {})).get(name) == value


def _replaces(table: Table) -> bool:
    return _is(table, "project.case", "replace")


def _binary(table: Table) -> bool:
    return _is(table, "task.kind", "binary")


QUESTIONS = (
    Question("project.name", "What is the project called?", "It names it in every log line, package and report.", "flights"),
    Question("project.need", "Whose need is it, and which?", "A model that answers nobody's need is not worth its upkeep.", "Dispatchers want to know at the gate which flights will land late."),
    Question("project.value", "What is an answer worth, and to whom?", "Work stops being funded the day nobody can say this.", "A connection held in time saves about 200 euros.", needed=False),
    Question("project.case", "Is it new, does it assist a person, or replace a system?", "It decides how one deploys: who is compared with whom, and for how long.", "new, assist or replace"),
    Question("project.today", "Who or what answers today, and how well?", "It is the baseline: what is no better than today is not worth a rollout.", "A rule on the departure delay; wrong for 11 % of the flights.", needed=False),
    Question("task.x", "X: what is known at the moment an answer is needed?", "What is not known then must not be an input, however well it predicts.", "Airline, airports, schedule and departure delay."),
    Question("task.y", "Y: what is to be predicted, in the user's words?", "It is what people will hold you to.", "The flight arrives more than 15 minutes late."),
    Question("task.kind", "Is Y yes or no (binary), or a number (regression)?", "It decides what an answer is and how it is scored.", "binary or regression"),
    Question("task.target", "Which column of the data holds Y?", "It is the truth to learn from, and never an input.", "late"),
    Question("task.entity", "Which column says what a request is about?", "Its keyed hash decides who answers, so that a patient or a plane stays with one model.", "tailnum"),
    Question("task.time", "Which column holds the moment at which X is known?", "With it the test rows are the latest ones, as they will be in service; without it the model may learn from the future.", "time", needed=False),
    Question("fields", "Which fields are X, and of which kind?", "Requests are checked against these.", "age: number, ward: category", Form.FIELDS),
    Question("fields.required", "Which of them must every request carry?", "An answer without these would be a guess that looks like an answer.", "age", Form.REQUIRED, needed=False),
    Question("fields.privacy", "Which of them concern a person, and may the journal hold a pseudonym of them or nothing?", "What is never written down can never leak.", "ward: pseudonym", Form.PRIVACY, needed=False),
    Question("arms.present", "How is the system that answers today asked?", "Candidates are compared with it on the same requests, and it is what one rolls back to.", "dep_delay > 15", Form.ARM, when=_replaces),
    Question("metric.why", "How is success measured, and why so? The metric is the share of errors, each times its cost, or the mean distance.", "A metric that nobody can give a reason for optimises the wrong thing.", "Both errors cost a visit, so their share is what counts."),
    Question("metric.false_positive_cost", "What does it cost to say 1 where 0 is true?", "The metric weighs each error by its cost.", "1", Form.NUMBER, default="1", needed=False, when=_binary),
    Question("metric.false_negative_cost", "What does it cost to say 0 where 1 is true, in the same unit?", "A missed disease and a needless visit are seldom the same.", "5", Form.NUMBER, needed=False, when=_binary),
    Question("metric.target", "Which value of the metric makes it a success? Lower is better.", "Without a target no run is ever good enough, or every run is.", "0.1 for 10 % of errors", Form.NUMBER),
    Question("metric.margin", "How much worse than today still counts as not worse?", "No test can show that two systems are exactly alike.", "0.01", Form.NUMBER),
    Question("metric.human_level", "Which value does a person reach on the same task?", "It says how hard the task is, and how much is left to gain.", "0.08", Form.NUMBER, needed=False),
    Question("metric.kill_above", "Above which value is the project stopped?", "Agreed on before the work, or never.", "0.3", Form.NUMBER, needed=False),
    Question("project.kill", "When is it stopped, in words?", "People hold each other to sentences, not to numbers alone.", "Stop if after a quarter it errs more often than the rule."),
    Question("project.feasibility", "Why should it be possible at all?", "If neither people nor anybody before could do it from this X, find out first.", "Experienced dispatchers guess nine of ten right.", needed=False),
    Question("project.data", "Which data is at hand: how much, how old, whose, labelled by whom?", "Most projects fail here, and it can be known on the first day.", "336,776 flights of 2013, arrival times from the airlines.", needed=False),
    Question("data.source", "Where do the rows come from: a function, or a .csv or .parquet file in this folder?", "A model can be trained again only if its data can be fetched again.", "model.py:load, or flights.csv", needed=False),
    Question("model.train", "Which function trains a model: train(X, y, params, seed) -> fitted estimator?", "Your own code, called with the same arguments each time.", "model.py:train", needed=False),
    Question("serving.mode", "Are answers needed at once (realtime), or for many rows at a time (batch)?", "It decides what is budgeted: waiting, or hours.", "realtime or batch", needed=False),
    Question("serving.place", "Where are they computed: cloud, edge or browser?", "It decides what a model may weigh.", "cloud, edge or browser", default="cloud", needed=False),
    Question("budgets.latency_p99_ms", "Within how many milliseconds must 99 % of the answers come?", "A model that is late is wrong.", "50", Form.NUMBER, needed=False),
    Question("budgets.qps", "How many requests a second must be held?", "Load tests measure against it.", "20", Form.NUMBER, needed=False),
    Question("budgets.memory_mb", "How many megabytes may one worker take?", "A model that does not fit is found in its trial, not at night.", "500", Form.NUMBER, needed=False),
    Question("project.owner", "Who answers for it: a person or a team with an address?", "Somebody is called when an alert goes off.", "Ground operations <ops@example.org>"),
)  # fmt: skip
"""In the order in which they are asked: what for, what, how good, with what, how fast, who."""
