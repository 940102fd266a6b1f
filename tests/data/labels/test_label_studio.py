"""Tasks as Label Studio documents them, and its export back; the export below is the shape of its documentation."""

import json
import xml.etree.ElementTree as ET

import pytest

from slipway.data.labels.label_studio import from_export, labelling_config, to_tasks
from slipway.errors import BadInput
from slipway.records.label import Entry

ENTRIES = [Entry(row="a", place=0, given="0", guess="1", margin=-0.8), Entry(row="b", place=1, given="1")]
VALUES = [{"late": 3.5, "port": "JFK"}, {"late": None, "port": "EWR"}]


def annotated(task, *, number, result, who=10, **more):
    """Return a task as an export has it (docs: Label Studio JSON format of annotated tasks)."""
    return {
        "id": number,
        "created_at": "2021-03-09T21:52:49.513742Z",
        "updated_at": "2021-03-09T22:16:08.746926Z",
        "project": 83,
        **task,
        "annotations": [
            {
                "id": 1000 + number,
                "result": result,
                "was_cancelled": False,
                "ground_truth": False,
                "created_at": "2021-03-09T22:16:08.728353Z",
                "lead_time": 4.288,
                "task": number,
                "completed_by": who,
                **more,
            }
        ],
    }


def choice(value):
    return [
        {"id": "Dx_aB91ISN", "from_name": "label", "to_name": "row", "type": "choices", "value": {"choices": [value]}}
    ]


def test_there_and_back():
    tasks = json.loads(json.dumps(to_tasks(ENTRIES, values=VALUES, numbers=False, shows_given=True, model="m")))
    assert tasks[0]["data"] == {"late": 3.5, "port": "JFK", "row": "a", "given": "0"}
    (prediction,) = tasks[0]["predictions"]
    assert prediction["score"] == pytest.approx(0.9)
    assert prediction["result"][0]["value"] == {"choices": ["1"]}
    assert "predictions" not in tasks[1]
    # somebody accepts the pre-annotation of the first and keeps the second
    done = [
        annotated(tasks[0], number=1, result=prediction["result"], who={"id": 7, "email": "ann@example.org"}),
        annotated(tasks[1], number=2, result=choice("1")),
    ]
    labels = from_export(done, guideline="g", source="export.json")
    assert [(x.row, x.annotator, x.value, x.guideline) for x in labels] == [
        ("a", "ann@example.org", "1", "g"),
        ("b", "10", "1", "g"),
    ]
    assert labels[0].at_us == 1615328168728353


def test_numbers_go_there_and_back():
    entry = Entry(row="a", place=0, given="3", guess="4.5", margin=-6.0)
    (task,) = to_tasks([entry], values=[{}], numbers=True, shows_given=True, model="m")
    assert 0 <= task["predictions"][0]["score"] <= 1
    (label,) = from_export(
        [annotated(task, number=1, result=task["predictions"][0]["result"])], guideline="", source="it"
    )
    assert label.value == "4.5"


def test_who_reads_anew_sees_neither_label_nor_guess():
    text = json.dumps(to_tasks(ENTRIES, values=VALUES, numbers=False, shows_given=False, model="m"))
    assert "given" not in text
    assert "predictions" not in text


def test_the_interface_names_what_the_tasks_hold():
    config = ET.fromstring(labelling_config(fields=["late", 'a"b'], classes=["<10", "10+"]))  # noqa: S314 - our own
    assert [c.get("value") for c in config.iter("Choice")] == ["<10", "10+"]
    assert config.find("Choices").get("name") == "label"
    assert config.find("Text").get("name") == config.find("Choices").get("toName") == "row"
    assert ET.fromstring(labelling_config(fields=[], classes=None)).find("Number").get("name") == "label"  # noqa: S314


def test_cancelled_and_empty_annotations_are_no_labels():
    task = {"data": {"row": "a"}}
    done = [
        annotated(task, number=1, result=choice("1"), was_cancelled=True),
        annotated(task, number=2, result=[]),
        annotated(task, number=3, result=choice("0")),
    ]
    assert [x.value for x in from_export(done, guideline="", source="it")] == ["0"]
    with pytest.raises(BadInput, match="at least one annotation"):
        from_export(done[:2], guideline="", source="it")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([{"row": "a", "choice": "1"}], "want a JSON export"),
        ({"annotations": []}, "want a JSON export"),
        ([annotated({"data": {"text": "x"}}, number=4, result=choice("1"))], "task 4: want data.row"),
        ([annotated({"data": {"row": "a"}}, number=5, result=choice("1") + choice("0"))], "one choice or one number"),
        (
            [annotated({"data": {"row": "a"}}, number=6, result=[{"type": "rectanglelabels", "value": {"x": 1}}])],
            "rectanglelabels",
        ),
        ([annotated({"data": {"row": "a"}}, number=7, result=choice("1"), who=None)], "completed_by"),
        ([annotated({"data": {"row": "a"}}, number=8, result=choice("1"), created_at="yesterday")], "created_at"),
    ],
)
def test_what_is_no_such_export_is_refused_with_the_task(document, said):
    with pytest.raises(BadInput, match=said):
        from_export(document, guideline="", source="export.json")
