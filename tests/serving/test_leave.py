"""What a process leaves for others is whole, and a full disk has room for what is there already."""

import pytest

from slipway.serving.leave import leave


def test_what_is_left_replaces_what_was_there(tmp_path):
    path, temporary = tmp_path / "file", tmp_path / "new"
    for data in (b"long", b"s", b"longer"):
        leave(path, data, temporary=temporary)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_new_file_can_be_made_the_old_one_is_written_over(tmp_path):
    path, nowhere = tmp_path / "file", tmp_path / "no folder" / "new"
    with pytest.raises(FileNotFoundError):
        leave(path, b"one", temporary=nowhere)
    path.write_bytes(b"longer")
    leave(path, b"two", temporary=nowhere)
    assert path.read_bytes() == b"two"
