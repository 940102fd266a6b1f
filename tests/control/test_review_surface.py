"""Reviewers and waiting callers over real HTTP: what they are told, and what nobody can get out of it."""

import base64
import contextlib
import re
import threading
from html import unescape

import httpx
import pytest

from slipway.control.browser import CHALLENGE
from slipway.records.access import May
from slipway.records.handover import Course
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.storage.access_keys import make_key
from slipway.testing import review_served, review_site

X = {"amount": 1234.5, "words": "<script>alert(1)</script>", "name": "0123456789abcdef"}


@contextlib.contextmanager
def served(site, **how):
    """A client of the queue that sends what its own page would send."""
    with review_served.served(site, **how) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.headers["Origin"] = url
        yield client


@pytest.fixture
def site():
    return review_site.Desk(x=X)


def test_a_case_goes_from_the_caller_to_a_reviewer_and_back(site):
    with served(site) as client:
        name = site.ask()
        pending = client.get(f"/decisions/{name}").json()
        assert (pending["pending"], pending["decision"], pending["due_us"]) == (True, None, 601_000_000)
        handed = client.post("/review/next", json={"by": "ana"}).json()
        assert handed["fields"] == [
            {"name": "amount", "value": 1234.5, "unit": "EUR"},
            {"name": "words", "value": X["words"], "unit": ""},
        ], "what the scope keeps out of clear sight is not shown"
        assert client.post("/review/next", json={"by": "bob"}).json() is None
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(client.get(f"/decisions/{name}?wait_s=20").json()))
        waiter.start()
        said = client.post(f"/review/cases/{name}/decide", json={"by": "ana", "value": 0, "why": "odd"})
        assert said.json() == {"id": name, "undo_until_us": 11_000_000}
        waiter.join()
        late = client.post(f"/review/cases/{name}/undo", json={"by": "ana"})
        stats = client.get("/review/stats").json()
    assert answers[0] == {
        "id": name, "pending": False, "decision": 0.0, "by": "ana", "fallback": False, "at_us": 1_000_000,
        "due_us": 601_000_000,
    }  # fmt: skip
    assert (late.status_code, "the caller has" in late.json()["error"]) == (409, True)
    assert stats["readers"] == [{"by": "ana", "decided": 1, "undone": 0, "median_s": 0.0}]
    assert (stats["counts"]["decided"], stats["counts"]["waiting"]) == (1, 0), "that one settles it, nobody is told"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/decisions/nobody", 404),
        ("/decisions/c2", 404),
        ("/decisions/c1?wait_s=99", 400),
        ("/decisions/c1?wait_s=x", 400),
    ],
)
def test_what_is_no_case_or_no_time_is_refused(site, path, says):
    site.ask()
    site.ask(course=Course.AUDITED)
    site.step()
    with served(site) as client:
        assert client.get(path).status_code == says


@pytest.mark.parametrize("course", [Course.HANDED_OVER, Course.AUDITED, Course.ASKED])
def test_nothing_that_a_reviewer_can_reach_tells_what_is_hidden(site, course):
    tell_tale = 0.876543
    name = site.ask(course=course, suggestion=tell_tale, shown=False, beside=0.123456)
    with served(site) as client:
        site.step()
        seen = [client.post("/review/next", json={"by": "ana"}).text, client.get("/page/review?as=ana").text]
        seen += [client.get("/review/cases").text, client.get("/review/stats").text]
        seen += [client.post(f"/review/cases/{name}/decide", json={"by": "ana", "value": 0}).text]
        seen += [client.post("/review/next", json={"by": "bob"}).text, client.get("/page/review?as=bob").text]
        seen += [client.get("/review/cases").text]
    assert name in seen[0]
    for text in seen:
        for word in ("876543", "0.88", "123456", "0.12", "handed", "audit", "settl", "ana decided"):
            assert word not in text, (word, text)


def test_the_page_takes_one_through_a_case_by_forms_alone(site):
    name = site.ask(suggestion=0.61)
    with served(site) as client:
        site.step()
        assert "Who are you?" in client.get("/page/review").text

        def send(**form):
            return client.post("/page/review", data={"by": "ana", **form}, follow_redirects=True).text

        page = send(act="next")
        assert "&lt;b&gt;Is it a fraud?&lt;/b&gt;" in page
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "1,234.5 EUR" in page
        assert "A model gives Yes a score of <strong>0.61</strong>" in page
        assert page.index("<button disabled") < page.index('name="value"'), "Enter in a field must not say Yes"
        assert re.findall(r'name="value" value="(\d)" accesskey="(.)"', page) == [("1", "y"), ("0", "n")]
        page = send(act="decide", id=name, value="1")
        assert "Take it back" in page
        assert "waits again" in send(act="undo", id=name)
        assert site.reviews.case(name).holder == "ana"
        assert "want 0 or 1" in unescape(send(act="decide", id=name, value="7"))
        assert "Given back" in send(act="leave", id=name)
        assert not site.reviews.case(name).holder


def test_an_address_cannot_put_words_on_the_page(site):
    with served(site) as client:
        page = client.get("/page/review?as=ana&told=Call+me+at+555&done=Call+me+at+555").text
        assert "555" not in page
        assert "Given back." in client.get("/page/review?as=ana&done=left").text


def test_a_form_of_another_page_is_refused(site):
    site.ask()
    with served(site) as client:
        site.step()
        for headers in ({"Origin": "http://127.0.0.1:1"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            assert client.post("/page/review", data={"by": "ana", "act": "next"}, headers=headers).status_code == 403
        del client.headers["Origin"]
        assert client.post("/page/review", data={"by": "ana", "act": "next"}).status_code == 403
    assert not site.reviews.case("c1").holder


def test_a_key_says_who_reviews_and_lets_in_for_nothing_else(site, tmp_path):
    keys = {
        name: make_key(tmp_path / "keys.json", name=name, may=[may], now_us=1, by="test")[1]
        for name, may in (("ana", May.REVIEW), ("caller", May.PREDICT), ("boss", May.CONTROL))
    }
    shown = {name: {"Authorization": f"Bearer {token}"} for name, token in keys.items()}
    basic = base64.b64encode(f"whoever:{keys['ana']}".encode()).decode()
    site.ask()
    with served(site, guard=Guard("127.0.0.1", door=Door(tmp_path / "keys.json"))) as client:
        site.step()
        bare = client.get("/page/review")
        assert (bare.status_code, bare.headers["www-authenticate"]) == (401, CHALLENGE)
        assert client.get("/page/review", headers={"Authorization": f"Basic {basic}"}).status_code == 200
        assert client.get("/page/review", headers={"Authorization": "Basic !"}).status_code == 401
        for path in ("/status", "/decisions/c1", "/rollouts", "/audit"):
            assert client.get(path, headers=shown["ana"]).status_code == 403
        assert [c["id"] for c in client.get("/review/cases?by=bob", headers=shown["ana"]).json()] == ["c1"]
        for who in ("caller", "boss"):
            assert client.post("/review/next", json={"by": "ana"}, headers=shown[who]).status_code == 403
        assert client.get("/decisions/c1", headers=shown["caller"]).json()["pending"]
        assert client.post("/review/next", json={"by": "somebody else"}, headers=shown["ana"]).json()["id"] == "c1"
    assert site.reviews.case("c1").holder == "ana", "a key's name, whatever its holder says"


def test_whose_key_it_is_that_one_is_told_of_cases_whatever_name_he_says(site, tmp_path):
    token = make_key(tmp_path / "keys.json", name="ana", may=[May.REVIEW], now_us=1, by="test")[1]
    name = site.ask(shown=False, suggestion=0.9)
    with served(site, guard=Guard("127.0.0.1", door=Door(tmp_path / "keys.json"))) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        site.step()
        client.post("/review/next", json={})
        client.post(f"/review/cases/{name}/decide", json={"value": 0})
        site.step(later_s=11)
        assert site.reviews.waits(site.reviews.case(name), by="bob"), "it waits for who settles it"
        for path in ("/review/cases", "/review/cases?by=bob"):
            assert client.get(path).json() == []
