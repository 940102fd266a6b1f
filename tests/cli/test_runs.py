"""``slipway run`` as people see it: search, seeds, looks, kinds, differences, and attempts that ended badly."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory, slipway):
    """Three runs: with seeds, with other code, and on other data; a search between them."""
    folder = tmp_path_factory.mktemp("runs") / "hearts"
    slipway("init", folder, cwd=folder.parent)
    page, model = folder / "slipway.toml", folder / "model.py"
    space = "\n[model.search]\nC = { low = 0.001, high = 100.0, log = true }\n\n[rollout]"
    page.write_text(page.read_text("utf-8").replace("[rollout]", space, 1), "utf-8")
    for words in (("data", "make"), ("run", "train", "--seeds", "2")):
        assert slipway(*words, cwd=folder).returncode == 0
    text = model.read_text("utf-8")
    model.write_text(text.replace('strategy="median"', 'strategy="mean"'), "utf-8")
    assert slipway("run", "train", "--seeds", "2", cwd=folder).returncode == 0
    return folder


def said(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_search_shows_trials_as_they_end_and_trains_once(project, slipway):
    done = slipway("run", "search", "--trials", "3", "--time", "10min", cwd=project)
    assert "Best is trial" in said(done)
    assert "trial 3 of 3: error" in done.stderr
    assert "look 3 at these 171 test rows" in done.stdout
    assert "better than simple" in done.stdout
    again = json.loads(said(slipway("run", "search", "--trials", "3", "--only", "--json", cwd=project)))
    assert (again["found"]["kept"], again["run"]) == (3, None)


def test_the_kind_of_each_run_is_told_with_its_hashes(project, slipway):
    first, second = json.loads(said(slipway("run", "list", "--json", cwd=project)))[:2]
    listed = said(slipway("run", "list", cwd=project)).splitlines()
    assert listed[1].split()[5] == "first"
    assert listed[2].split()[5] == "research"
    page = said(slipway("run", "show", second["id"], cwd=project))
    assert f"research run: model-centric against run {first['id'][:12]}" in page
    assert f"code {first['code'][:12]} -> {second['code'][:12]}; its file is kept and hashes to it" in page
    assert "standard deviation from seed to seed" in page
    assert "better than trivial  holds" in page


def test_what_changed_in_the_code_is_printed_line_by_line(project, slipway):
    ids = [r["id"] for r in json.loads(said(slipway("run", "list", "--json", cwd=project)))][:2]
    shown = said(slipway("run", "compare", *ids, "--diff", cwd=project))
    assert '-        SimpleImputer(strategy="median"), StandardScaler()' in shown
    assert '+        SimpleImputer(strategy="mean"), StandardScaler()' in shown
    assert "Over 2 seeds before and 2 after" in shown
    assert "median" not in said(slipway("run", "compare", *ids, cwd=project))


def test_an_attempt_that_failed_or_was_killed_is_listed(project, slipway):
    model = project / "model.py"
    kept = model.read_text("utf-8")
    try:
        model.write_text(kept.replace("    return model.fit(X, y)", "    raise ValueError('out of luck')"), "utf-8")
        done = slipway("run", "train", cwd=project)
        assert done.returncode == 1
        assert "ValueError: out of luck (model.py, line" in done.stderr
        assert "in train: raise ValueError('out of luck')" in done.stderr
        assert "Traceback" not in done.stderr
        model.write_text(kept.replace("    return model.fit(X, y)", "    __import__('os')._exit(9)"), "utf-8")
        slipway("run", "train", cwd=project)
        model.write_text(kept.replace("    return model.fit(X, y)", "    while True: pass"), "utf-8")
        late = slipway("run", "train", "--timeout", "1s", cwd=project)
        assert "want it to return within 1 s, got no end" in late.stderr
    finally:
        model.write_text(kept, "utf-8")
    listed = said(slipway("run", "list", cwd=project))
    assert listed.count("failed") == 2
    assert "interrupted" in listed
    assert "killed, perhaps for memory" in " ".join(listed.split())


def test_a_long_division_asks_first(project):
    """The runs are told to have taken an hour each; nobody can be asked, so nothing is trained."""
    script = (
        "import sys; from slipway.project import attributing as a; from slipway.cli.app import run\n"
        "a.outlook = lambda *_, **__: a.Outlook(models=6, seconds=21600.0)\n"
        "sys.exit(run(['run', 'compare', '--divide']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    assert "6 models to train, about 6 h" in done.stderr
    assert "Add --yes." in done.stderr
