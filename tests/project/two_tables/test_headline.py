"""What a reader of one line sees: no calm word stands alone where the data ask to be looked at."""

import re

import msgspec
import numpy as np
import pytest
from tests.project.two_tables.test_two_tables import REFERENCE, table

import slipway
from slipway.project.two_tables.headline import beside, headline, largest, remarked
from slipway.records.quality import Fault, Quality
from slipway.records.two_tables import Standing

CALM = slipway.monitor(REFERENCE, table(4000, seed=2)).found


def serious(*details):
    return tuple(Quality(fault=Fault.ABSENT, column="x", serious=True, detail=d) for d in details)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing.NOTHING, "look at the data (2 serious remarks; no drift found beside that)"),
        (Standing.HARMLESS, "look at the data (2 serious remarks; drift harmless beside that)"),
        (Standing.MATTERS, "matters, and look at the data (2 serious remarks)"),
        (Standing.CANNOT_TELL, "cannot tell, and look at the data (2 serious remarks)"),
    ],
)
def test_the_headline_counts_what_the_check_refuses(standing, said):
    found = msgspec.structs.replace(CALM, standing=standing, quality=serious("a.", "b."))
    assert headline(found) == said
    assert headline(msgspec.structs.replace(found, quality=())) == str(standing)


def test_a_sentence_names_three_serious_remarks_and_counts_the_rest():
    four = serious("a.", "b.", "c.", "d.")
    assert remarked("Calm.", quality=four) == "Look at the data first: a; b; c; and 1 more. Calm."
    assert [q.detail for q in beside(msgspec.structs.replace(CALM, quality=four))] == ["d."]
    assert remarked("Calm.", quality=()) == "Calm."


def test_what_python_shows_has_the_column_that_is_gone_and_the_truths_that_are_not_there():
    told = str(slipway.monitor(REFERENCE, table(4000, seed=2).drop("city", "label")))
    assert told.startswith("look at the data (1 serious remark")
    assert "Look at the data first: city is not in the current table." in told
    assert "label is not in the current table: that the same inputs mean something else cannot be seen" in told


def test_a_finding_that_names_columns_is_not_said_to_name_none():
    rng = np.random.default_rng(0)
    pair = rng.normal(size=(6000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    alone = rng.normal(size=(6000, 2))
    answer = slipway.monitor({"a": pair[:, 0], "b": pair[:, 1]}, {"a": alone[:, 0], "b": alone[:, 1]})
    assert not any(c.moved for c in answer.found.columns)
    assert "No column is proven to have moved by itself yet; the finding rests most on a with b" in largest(
        answer.found
    )
    assert largest(answer.found) in answer.html()
    assert largest(CALM) == ""


def test_quiet_periods_are_folded_away_and_no_tile_is_green_beside_a_change_that_matters():
    answer = slipway.monitor(table(6000, seed=9, days=60), table(3000, seed=5, days=30, flipped=0.3))
    page = answer.html()
    assert answer.found.standing is Standing.MATTERS
    assert "tile good" not in page
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads == ["Findings", "The data themselves", "Over time", "Columns", "How this was judged"]
    calm = slipway.monitor(table(6000, seed=9, days=60), table(3000, seed=6, days=30)).html()
    assert "<summary>All 30 periods; in none was anything proven</summary>" in calm
    assert calm.count('<tr><td class="when">') == 30
