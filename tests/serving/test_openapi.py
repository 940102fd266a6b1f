"""The OpenAPI document says what the server does: schemathesis holds the real server to it."""

import base64
import hashlib
import re
import subprocess
import sys

import httpx
import jsonschema_rs
import numpy as np
import pytest

from slipway.records.field import Field, FieldKind, Privacy
from slipway.records.model import Signature
from slipway.records.reference import ColumnReference
from slipway.records.task import TaskKind
from slipway.serving.typical import typical_row
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.unit import UnitChoice

FIELDS = (
    Field(name="a", kind=FieldKind.NUMBER, low=0, high=10, unit="min", required=True),
    Field(name="town", kind=FieldKind.CATEGORY, values=("Cork", "Galway")),
    Field(name="note", kind=FieldKind.CATEGORY),
    Field(name="d", kind=FieldKind.BOOLEAN),
)


CONFIG = """
[generation]
codec = "ascii"          # "printable" has no short pattern beyond ASCII

[[operations]]
include-path-regex = ".*/infer"
checks.positive_data_acceptance.enabled = false    # no schema can say that shapes, sizes and data must agree
"""


def resolved(document, name):
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


@pytest.mark.parametrize("kind", list(TaskKind))
def test_the_document_is_made_from_the_signature_and_its_example_is_answered(serve, kind):
    with serve(signature=Signature(fields=FIELDS, kind=kind)) as server:
        document = httpx.get(f"{server.url}/openapi.json").json()
        row = document["components"]["schemas"]["Row"]
        reply = httpx.post(f"{server.url}/predict", json=row["examples"][0])
    assert row["required"] == ["a", "user"]
    assert row["properties"]["a"] == {"type": "number", "minimum": 0, "maximum": 10, "description": "In min."}
    assert row["properties"]["town"] == {"enum": ["Cork", "Galway", None]}
    assert row["examples"] == [{"a": 5, "town": "Cork", "note": "text", "d": True, "user": "user-1"}]
    assert reply.status_code == 200
    jsonschema_rs.validate(resolved(document, "Answer"), reply.json())
    jsonschema_rs.validate(resolved(document, "Row"), row["examples"][0])


def test_every_path_that_answers_is_in_the_document_and_the_other_way_round(serve):
    with serve() as server:
        document = httpx.get(f"{server.url}/openapi.json").json()
        for path, methods in document["paths"].items():
            here = server.url + path.replace("{version}", "1")
            assert httpx.get(here).status_code == (200 if "get" in methods else 405)
        known = httpx.get(f"{server.url}/nothing").json()["wanted"].removeprefix("one of ").split(", ")
        named = httpx.get(f"{server.url}/openapi.json/r").json()["paths"]
        assert all(httpx.get(server.url + p).status_code in (200, 405) for p in named if "{version}" not in p)
    assert {path for path in known if not {path, path.removesuffix("/r")} & document["paths"].keys()} == set()
    assert {"/predict/r", "/outcomes/r", "/metrics/r"} <= named.keys()
    assert {path for path in document["paths"] if "{version}" not in path} <= set(known)


def test_keys_of_the_scope_that_collide_with_ours_are_told(serve):
    fields = (Field(name="id", kind=FieldKind.CATEGORY),)
    with serve(signature=Signature(fields=fields, kind=TaskKind.BINARY)) as server:
        row = httpx.get(f"{server.url}/openapi.json").json()["components"]["schemas"]["Row"]["properties"]
    assert row.keys() == {"id", "user", "prediction_id"}


def test_a_usual_row_comes_from_the_profile_and_never_from_what_is_secret():
    fields = (
        Field(name="a", kind=FieldKind.NUMBER, high=3.0),
        Field(name="age", kind=FieldKind.NUMBER, low=0, high=120, privacy=Privacy.NOTHING),
        Field(name="c", kind=FieldKind.CATEGORY),
        Field(name="name", kind=FieldKind.CATEGORY, privacy=Privacy.PSEUDONYM),
    )
    i = np.arange(2000)
    numbers = {"a": i / 1000, "age": 33.0 + i % 2}
    texts = {"c": np.where(i % 3, "often", "seldom").tolist(), "name": ["Ann"] * 2000}
    unit = UnitChoice(unit="row", units=2000, icc=0, design_effect=1, reason="", measured=())
    profiles = [
        ColumnReference(
            name=field.name,
            kind=field.kind,
            number=NumericReference.of(numbers[field.name]) if field.name in numbers else None,
            category=CategoryReference.of(texts[field.name]) if field.name in texts else None,
            unit=unit,
            block_counts=np.zeros((1, 1), np.int64),
        )
        for field in fields
    ]
    row = typical_row(fields, profiles=profiles)
    assert row["a"] == pytest.approx(1.0, abs=0.1)
    assert (row["age"], row["c"], row["name"]) == (60, "often", "text")


def test_the_page_for_people_loads_nothing_from_elsewhere(serve):
    with serve() as server:
        reply = httpx.get(f"{server.url}/docs")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"(src|href)=|https?://|@import|url\(", reply.text)
    script = reply.content.partition(b"<script>")[2].partition(b"</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in reply.headers["content-security-policy"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(TaskKind))
def test_schemathesis_finds_nothing_that_the_document_does_not_say(serve, tmp_path, kind):
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    with serve(signature=Signature(fields=FIELDS, kind=kind)) as server:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "100", "--seed", "7", "--continue-on-failure",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    print(done.stdout[-20000:], done.stderr[-3000:])
    assert done.returncode == 0
