"""Rows of production come into the data once, when outcomes have had time to come, as far as they may be kept."""

import msgspec
import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, NotFound
from slipway.project import datasets
from slipway.records.label import Collection
from slipway.records.load_test import ID_PREFIX
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.layout import Layout

HOUR_US = 3_600_000_000


def edited(project, *changes):
    page = project.folder / "slipway.toml"
    text = page.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    page.write_text(text, encoding="utf-8")
    return Project.open(project.folder)


def as_of_a_load_test(project):
    """Write what is in the journal down once more, under ids of a load test, which only the server may give."""
    layout = Layout(project.folder)
    writer = SegmentWriter(layout.journal, name="w-load")
    for frame, _ in list(SegmentReader(layout.journal).read({})):
        ids = [f"{ID_PREFIX}{i}" for i in frame.id]
        writer.append([msgspec.structs.replace(frame, id=ids)])
    writer.close()


def ask(flawed, project, *, rows, at_us, known=None):
    """Answer rows of the table by batch, and tell the outcomes of the first of them."""
    table = (
        flawed.table[rows]
        .drop("malignant")
        .with_columns(
            id=pl.format("{}{}", pl.lit(f"p{at_us}-"), pl.int_range(100, 100 + pl.len())),
            sample=pl.format("new{}-{}", pl.lit(at_us), pl.int_range(pl.len())),
        )
    )
    project.score(table, id="id", at_us=at_us)
    told = pl.DataFrame({"id": table["id"], "value": flawed.table[rows]["malignant"]}).head(
        rows.stop if known is None else known
    )
    project.take_outcomes(told, at_us=at_us + 1)
    return table


def test_answered_requests_become_rows_once(flawed):
    now = flawed.project.now_us()
    first = ask(flawed, flawed.project, rows=range(40), at_us=now - 3 * HOUR_US, known=30)
    as_of_a_load_test(flawed.project)
    got = flawed.labels.collect()
    assert (got.taken.rows, got.taken.waiting, got.parent) == (30, 10, flawed.version.id)
    assert got.version.rows == 569 + 30
    assert got.version.parents == (flawed.version.id,)
    rows = datasets.rows_of(flawed.project._parts, got.version).tail(30)
    assert rows["sample"].to_list() == first["sample"].head(30).to_list()
    assert rows["mean_radius"].to_list() == flawed.table["mean_radius"].head(30).to_list()
    assert rows["malignant"].to_list() == flawed.table["malignant"].head(30).to_list()
    assert rows["malignant"].dtype == pl.Int8  # as it was in the data
    assert "+30 rows" in " ".join(got.sentences)
    with pytest.raises(BadInput, match="--since: want a moment from"):
        flawed.labels.collect(since_us=now - 4 * HOUR_US)
    with pytest.raises(BadInput, match="want requests with an outcome, got none among 10 requests"):
        flawed.labels.collect()
    ask(flawed, flawed.project, rows=range(100, 110), at_us=flawed.project.now_us())
    more = flawed.labels.collect()
    assert (more.taken.rows, more.version.rows, more.parent) == (10, 609, got.version.id)
    said = flawed.project.compare_datasets(flawed.version.id, more.version.id).sentences
    assert "+40 rows" in " ".join(said)


def test_an_outcome_that_comes_after_its_time_was_collected_is_taken_by_the_next(flawed):
    project, now = flawed.project, flawed.project.now_us()
    asked = ask(flawed, project, rows=range(40), at_us=now - 5 * HOUR_US, known=30)
    first = flawed.labels.collect()
    assert (first.taken.rows, first.taken.waiting, first.taken.late) == (30, 10, 0)

    def tell(first, n):  # said to have come at once: not the moment counts, but that it was not there
        told = pl.DataFrame({"id": asked["id"], "value": flawed.table[:40]["malignant"]}).slice(first, n)
        project.take_outcomes(told, at_us=now - 5 * HOUR_US + 2)

    tell(30, 4)
    second = flawed.labels.collect()
    assert (second.taken.rows, second.taken.late, second.taken.waiting) == (4, 4, 0)
    rows = datasets.rows_of(project._parts, second.version)
    assert rows["sample"].tail(4).to_list() == asked["sample"][30:34].to_list()
    assert "4 rows were passed by an earlier collection" in " ".join(second.sentences)
    ask(flawed, project, rows=range(100, 110), at_us=project.now_us(), known=9)
    tell(34, 2)
    third = flawed.labels.collect()
    assert (third.taken.rows, third.taken.late, third.taken.waiting) == (9 + 2, 2, 1)
    assert third.version.rows == 569 + 30 + 4 + 11
    assert datasets.rows_of(project._parts, third.version)["sample"].is_unique().all()
    tell(36, 4)
    assert flawed.labels.collect().taken.late == 4
    assert project.verify().errors == ()


def test_a_request_that_never_has_an_outcome_is_given_up_and_said(flawed):
    """The next collection reads the journal from the oldest request that is waited for, not from that one."""
    project, now = flawed.project, flawed.project.now_us()
    day = 24 * HOUR_US
    old = ask(flawed, project, rows=range(10), at_us=now - 91 * day, known=7)
    young = ask(flawed, project, rows=range(20, 30), at_us=now - 89 * day, known=6)
    got = flawed.labels.collect()
    assert (got.taken.rows, got.taken.waiting, got.taken.given_up) == (13, 4, 3)
    assert got.taken.unresolved_since_us == now - 89 * day
    assert got.sentences[-1].startswith("3 requests without an outcome are given up: older than ten times")
    told = pl.concat([old["id"][7:], young["id"][6:]])
    project.take_outcomes(pl.DataFrame({"id": told, "value": [1.0] * 7}), at_us=now - 88 * day)
    more = flawed.labels.collect()
    assert (more.taken.late, more.taken.given_up, more.taken.unresolved) == (4, 0, "")


def test_ten_maturities_are_waited_where_they_are_longer(flawed):
    project = edited(flawed.project, ('maturity = "0s"', 'maturity = "20d"'))
    day, now = 24 * HOUR_US, project.now_us()
    for days in (230, 190):  # and the newest are 20 days old
        ask(flawed, project, rows=range(10), at_us=now - days * day, known=8)
    assert (taken := project.labels.collect().taken).given_up == 2
    assert taken.waiting == 2


def test_another_branch_takes_its_own(flawed):
    asked_us = flawed.project.now_us() - HOUR_US
    asked = ask(flawed, flawed.project, rows=range(20), at_us=asked_us, known=10)
    first = flawed.labels.collect()
    flawed.project.take_outcomes(pl.DataFrame({"id": asked["id"][10:], "value": [1.0] * 10}), at_us=asked_us + 2)
    one = flawed.labels.collect(onto=first.version.id)
    assert one.taken.late == 10
    assert flawed.labels.collect(onto=flawed.version.id).taken.late == 0
    with pytest.raises(BadInput, match="got none among 0 requests"):
        flawed.labels.collect(onto=one.version.id)
    assert flawed.project.verify().errors == ()


def test_what_is_kept_and_what_it_says_go_together(flawed):
    ask(flawed, flawed.project, rows=range(5), at_us=flawed.project.now_us() - HOUR_US)
    got = flawed.labels.collect()
    known = {id_: c for id_, c, _ in flawed.project._parts.store.all(Collection)}
    assert known == {got.version.id: got.taken}


def test_young_requests_wait_until_their_outcome_has_had_time(flawed):
    project = edited(flawed.project, ('maturity = "0s"', 'maturity = "2h"'))
    now = project.now_us()
    ask(flawed, project, rows=range(10), at_us=now - 3 * HOUR_US)
    ask(flawed, project, rows=range(10, 30), at_us=now - HOUR_US)
    got = project.labels.collect()
    assert got.taken.rows == 10
    assert now - 2 * HOUR_US <= got.taken.until_us < now - HOUR_US


def test_what_the_journal_may_not_hold_is_missing_and_said(flawed):
    project = edited(
        flawed.project,
        ("mean_radius            = {", 'mean_radius = { privacy = "nothing",'),
        ("mean_texture           = {", 'mean_texture = { privacy = "pseudonym",'),
    )
    ask(flawed, project, rows=range(20), at_us=project.now_us() - HOUR_US)
    got = project.labels.collect(name="fresh")
    assert got.parent is None
    rows = datasets.rows_of(project._parts, got.version)
    assert rows["mean_radius"].null_count() == rows["mean_texture"].null_count() == 20
    assert rows["mean_area"].null_count() == 0
    assert (got.taken.hidden, got.taken.pseudonyms) == (("mean_radius",), ("mean_texture",))
    assert "Of mean_radius the journal holds nothing" in " ".join(got.sentences)


def test_nothing_asked_is_said(flawed):
    with pytest.raises(BadInput, match="got none among 0 requests"):
        flawed.labels.collect()
    with pytest.raises(NotFound, match="nowhere"):
        flawed.labels.collect(onto="nowhere")
