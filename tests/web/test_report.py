"""The report is one page that needs nothing else, hides nothing and runs nothing."""

import math
import re
from html.parser import HTMLParser

import msgspec

from slipway.records.alert import LossChange, MovedPart
from slipway.records.rollout import RolloutStatus
from slipway.stats.evidence import EValue, FixedInterval
from slipway.web.report import render

VOID = {"meta", "br", "link", "img", "hr", "input"}
HOSTILE = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(2)>{{ 7*7 }}"


class Page(HTMLParser):
    """Every tag with its attributes, and whether each was closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.text, self.wrong = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not (self.open and self.open[-1] == "style"):
            self.text.append(data)

    @property
    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


def test_every_tag_is_closed_in_order_and_every_id_is_unique(data):
    page = Page(render(data))
    assert page.open == []
    assert page.wrong == []
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    named = [i for t, a in page.tags if t == "svg" and "aria-labelledby" in a for i in a["aria-labelledby"].split()]
    assert set(named) <= set(ids)
    assert len(named) >= 2 * 7  # title and description of each chart


def test_it_asks_nothing_of_the_network_and_runs_no_script(data):
    html = render(data)
    page = Page(html)
    assert not [t for t, _ in page.tags if t in {"script", "link", "iframe", "object", "embed", "img", "base", "form"}]
    addresses = [v for _, a in page.tags for k, v in a.items() if k in {"href", "src", "action", "xlink:href"}]
    assert addresses
    assert all(a.startswith("#") for a in addresses)
    assert not re.search(r"https?:|url\(|@import|//[a-z]", html)
    assert not [k for _, a in page.tags for k in a if k.startswith("on")]


def test_every_link_inside_the_page_leads_somewhere(data):
    page = Page(render(data))
    ids = {a.get("id") for _, a in page.tags}
    assert {a["href"][1:] for _, a in page.tags if "href" in a} <= ids


def test_hostile_text_stays_text_wherever_it_comes_from(data):
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(data))  # JSON would lose the unbounded intervals
    plain["scope"]["project"] |= {"need": HOSTILE, "owner": HOSTILE, "kill": HOSTILE}
    plain["scope"]["task"] |= {"x": HOSTILE, "y": HOSTILE}
    plain["scope"]["metric"]["why"] = HOSTILE
    for dataset in plain["datasets"]:
        dataset["source"] = HOSTILE
        dataset["columns"][1] |= {"name": HOSTILE, "top": [[HOSTILE, 0.5]]}
        dataset["checks"][0] |= {"name": HOSTILE, "detail": HOSTILE}
        dataset["baselines"][0]["name"] = HOSTILE
    for run in plain["runs"]:
        run["slices"][0]["where"] = HOSTILE
        run["scores"].append({**run["scores"][0], "name": HOSTILE})
    for story in plain["rollouts"]:
        story["rollout"]["candidate"] = HOSTILE
        for verdict in story["verdicts"]:
            verdict |= {"reason": HOSTILE, "alert": HOSTILE}
            verdict["gates"][0]["reason"] = HOSTILE
    for finding in plain["findings"]:
        finding["sentence"] = HOSTILE
        for column in finding["columns"]:
            column |= {"name": HOSTILE, "detail": HOSTILE}
    plain["changes"][0]["sentences"] = [HOSTILE]
    for line in plain["audit"]:
        line |= {"by": HOSTILE, "what": HOSTILE, "why": HOSTILE}
    spoiled = msgspec.convert(plain, type(data))

    page = Page(render(spoiled))
    assert not [t for t, _ in page.tags if t in {"script", "img"}]
    assert not [k for _, a in page.tags for k in a if k.startswith("on")]
    assert page.wrong == []
    assert HOSTILE in page.words  # shown as it is, braces and all: escaped once, evaluated never


def test_it_tells_what_happened(data):
    words = Page(render(data)).words
    for wanted in (
        "boost-1 answers 100 %",
        "rolled back",
        "completed",
        "concept drift",
        "data-centric",
        "10.3 %",
        "11.7 %",
        "carrier = EV and hour in [17, 24)",
        "Go back to: data",
    ):
        assert wanted in words, wanted


def test_the_model_is_held_against_its_baselines_in_the_projects_own_metric(data):
    """A run has scores in several metrics and on several splits; only one of them is the question."""
    words = Page(render(data)).words
    assert "the model 10.3 %, 9.4 % to 11.2 %; present system (rule) 11.7 %" in words
    assert "29.0 %" not in words


def test_what_a_gate_says_is_said_once(data):
    story = data.rollouts[0]
    verdict = story.verdicts[-1]
    whole = " ".join([verdict.reason, *(f"{g.gate.kind}: {g.reason}" for g in verdict.gates)])
    told = msgspec.structs.replace(
        story, verdicts=(*story.verdicts[:-1], msgspec.structs.replace(verdict, reason=whole))
    )
    words = Page(render(msgspec.structs.replace(data, rollouts=(told,)))).words
    moved = words[words.index("Verdicts that moved it") :]
    for gate in verdict.gates:
        assert moved.count(gate.reason) == 1


def test_every_verdict_is_on_the_page(data):
    words = Page(render(data)).words
    for story in data.rollouts:
        for verdict in story.verdicts:
            assert verdict.reason in words


def test_the_same_data_gives_the_same_bytes(data):
    assert render(data) == render(data)


def test_an_empty_project_says_what_to_do_next_and_shows_no_number_it_does_not_have(data):
    empty = msgspec.structs.replace(
        data, route=None, datasets=(), runs=(), changes=(), packages=(), rollouts=(), watched=(), findings=(), audit=()
    )
    page = Page(render(empty))
    assert page.wrong == []
    assert "Nothing serves yet" in page.words
    for command in ("slipway data make", "slipway run train", "slipway rollout start"):
        assert command in page.words
    assert "nan" not in page.words.lower().split()


def test_a_rollout_without_a_verdict_yet_is_drawn_to_the_present(data):
    story = data.rollouts[0]
    begun = msgspec.structs.replace(
        story.rollout, status=RolloutStatus.RUNNING, entries=story.rollout.entries[:1], ended_us=None
    )
    young = msgspec.structs.replace(data, rollouts=(msgspec.structs.replace(story, rollout=begun, verdicts=()),))
    page = Page(render(young))
    assert page.wrong == []
    assert "No verdict yet" in page.words


def test_no_coordinate_is_ever_nan_or_infinite(data):
    """Unbounded intervals, days without outcomes and evidence of minus infinity are all in there."""
    html = render(data)
    assert any(g.interval and math.isinf(g.interval.low) for s in data.rollouts for v in s.verdicts for g in v.gates)
    drawn = re.findall(r'(?: d| x| y| x1| x2| y1| y2| cx| cy| width| height)="([^"]*)"', html)
    assert drawn
    assert not [d for d in drawn if "nan" in d or "inf" in d]


def test_a_finding_says_in_which_rows_the_same_inputs_mean_something_else(data):
    limits = FixedInterval(low=0.101, high=0.195, estimate=0.147, alpha=0.05, n=60)
    part = MovedPart(name=HOSTILE, n=1_836, gap=limits, evidence=EValue(log_e=11.5, n=60))
    loss = LossChange(
        metric="error",
        before=0.2,
        now=0.21,
        at_least=0.1,
        explained=None,
        unexplained=None,
        labelled=9_000,
        missing=0,
    )
    named = msgspec.structs.replace(data.findings[1], parts=(part,), loss=loss)
    html = render(msgspec.structs.replace(data, findings=(data.findings[0], named)))
    assert "rows that mean something else" in Page(html).words
    assert f"{HOSTILE} 1,836 +14.70 points [+10.10, +19.50]" in Page(html).words
    assert HOSTILE not in html
    assert "rows that mean something else" not in render(data)
