"""What people do with packages at the terminal."""

import json
import shutil

import pytest


def test_the_card_and_the_key_that_signs(project, slipway, tmp_path):
    page = tmp_path / "card.html"
    written = slipway("model", "card", "first", "--out", page, cwd=project)
    assert written.returncode == 0, written.stderr
    assert "<h2>Who signed it</h2>" in page.read_text()
    signer = slipway("model", "signer", cwd=project).stdout.strip()
    assert len(bytes.fromhex(signer)) == 32
    assert signer in page.read_text()


@pytest.mark.slow
def test_a_model_is_taken_in_and_signed(project, slipway, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    refused = slipway("model", "import", "theirs.pkl", cwd=copy)
    assert refused.returncode != 0
    assert "Nothing pickled is loaded" in refused.stderr
    graph = next(iter(json.loads(slipway("model", "list", "--json", cwd=copy).stdout)))
    file = next((copy / ".slipway" / "blobs").rglob(graph["manifest"]["files"]["model.onnx"]))
    shutil.copy(file, copy / "theirs.onnx")
    taken = slipway("model", "import", "theirs.onnx", "--name", "theirs", "--json", cwd=copy)
    assert taken.returncode == 0, taken.stderr
    made = json.loads(taken.stdout)
    assert made["manifest"]["provenance"]["source"] == "onnx file theirs.onnx"
    key = tmp_path / "release.key"
    key.write_bytes(bytes(range(32)))
    signed = slipway("model", "sign", "theirs", "--key", key, "--json", cwd=copy)
    assert json.loads(signed.stdout)["package"] == made["id"]
    doubted = slipway("model", "verify", "theirs", cwd=copy)
    assert doubted.returncode == 1
    assert "want one by a trusted key" in doubted.stdout
