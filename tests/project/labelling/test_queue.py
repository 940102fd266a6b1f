"""Rank, look, decide, apply: from suspicion to a version with fewer errors; one row goes to one person."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from slipway import Project
from slipway.data.labels.progress import Advice
from slipway.errors import BadInput, Conflict, NotFound
from slipway.project import datasets
from slipway.project.labelling import queues
from slipway.project.labelling.given import entries_of
from slipway.project.labelling.subject import subject
from slipway.records.label import Decision, LabelItem, QueueKind
from slipway.records.run import Level


def labels_in(project, version):
    return dict(datasets.rows_of(project._parts, version).select("sample", "malignant").iter_rows())


def test_from_suspicion_to_a_version_with_fewer_errors(flawed, look):
    made = flawed.labels.rank()
    assert made.queue.population == 569
    assert made.queue.wrong_low < made.queue.wrong < made.queue.wrong_high
    seen = look(flawed, rows=100)
    found = flawed.labels.progress()
    assert found.flipped == len(flawed.wrong & set(seen)) >= 0.7 * len(flawed.wrong)
    assert found.precision.low == found.precision.high == found.flipped / 100  # two whole tranches
    applied = flawed.labels.apply()
    assert applied.words == f"{found.flipped} relabelled"
    assert applied.version.parents == (flawed.version.id,)
    assert f"{found.flipped} labels of malignant changed" in applied.version.source
    said = flawed.project.compare_datasets(flawed.version.id, applied.version.id).sentences
    assert f"{found.flipped} relabelled" in " ".join(said)
    after = labels_in(flawed.project, applied.version)
    assert {row for row, value in after.items() if value != flawed.truth[row]} == flawed.wrong - set(seen)


def test_what_was_decided_is_not_asked_again_in_the_next_version(flawed, look):
    flawed.labels.rank()
    look(flawed, rows=20)
    applied = flawed.labels.apply()
    again = flawed.labels.rank()
    assert again.queue.dataset == applied.version.id
    assert (again.queue.rows, again.queue.population) == (549, 569)
    assert flawed.labels.progress().left.estimate == pytest.approx(again.queue.wrong)  # what is mended is not left


def test_an_audit_tells_how_many_are_left(flawed, look):
    flawed.labels.draw(QueueKind.AUDIT, rows=120)
    look(flawed, rows=120)
    found = flawed.labels.progress()
    assert found.left.source == "audit"
    assert found.left.low <= len(flawed.wrong) - found.flipped <= found.left.high
    assert found.advice is Advice.END


def test_the_same_seed_draws_the_same_audit(flawed):
    few, more = (flawed.labels.draw(QueueKind.AUDIT, rows=n, seed=3) for n in (20, 40))
    entries = [flawed.project._parts.blobs.get(made.queue.file) for made in (few, more)]
    assert entries[1][3 : len(entries[0])] == entries[0][3:]  # behind the count, the smaller is the start of the larger


def test_one_row_goes_to_one_person(flawed):
    """Many people in many processes: each opens the project anew."""
    flawed.labels.rank()
    people = [f"person-{i}" for i in range(6)]

    def ask(person):
        return Project.open(flawed.project.folder).labels.next(by=person).row

    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(ask, people))
    assert len(set(rows)) == 6
    assert [ask(person) for person in people] == rows  # who asks again gets the same


def test_a_lease_ends(flawed):
    flawed.labels.rank()
    first = flawed.labels.next(by="ann", lease_s=1e-6)
    second = flawed.labels.next(by="bob")
    assert second.row == first.row
    with pytest.raises(Conflict, match="one of bob"):
        flawed.labels.decide(first.row, decision=Decision.AGREE, by="ann")
    flawed.labels.decide(first.row, decision=Decision.AGREE, by="bob")
    with pytest.raises(Conflict, match="bob ruled 'agree'"):
        flawed.labels.decide(first.row, decision=Decision.FLIP, by="bob")


def test_who_decides_late_still_counts_if_nobody_else_came(flawed):
    flawed.labels.rank()
    handed = flawed.labels.next(by="ann", lease_s=1e-6)
    item = flawed.labels.decide(handed.row, decision=Decision.FLIP, by="ann", why="the scan is clear")
    assert item.ruling.value == str(1 - int(handed.given))
    assert flawed.project.audit()[-1].why == "the scan is clear"


def test_decision_and_value_have_to_fit(flawed):
    flawed.labels.rank()
    handed = flawed.labels.next(by="ann")
    other = str(1 - int(handed.given))
    for refused, said in (
        ({"decision": Decision.AGREE, "value": other}, "fit"),
        ({"decision": Decision.FLIP, "value": handed.given}, "fit"),
        ({"decision": Decision.UNSURE, "value": other}, "unsure"),
        ({"value": "2"}, "want one of 0, 1, got '2'"),
        ({}, "want the value"),
    ):
        with pytest.raises(BadInput, match=said):
            flawed.labels.decide(handed.row, by="ann", **refused)
    with pytest.raises(NotFound, match="handed out"):
        flawed.labels.decide("s-none", decision=Decision.AGREE, by="ann")
    assert all(item.ruling is None for _, item, _ in flawed.project._parts.store.all(LabelItem))


def test_unsure_changes_no_label_and_is_said(flawed, look):
    flawed.labels.rank()
    handed = flawed.labels.next(by="ann")
    flawed.labels.decide(handed.row, decision=Decision.UNSURE, by="ann")
    with pytest.raises(BadInput, match="none differs"):
        flawed.labels.apply()
    look(flawed, rows=30)
    assert "1 unsure and left as they were" in flawed.labels.apply().words


def test_a_second_reader_sees_no_label_and_is_no_judge(flawed, look):
    guideline, _ = flawed.labels.add_guideline("tissue", text="Malignant if ...")
    flawed.labels.draw(QueueKind.SECOND_READING, rows=50, guideline="tissue")
    handed = flawed.labels.next(by="ann")
    assert (handed.given, handed.guess) == (None, None)
    assert "malignant" not in handed.values
    assert not any(name.startswith("answer_of") for name in handed.values)
    with pytest.raises(BadInput, match="not shown"):
        flawed.labels.decide(handed.row, decision=Decision.AGREE, by="ann")
    look(flawed, rows=50)
    (every, pair) = flawed.labels.agreement()
    assert (pair.who, pair.rows, pair.guideline) == (("ann", "dataset"), 50, guideline)
    assert pair.same_share < 1
    assert every.value.low < every.value.estimate < 1
    with pytest.raises(BadInput, match="0 rulings"):
        flawed.labels.apply()


def test_disputes_go_to_a_third_person_and_are_final(flawed, look):
    rows = sorted(flawed.truth)[:60]
    table = pl.DataFrame(
        [
            {"row": row, "annotator": who, "value": flawed.truth[row] if i % skip else 1 - flawed.truth[row]}
            for who, skip in (("ann", 7), ("bob", 11), ("cy", 100))
            for i, row in enumerate(rows)
        ]
    )
    taken = flawed.labels.take(table)
    assert (taken.batch.labels, taken.known, taken.batch.annotators) == (180, 60, ("ann", "bob", "cy"))
    made = flawed.labels.adjudicate()
    assert made.queue.rows == 13  # every 7th or 11th row, the first is unanimous and wrong
    assert flawed.labels.next(by="ann") is None
    assert len(look(flawed, rows=99, by="dan")) == 13
    assert flawed.labels.progress().advice is Advice.END
    applied = flawed.labels.apply(consensus=True)
    after = labels_in(flawed.project, applied.version)
    assert [row for row in rows if after[row] != flawed.truth[row]] == rows[:1]
    with pytest.raises(BadInput, match="waits for somebody"):
        flawed.labels.adjudicate(dataset=applied.version.id)


def test_many_classes_and_a_training_function_of_ones_own(flawed):
    """The column need not be the target: here three sizes of nuclei as words."""
    radius = pl.col("mean_radius")
    small = pl.when(radius < 12).then(pl.lit("small"))
    table = flawed.table.with_columns(size=small.when(radius < 16).then(pl.lit("middle")).otherwise(pl.lit("large")))
    largest = table["mean_radius"].arg_max()
    table[largest, "size"] = "small"
    flawed.project.make_dataset("sizes", table)
    with pytest.raises(BadInput, match="want a fitted"):
        flawed.labels.rank(dataset="sizes", column="size", train=lambda x, y, params, seed: None)
    made = flawed.labels.rank(
        dataset="sizes", column="size", train=lambda x, y, params, seed: GaussianNB().fit(x, y), tranche=1
    )
    handed = flawed.labels.next(by="ann")
    assert handed.classes == ("large", "middle", "small")
    assert handed.row == f"s{largest}"
    flawed.labels.decide(handed.row, decision=Decision.FLIP, value=handed.guess, by="ann")
    assert made.queue.column == "size"
    applied = flawed.labels.apply(dataset="sizes", column="size")
    assert applied.relabelled == 1


def test_a_training_function_that_reports_ranks_labels_too_also_where_a_column_holds_rows_out(flawed):
    page, model = flawed.folder / "slipway.toml", flawed.folder / "model.py"
    text = model.read_text("utf-8").replace("seed: int)", "seed: int, report: Any)")
    model.write_text(text.replace("    model = ", "    report(1, 0.5)\n    model = "), "utf-8")
    column = "[data]\nsplit = 'column'\nsplit_by = 'later'\n"
    page.write_text(page.read_text("utf-8").replace("[data]\n", column), "utf-8")
    project = Project.open(flawed.folder)
    project.make_dataset("parted", flawed.table.with_columns(later=pl.int_range(flawed.table.height) % 4 // 3))
    assert project.labels.rank(dataset="parted").queue.rows == 569


def test_labels_that_are_numbers_are_ranked_by_residuals_and_not_weighed(flawed):
    parts = flawed.project._parts
    mine = subject(parts, dataset=None, column=None)._replace(classes=None)
    made = queues.rank(
        parts,
        mine,
        train=lambda x, y, params, seed: LinearRegression().fit(x, y),
        params={},
        folds=5,
        tranche=50,
        seed=0,
        by="ann",
        told=lambda *_: None,
    )
    assert (made.queue.wrong, made.queue.rows) == (None, 569)
    first = {entry.row for entry in entries_of(parts, made.queue)[:50]}
    assert len(first & flawed.wrong) > len(flawed.wrong) / 3  # a tenth of the rows
    assert mine.checked("2.50") == "2.5"
    with pytest.raises(BadInput, match="want a number, got 'much'"):
        mine.checked("much")
    with pytest.raises(BadInput, match="want labels that are classes"):
        queues.adjudicate(parts, mine, by="ann")


def test_every_blob_of_labels_is_verified(flawed):
    before = flawed.project.verify().blobs
    flawed.labels.rank()
    assert flawed.project.verify().blobs == before + 1
    assert flawed.project.verify().holds


def test_what_people_read_twice_says_how_well_people_do_it_and_slices_are_held_against_that(flawed, look):
    rows = sorted(flawed.truth)[:60]
    wrong = {"ann": range(0, 60, 7), "bob": range(0, 60, 11), "cy": ()}
    said = [
        {"row": row, "annotator": who, "value": 1 - flawed.truth[row] if i in places else flawed.truth[row]}
        for who, places in wrong.items()
        for i, row in enumerate(rows)
    ]
    flawed.labels.take(pl.DataFrame(said))
    assert any(m.what == "the human level" for m in flawed.project.missing())
    flawed.labels.adjudicate()
    look(flawed, rows=99, by="dan")
    run = flawed.project.train()
    human = next(s for s in run.scores if s.name == "human")
    assert (human.value, human.n, human.split) == (pytest.approx((9 + 6) / 180), 60, "read twice")
    assert 0 < human.low < human.value < human.high
    assert "180 readings by ann, bob, cy" in human.what
    assert "nobody settled on 0 rows" in human.what
    judged = {j.promise: j for j in flawed.project.judge_run(run)}
    assert "8.3 % [" in judged["better than a person"].reason
    assert not any(m.what == "the human level" for m in flawed.project.missing())
    levels = {
        level: {(s.level_of, s.level) for s in flawed.project.analyse_errors(run.id, level=level).slices}
        for level in (None, Level.HUMAN, Level.REST)
    }
    assert levels[None] == levels[Level.HUMAN] <= {(Level.HUMAN, human.value)}
    assert {of for of, _ in levels[Level.REST]} <= {Level.REST}


def test_a_level_that_nobody_measured_is_refused(flawed):
    run = flawed.project.train()
    with pytest.raises(BadInput, match=r"level 'human': want what a person reaches, got nothing\. Write"):
        flawed.project.analyse_errors(run.id, level=Level.HUMAN)
