"""A server beyond this machine: TLS that is renewed under load, keys that come and go, and commands that go on."""

import re
import ssl
import threading
import time
from datetime import UTC, datetime

import httpx
import pytest

from slipway import Project
from slipway.errors import Conflict, Refused
from slipway.project.server import Server
from slipway.records.access import May
from slipway.testing.certificates import Authority

ROW = {"mean_radius": 30.0, "sample": "s1"}
REACH = """[serving]
host = "0.0.0.0"
hosts = ["models.example.org"]
tls_certificate = "server.pem"
tls_key = "server.key"
"""


def wait(condition, *, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if got := condition():
            return got
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s")


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, now=datetime.now(UTC))


@pytest.fixture
def project(tmp_path, authority):
    made = Project.init(tmp_path / "p", name="hearts")
    page = made.folder / "slipway.toml"
    page.write_text(page.read_text().replace("[serving]\n", REACH))
    authority.sign(made.folder / "server.pem", key=made.folder / "server.key")
    return Project.open(made.folder)


def test_a_life_beyond_this_machine(project, authority):
    _, app = project.make_key("app", may=[May.PREDICT])
    _, boss = project.make_key("boss")
    trust = ssl.create_default_context(cafile=authority.certificate)
    with Server(project.folder) as server, httpx.Client(base_url=server.url, verify=trust, timeout=30) as client:
        assert server.url.startswith("https://")
        assert client.get("/health/ready").status_code == 200
        for headers in ({}, bearer("slipway_x"), {"Authorization": "Basic eA=="}):
            reply = client.post("/predict", json=ROW, headers=headers)
            assert reply.status_code == 401
            assert "Bearer" in reply.headers["www-authenticate"]
            assert "slipway key make" in reply.json()["hint"]
        for path in ("/metrics", "/v2/models/hearts"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers=bearer(app)).status_code == 200
        answer = client.post("/predict", json=ROW, headers=bearer(app)).json()
        assert answer["score"] == 1.0
        outcome = {"id": answer["id"], "value": 1}
        assert client.post("/outcomes", json=outcome, headers=bearer(app)).status_code == 403
        assert client.post("/outcomes", json=outcome, headers=bearer(boss)).status_code == 200
        for host, expected in (("evil.example", 403), ("models.example.org", 200)):
            assert client.post("/predict", json=ROW, headers=bearer(app) | {"Host": host}).status_code == expected

        status = f"{server.control_url}/status"
        answers = [client.get(status, headers=h).status_code for h in ({}, bearer(app), bearer(boss))]
        assert answers == [401, 403, 200]
        assert project.step().problems == ()  # a command of this machine, through control and its certificate
        assert project.status().problems == ()

        renewed_under_load(client, project, authority, key=app)

        project.revoke_key("app")
        wait(lambda: client.post("/predict", json=ROW, headers=bearer(app)).status_code == 401)
        assert client.post("/predict", json=ROW, headers=bearer(boss)).status_code == 200
        with pytest.raises(Conflict, match="one server"):
            project.serve()
        with pytest.raises((httpx.ConnectError, httpx.RemoteProtocolError)):
            httpx.get(server.url.replace("https", "http"))
    written = [p.read_bytes() for p in (project.folder / ".slipway").rglob("*") if p.is_file()]
    assert written
    assert not any(key.encode() in content for key in (app, boss) for content in written)


def renewed_under_load(client, project, authority, *, key):
    """Another certificate is shown within seconds, and no request fails meanwhile."""
    failed, done, stop = [], [], threading.Event()
    trust = ssl.create_default_context(cafile=authority.certificate)

    def ask():
        while not stop.is_set():
            try:
                with httpx.Client(base_url=client.base_url, verify=trust) as fresh:  # a handshake a request
                    done.append(fresh.post("/predict", json=ROW, headers=bearer(key)).status_code)
            except httpx.HTTPError as error:
                failed.append(error)

    def shown(url):
        pem = ssl.get_server_certificate((url.host, url.port), ca_certs=str(authority.certificate))
        return ssl.PEM_cert_to_DER_cert(pem)

    before = shown(client.base_url)
    thread = threading.Thread(target=ask)
    thread.start()
    try:
        wait(lambda: len(done) > 3)
        authority.sign(project.folder / "server.pem", key=project.folder / "server.key")
        wait(lambda: shown(client.base_url) != before)
        so_far = len(done)
        wait(lambda: len(done) > so_far + 3)
    finally:
        stop.set()
        thread.join()
    assert failed == []
    assert set(done) == {200}
    wait(lambda: shown(client.base_url.copy_with(port=client.base_url.port + 1)) != before)
    assert project.step().problems == ()  # who commands control knows the new one too


def test_what_strangers_could_reach_is_not_served_without_a_key(project):
    with pytest.raises(Refused, match=r"want a key .* '0.0.0.0', found none. Make one with 'slipway key make NAME'"):
        project.serve(port=1)
    project.make_key("app")
    project.revoke_key("app")
    with pytest.raises(Refused, match="found none"):
        project.serve(port=1)


def test_a_certificate_is_warned_of_in_time_and_not_served_once_it_has_ended(project, authority):
    certificate, warnings = project.certificate()
    assert "localhost" in certificate.names
    assert warnings == project.status().problems == ()
    authority.sign(project.folder / "server.pem", key=project.folder / "server.key", days=13.5)
    (warning,) = project.certificate()[1]
    assert re.search(r"it ends on .* in 13\.5 days\. Renew it", warning)
    assert project.status().problems == (warning,)
    authority.sign(project.folder / "server.pem", key=project.folder / "server.key", days=-1)
    with pytest.raises(Refused, match="Renew it"):
        project.certificate()
    with pytest.raises(Refused, match="Renew it"):
        project.serve(port=1)
    assert "Renew it" in project.status().problems[0]


@pytest.mark.slow
def test_keys_on_loopback_are_asked_for_from_the_first_one_on(tmp_path):
    project = Project.init(tmp_path / "p")
    with Server(project.folder) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.post("/predict", json=ROW).status_code == 200
        _, key = project.make_key("app")
        wait(lambda: client.post("/predict", json=ROW).status_code == 401)
        assert client.post("/predict", json=ROW, headers=bearer(key)).status_code == 200
        project.revoke_key("app")
        wait(lambda: client.post("/predict", json=ROW, headers=bearer(key)).status_code == 401)
        assert project.step().problems == ()
