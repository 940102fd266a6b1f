"""The reviewers' page in a real browser: typed and clicked as people do, where a model assists beside them."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from slipway.errors import Unavailable
from slipway.records.access import May
from slipway.records.arm import Reading
from slipway.records.review import Part
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.storage.access_keys import make_key
from slipway.testing.review_served import served
from slipway.testing.review_site import Desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]
WAIT_S = 90
LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")


class Browser:
    """One page of a browser that is driven over its own pipe, so no port is taken."""

    def __init__(self, folder):
        asked, our = os.pipe()
        their, told = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (asked, told)]  # 3 and 4 are what it wants
        words = [sys.executable, "-c", LAUNCH, *map(str, high), CHROMIUM, *FLAGS, f"--user-data-dir={folder}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.process = subprocess.Popen(words, pass_fds=high, **quiet)
        for fd in (asked, told, *high):
            os.close(fd)
        self.our, self.their, self.number, self.rest, self.session = our, their, 0, b"", None
        page = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]

    def close(self):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT_S)
        os.close(self.our)
        os.close(self.their)

    def call(self, method, **params):
        self.number += 1
        said = {"id": self.number, "method": method, "params": params}
        said |= {"sessionId": self.session} if self.session else {}
        os.write(self.our, json.dumps(said).encode() + b"\0")
        end = time.monotonic() + WAIT_S
        while True:
            while b"\0" not in self.rest:
                if not select.select([self.their], [], [], max(0, end - time.monotonic()))[0]:
                    raise TimeoutError(method)
                piece = os.read(self.their, 1 << 16)
                if not piece:
                    raise Unavailable(f"{CHROMIUM}: want an answer to {method}, but it has ended.")
                self.rest += piece
            one, _, self.rest = self.rest.partition(b"\0")
            if (found := json.loads(one)).get("id") == self.number:
                assert "error" not in found, found
                return found["result"]

    def js(self, text):
        return self.call("Runtime.evaluate", expression=text, returnByValue=True)["result"].get("value")

    @property
    def text(self):
        return self.js("document.body.innerText")

    @property
    def focus(self):
        return self.js("document.activeElement.tagName + '.' + document.activeElement.innerText")

    def turn(self, do):
        """Do what leads to another page, and wait until that is there."""
        self.js("window.before = 1")
        do()
        end = time.monotonic() + WAIT_S
        focused = "(a => !a || a == document.activeElement)(document.querySelector('[autofocus]'))"
        while not self.js(
            f"!window.before && document.readyState == 'complete' && location != 'about:blank' && {focused}"
        ):
            assert time.monotonic() < end, self.text
            time.sleep(0.05)

    def open(self, url):
        self.turn(lambda: self.call("Page.navigate", url=url))

    def key(self, key):
        how = {"key": key, "code": key, "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **text, **how)
        self.call("Input.dispatchKeyEvent", type="keyUp", **how)

    def alt(self, letter):
        how = {
            "key": letter,
            "code": f"Key{letter.upper()}",
            "windowsVirtualKeyCode": ord(letter.upper()),
            "modifiers": 1,
        }
        for kind, text in (("rawKeyDown", {}), ("char", {"text": letter, "unmodifiedText": letter}), ("keyUp", {})):
            self.call("Input.dispatchKeyEvent", type=kind, **text, **how)

    def enter(self):
        self.turn(lambda: self.key("Enter"))

    def click(self, words):
        """Click with the mouse on the button or link that says so."""
        which = f"[...document.querySelectorAll('button,a')].find(b => b.innerText.includes({json.dumps(words)}))"
        self.js(f"{which}.scrollIntoView()")
        x, y = self.js(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({which}.getBoundingClientRect())")

        def press():
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

        self.turn(press)

    def narrow(self, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])


@pytest.fixture
def browser(tmp_path):
    made = Browser(tmp_path / "profile")
    yield made
    made.close()


def site_of(**x):
    return Desk(reading=Reading(lease_s=600, undo_s=10, second=0.0, settle=1.0), x=x or {"amount": 1234567.891})


def comes(browser, url, name):
    """Say who one is and take a case, by keyboard alone."""
    browser.open(f"{url}/page/review")
    browser.call("Input.insertText", text=name)
    browser.enter()
    assert browser.focus == "BUTTON.Take the next case"
    browser.enter()


def test_a_reader_takes_decides_takes_back_and_another_settles(browser):
    """The suggestion is hidden for this one; what the model said shows nowhere, and both differ in the end."""
    site = site_of()
    name = site.ask(suggestion=0.876543, shown=False)
    site.step()
    with served(site) as url:
        browser.narrow(420)
        comes(browser, url, "ana")
        assert "Is it a fraud?" in browser.text
        assert "1,234,567.891 EUR" in browser.text, "all digits"
        assert "model" not in browser.text
        assert "0.88" not in browser.js("document.documentElement.outerHTML")
        assert browser.js("document.documentElement.scrollWidth") <= 420, "nothing to scroll sideways"
        assert browser.focus.startswith("H1."), "Enter says nothing"
        browser.key("Tab")
        assert browser.focus.startswith("BUTTON.Yes")
        browser.turn(lambda: browser.alt("y"))
        assert "Decided." in browser.text
        browser.click("Take it back")
        assert "it waits again" in browser.text
        assert site.reviews.case(name).holder == "ana", "and she has it again"
        browser.click("No")
        site.step(later_s=11)
        comes(browser, url, "ana")
        assert "No case waits for you now." in browser.text
        browser.click("Somebody else?")
        comes(browser, url, "bob")
        assert "model" not in browser.text
        browser.click("Yes")
        site.step(later_s=11)
    reads = [(r.by, r.value, r.part, r.saw, r.undone_us is None) for r in site.reviews.case(name).reads]
    assert reads == [
        ("ana", 1.0, Part.FIRST, False, False), ("ana", 0.0, Part.FIRST, False, True),
        ("bob", 1.0, Part.SETTLING, False, True),
    ]  # fmt: skip


def test_a_suggestion_is_read_where_it_is_shown_and_typing_a_reason_decides_nothing(browser, tmp_path):
    """She comes with a key, which a browser asks for as a password."""
    token = make_key(tmp_path / "keys.json", name="ana", may=[May.REVIEW], now_us=1, by="test")[1]
    site = site_of()
    name = site.ask(suggestion=0.612)
    site.step()
    with served(site, guard=Guard("127.0.0.1", door=Door(tmp_path / "keys.json"))) as url:
        browser.open(url.replace("//", f"//whoever:{token}@") + "/page/review")
        browser.click("Take the next case")
        assert "A model gives Yes a score of 0.61. You decide." in browser.text
        browser.js("document.getElementById('why').focus()")
        browser.call("Input.insertText", text="two claims in a week")
        browser.key("Enter")
        assert site.reviews.case(name).reads == ()
        browser.click("No")
    (read,) = site.reviews.case(name).reads
    assert (read.by, read.value, read.saw, read.why) == ("ana", 0.0, True, "two claims in a week")
