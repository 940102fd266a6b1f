"""``slipway key``, and what ``slipway scope check`` says of a certificate."""

import json
from datetime import UTC, datetime

import pytest

from slipway.cli.app import run
from slipway.testing.certificates import Authority


@pytest.fixture
def folder(tmp_path, capsys):
    assert run(["init", str(tmp_path / "p")]) == 0
    capsys.readouterr()
    return tmp_path / "p"


@pytest.fixture
def call(folder, capsys):
    """Run a command and return (status, its JSON or its page)."""

    def ask(*words):
        status = run([*words, "--project", str(folder)])
        said = capsys.readouterr().out
        return status, json.loads(said) if "--json" in words else said

    return ask


def test_a_key_is_shown_once(call, folder):
    status, made = call("key", "make", "app", "--may", "predict", "--may", "outcomes", "--json")
    assert status == 0
    assert made["key"].startswith("slipway_")
    assert (made["name"], made["may"]) == ("app", ["outcomes", "predict"])
    page = call("key", "make", "boss")[1]
    assert page.startswith("slipway_")
    assert "control, outcomes, predict" in page
    listed = call("key", "list", "--json")[1]
    assert [k["name"] for k in listed] == ["app", "boss"]
    assert "key" not in listed[0]
    assert made["key"] not in (folder / ".slipway" / "keys.json").read_text() + call("key", "list")[1]


def test_a_key_is_revoked_for_good(call):
    call("key", "make", "app")
    assert call("key", "revoke", "app", "--json")[1]["revoked_us"] > 0
    assert call("key", "make", "app", "--json")[1]["kind"] == "Conflict"
    assert call("key", "revoke", "nobody")[0] == 1
    assert call("key", "make", "App!", "--json")[1]["kind"] == "BadInput"
    assert call("key", "make", "b", "--may", "everything", "--json")[1]["kind"] == "Usage"


def test_who_made_and_revoked_a_key_is_in_the_audit_trail(call, folder):
    call("key", "make", "app", "--may", "predict")
    call("key", "revoke", "app")
    entries = call("audit", "--json")[1]
    assert [(e["kind"], e["id"], e["why"]) for e in entries] == [
        ("access-key", "app", "key app made; it may predict"),
        ("access-key", "app", "key app revoked"),
    ]
    call("key", "make", "late")
    for part in (folder / ".slipway").glob("control.db*"):
        part.unlink()
    (folder / ".slipway" / "control.db").write_bytes(b"no database" * 1000)
    assert call("key", "make", "unknown-to-all")[0] == 1
    assert call("key", "revoke", "late", "--json")[1]["revoked_us"]  # locking out waits for nothing
    assert [k["name"] for k in call("key", "list", "--json")[1]] == ["app", "late"]


def test_without_keys_that_is_said(call):
    assert "none is asked for" in call("key", "list")[1]


def test_a_certificate_is_checked_with_the_scope(call, folder):
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace("[serving]", '[serving]\ntls_certificate = "a.pem"\ntls_key = "a.key"'))
    status, said = call("scope", "check", "--json")
    assert (status, said["kind"]) == (1, "NotFound")
    authority = Authority(folder, now=datetime.now(UTC))
    authority.sign(folder / "a.pem", key=folder / "a.key", days=3)
    status, said = call("scope", "check", "--json")
    assert status == 0
    assert said["certificate"]["names"] == ["localhost", "127.0.0.1", "::1"]
    assert "Renew it" in said["warnings"][0]
    assert "WARNING: certificate" in call("scope", "check")[1]
    authority.sign(folder / "b.pem", key=folder / "a.key")
    status, said = call("scope", "check", "--json")
    assert (status, said["kind"]) == (1, "BadInput")
