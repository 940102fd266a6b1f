"""``slipway scope readiness`` and ``scope attest``, as a person calls them."""

import json


def score(here, folder):
    return json.loads(here("scope", "readiness", "--json", cwd=folder).stdout)


def mark(found, item):
    return next(m for m in found["marks"] if m["item"] == item)


def test_a_word_is_given_audited_and_taken_back(here, tmp_path):
    assert here("init", tmp_path / "p", cwd=tmp_path).returncode == 0
    folder = tmp_path / "p"
    assert mark(score(here, folder), "infra-2")["points"] == 0
    said = here("scope", "attest", "infra-2", "--by", "Ada", "--why", "Reviewed tests, build 12.", cwd=folder)
    assert "infra-2, 'Model specs are unit tested': attested by Ada." in said.stdout
    found = mark(score(here, folder), "infra-2")
    assert (found["points"], found["attested"]) == (0.5, True)
    assert "Reviewed tests, build 12." in here("audit", cwd=folder).stdout
    here("scope", "attest", "infra-2", "--by", "Bob", "--why", "They were deleted.", "--withdraw", cwd=folder)
    assert mark(score(here, folder), "infra-2")["points"] == 0
    again = here("scope", "attest", "infra-2", "--by", "Bob", "--why", "x", "--withdraw", cwd=folder)
    assert again.returncode == 1
    assert "want a word that was given for it, found none" in again.stderr


def test_an_item_that_is_none_is_refused_with_the_names(here, project):
    done = here("scope", "attest", "infra-8", "--by", "Ada", "--why", "x", cwd=project)
    assert done.returncode == 1
    assert "want data-1 to data-7, or the same of model, infra and monitor, got 'infra-8'" in done.stderr


def test_the_page_says_score_sections_items_and_what_to_do_next(here, project):
    text = here("scope", "readiness", cwd=project).stdout
    assert text.startswith("Readiness ")
    for words in ("of 7", "Data:", "Model:", "Infrastructure:", "Monitoring:", "infra-6", "What to do next"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 100
    found = score(here, project)
    sums = {}
    for m in found["marks"]:
        section = m["item"].split("-")[0]
        sums[section] = sums.get(section, 0) + m["points"]
    assert f"Readiness {min(sums.values()):g} of 7" in text
