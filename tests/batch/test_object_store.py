"""Tables in an object store, through a server that speaks S3."""

import http.client
import json
import socket
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest
from obstore.store import from_url

from slipway.cli.app import run
from slipway.errors import Conflict, NotFound, Unavailable

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        free = sock.getsockname()[1]
    subprocess.run(["make", "-C", ROOT, ".venv/.clients"], check=True)  # moto and pandas want two dateutils
    python = ROOT / ".venv/clients/bin/python"
    server = subprocess.Popen([python, "-m", "moto.server", "-p", str(free)], stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            caller = http.client.HTTPConnection("127.0.0.1", free)
            caller.request("PUT", "/lake")
            caller.getresponse()
            break
        except OSError:
            time.sleep(0.1)
    yield free
    server.kill()
    server.wait()


@pytest.fixture
def lake(port, monkeypatch):
    names = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    for name, value in {**names, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
        monkeypatch.setenv(name, value)
    return from_url("s3://lake")


def test_every_form_of_place_is_read_and_the_output_is_written(lake, place, table):
    place.route(place.OLD)
    rows = table(300)
    for name, part in (("a.parquet", rows[:100]), ("b.parquet", rows[100:])):
        part.write_parquet(place.root / name)
        lake.put(f"in/{name}", place.root / name)
    rows.write_csv(place.root / "c.csv")
    rows.write_ipc(place.root / "d.arrow")
    lake.put("c.csv", place.root / "c.csv")
    lake.put("d.arrow", place.root / "d.arrow")
    for source in ("s3://lake/in", "s3://lake/in/*.parquet", "s3://lake/c.csv", "s3://lake/d.arrow"):
        place.score(source, output="s3://lake/out.parquet", id_column="key", overwrite=True)
        assert pl.read_parquet("s3://lake/out.parquet")["id"].to_list() == rows["key"].to_list()
    with pytest.raises(Conflict, match="it exists"):
        place.score("s3://lake/in", output="s3://lake/out.parquet")


def test_what_is_not_there_is_said(lake, place, table, monkeypatch):
    place.route(place.OLD)
    with pytest.raises(NotFound, match="s3://lake/nothing"):
        place.score("s3://lake/nothing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Unavailable, match="want to list it"):
        place.score("s3://lake/in")


def test_two_tables_of_a_store_are_held_against_each_other(lake, place, table, capsys):
    for name in ("before.parquet", "now.parquet"):
        table(300).write_parquet(place.root / name)
        lake.put(f"drift/{name}", place.root / name)
    words = ["--reference", "s3://lake/drift/before.parquet", "--current", "s3://lake/drift/now*.parquet", "--json"]
    assert run(["monitor", "run", *words]) == 0
    assert json.loads(capsys.readouterr().out)["rows_now"] == 300


def test_a_store_that_is_away_is_told_in_one_line(lake, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert run(["monitor", "run", "--reference", "s3://lake/a.parquet", "--current", "s3://lake/b.parquet"]) == 1
    told = capsys.readouterr().err.partition("slipway: ")[2]
    assert told.startswith("s3://lake/a.parquet: want to list it, got ")
    assert told.count("\n") == 1
