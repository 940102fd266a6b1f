"""What data suggest: a proposal with its reason, or none."""

from slipway.records.dataset import ColumnProfile
from slipway.records.field import FieldKind
from slipway.scoping.propose import propose


def number(name, low=0.0, high=9.0, distinct=50):
    quantiles = (low, low, low, (low + high) / 2, high, high, high)
    return ColumnProfile(
        name=name, kind=FieldKind.NUMBER, hash="", missing_share=0.0, distinct=distinct, quantiles=quantiles
    )


def text(name, distinct):
    return ColumnProfile(name=name, kind=FieldKind.CATEGORY, hash="", missing_share=0.0, distinct=distinct)


def of(*columns, moments=()):
    return propose(columns, rows=100, moments=moments)


def test_a_column_of_zeros_and_ones_is_proposed_as_y_and_is_no_field():
    found = of(number("age"), number("flag", 0.0, 1.0, 2), number("late", 0.0, 1.0, 2))
    assert (found["task.target"].value, found["task.kind"].value) == ("late", "binary")
    assert set(found["fields"].value) == {"age", "flag"}


def test_a_name_says_more_than_values():
    found = of(number("label", 0, 80), number("late", 0.0, 1.0, 2))
    assert (found["task.target"].value, found["task.kind"].value) == ("label", "regression")


def test_entity_and_time_by_name_or_by_what_they_hold():
    found = of(text("plane", 90), text("when", 100), number("y", 0, 1, 2), moments=["when"])
    assert (found["task.entity"].value, found["task.time"].value) == ("plane", "when")
    assert "differs in most rows; 90 different ones in 100 rows" in found["task.entity"].reason
    assert of(number("tail_id"), number("date"))["task.entity"].value == "tail_id"
    assert of(number("tail_id"), number("date"))["task.time"].value == "date"


def test_limits_leave_room_on_the_side_that_was_seen():
    fields = of(number("age", 3, 97), number("delay", -40, 1300), number("z", -2, -1))["fields"].value
    assert fields["age"] == {"kind": "number", "low": 0, "high": 200}
    assert fields["delay"] == {"kind": "number", "low": -100, "high": 5000}
    assert fields["z"] == {"kind": "number", "low": -5, "high": 0}


def test_what_is_left_out_says_why():
    found = of(
        number("age"),
        number("Sex"),
        number("still", 1, 1, 1),
        text("note", 99),
        text("also_note", 98),
        number("y", 0, 1, 2),
    )
    assert set(found["fields"].value) == {"age"}
    for words in (
        "Sex: left out, for a field's name is lower case",
        "still: left out, it never changes",
        "also_note: left out",
    ):
        assert words in found["fields"].reason


def test_data_that_suggest_nothing_are_told_nothing_of():
    assert of(text("a", 3)) == {"fields": of(text("a", 3))["fields"]}
    assert of() == {}


def test_a_column_whose_name_no_scope_can_hold_is_not_offered_but_named():
    """The interview refuses such a name, so offering it would ask the same question for ever."""
    found = of(text("signup date", 90), text("row id", 100), number("is late", 0.0, 1.0, 2), moments=["signup date"])
    assert set(found) <= {"fields"}
    found = of(text("signup date", 90), number("age"), moments=["signup date"])
    assert "signup date: left out" in found["fields"].reason


def test_a_text_of_two_words_may_be_y_and_that_is_said_where_no_other_column_is():
    assert "if it is Y" in of(text("churned", 2), number("age"))["fields"].reason
    assert "if it is Y" not in of(text("sex", 2), number("late", 0.0, 1.0, 2))["fields"].reason
