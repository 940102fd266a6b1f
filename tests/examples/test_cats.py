"""The project of the tutorial on labels: its data are what the study published, and its verdicts are the people's."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "cats"


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"cats_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_those_of_the_test_set():
    table = loaded("model").load()
    assert table.height == 10_000
    assert table["picture"].is_unique().all()
    assert table["cat"].sum() == 1_000  # CIFAR-10 has 1,000 test pictures of each class
    assert table.null_count().sum_horizontal().item() == 0


def test_the_people_upheld_the_label_of_all_but_54_pictures():
    """The number is the study's: fewer than three of five votes for the given label."""
    votes = pl.read_csv(FOLDER / "votes.csv")
    assert votes.height == 275
    assert votes.select(pl.sum_horizontal(pl.selectors.starts_with("votes_"))).to_series().unique().to_list() == [5]
    assert (votes["votes_given"] < 3).sum() == 54


@pytest.mark.parametrize(
    ("given", "guessed", "counts", "said"),
    [
        ("cat", "frog", (0, 5, 0, 0), "no cat"),
        ("cat", "dog", (2, 1, 1, 1), "cat"),
        ("cat", "dog", (1, 1, 1, 2), "no cat"),
        ("bird", "cat", (1, 3, 0, 1), "cat"),
        ("horse", "dog", (3, 0, 2, 0), "no cat"),
        ("horse", "dog", (1, 1, 0, 3), "unsure"),
    ],
)
def test_three_of_five_decide(given, guessed, counts, said):
    kinds = ("votes_given", "votes_guessed", "votes_both", "votes_neither")
    assert (
        loaded("verdicts").verdict({"given": given, "guessed": guessed} | dict(zip(kinds, counts, strict=True))) == said
    )


def test_a_picture_that_nobody_saw_is_unsure():
    assert loaded("verdicts").verdict(None) == "unsure"
