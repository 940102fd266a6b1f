"""The glossary defines each word once, and has the words of the design and of every closed set in the code."""

import re
from collections import Counter
from pathlib import Path

import pytest

from slipway.records.alert import FindingKind, Step
from slipway.records.field import Privacy
from slipway.records.gate import GateKind
from slipway.records.rollout import Decision, StageKind
from slipway.records.run import RunKind
from slipway.records.task import Case

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text()
TERMS = re.findall(r"\*\*([^*]+)\*\*", PAGE)
NOUNS = """
Scope, Deployment case, Dataset version, Label, Run, Model, Arm, Route, Prediction, Outcome, Rollout, Verdict,
Monitor, Alert, Tick, Anytime-valid, E-value, E-process, Confidence sequence, Exchangeable unit, Cohort,
Margin, Gap, Data drift, Concept drift, E-detector, Intraclass correlation, Design effect, Average run length,
Change point, Non-inferiority, Union bound, Maturity, Entity, Share, Fallback, Shadow, Live, Candidate,
Journal, Frame, Segment, Blob, Control store, Baseline, Target, Kill rule, Finding, Slice, Profile, Package,
Reference
"""


def test_no_word_is_defined_twice():
    assert [term for term, times in Counter(t.lower() for t in TERMS).items() if times > 1] == []


@pytest.mark.parametrize("noun", [" ".join(n.split()) for n in NOUNS.split(",")])
def test_the_nouns_of_the_design_are_defined(noun):
    assert noun.lower() in {t.lower() for t in TERMS}


@pytest.mark.parametrize("kind", [Case, StageKind, GateKind, Decision, RunKind, FindingKind, Step, Privacy])
def test_every_word_of_a_closed_set_is_explained(kind):
    missing = [w.value for w in kind if w.value not in PAGE and w.name.replace("_", " ").lower() not in PAGE.lower()]
    assert [w for w in missing if w not in ("none", "data and concept drift")] == []


def test_the_licence_is_the_whole_apache_licence():
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) == 11358
