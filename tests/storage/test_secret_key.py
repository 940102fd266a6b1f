"""A key is made once, whoever comes first, and is for its owner only."""

import threading

import pytest

from slipway.errors import Corrupt
from slipway.storage.secret_key import secret_key


def test_all_who_come_first_get_the_same_key(tmp_path):
    for round_ in range(30):
        path, found = tmp_path / f"{round_}" / "signing.key", []
        start = threading.Barrier(4)

        def ask(path=path, found=found, start=start):
            start.wait()
            found.append(secret_key(path))

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        assert len(found) == 4
        assert set(found) == {path.read_bytes()}
        assert [p.name for p in path.parent.iterdir()] == ["signing.key"]


def test_only_its_owner_may_read_it(tmp_path):
    secret_key(tmp_path / "k")
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600


def test_half_a_key_is_no_key(tmp_path):
    (tmp_path / "k").write_bytes(b"half")
    with pytest.raises(Corrupt, match="want a key of 32 bytes, got 4"):
        secret_key(tmp_path / "k")
