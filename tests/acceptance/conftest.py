"""What whole lives share: the real command line, in processes of its own."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest


class Terminal:
    """Types ``slipway`` commands in a folder; each must end well, unless told otherwise."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *words, status=0, timeout=120):
        """Return what stdout held."""
        done = subprocess.run(
            [sys.executable, "-m", "slipway.cli.app", *map(str, words)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        said = f"slipway {' '.join(map(str, words))} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == status, said
        assert "Traceback" not in done.stdout + done.stderr, said
        return done.stdout

    def json(self, *words, **kwargs):
        """Return the one document that stdout held."""
        return json.loads(self.run(*words, "--json", **kwargs))


@pytest.fixture(scope="session")
def terminal():
    return Terminal


@pytest.fixture(scope="session")
def outside():
    return addresses


def addresses(html):
    """Return each address on a page that a browser would fetch."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend(v for k, v in attrs if k in ("src", "href", "action", "srcset") and v and "://" in v)

    Reader().feed(html)
    return found + [w for w in ("@import", "url(http") if w in html]
