import os

import pytest

from slipway.errors import BadInput, Conflict, Corrupt, NotFound, Unavailable
from slipway.storage.routes import RouteWatch, publish, read_route
from slipway.testing.records import route


def test_what_is_published_is_read(tmp_path):
    path = publish(route(3), folder=tmp_path / "routes")
    assert path == tmp_path / "routes" / "main.msgpack"
    assert read_route(tmp_path / "routes", name="main") == route(3)


def test_a_version_only_grows(tmp_path):
    publish(route(3), folder=tmp_path)
    before = (tmp_path / "main.msgpack").stat()
    publish(route(3), folder=tmp_path)
    assert (tmp_path / "main.msgpack").stat() == before
    for wrong in (route(2), route(3, share=0.5)):
        with pytest.raises(Conflict, match=rf"want a version above 3, which is in force, got {wrong.version}\."):
            publish(wrong, folder=tmp_path)
    publish(route(4, share=0.0), folder=tmp_path)
    assert read_route(tmp_path, name="main").version == 4


def test_every_flipped_byte_is_found_and_publishing_heals(tmp_path):
    path = publish(route(3), folder=tmp_path)
    data = path.read_bytes()
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        path.write_bytes(broken)
        with pytest.raises(Corrupt, match="want the route 'main', but"):
            read_route(tmp_path, name="main")
    path.write_bytes(b"")
    publish(route(3), folder=tmp_path)
    assert read_route(tmp_path, name="main") == route(3)


def test_names(tmp_path):
    publish(route(name="main"), folder=tmp_path)
    with pytest.raises(NotFound, match=r"route 'mian'.*\['main'\]"):
        read_route(tmp_path, name="mian")
    with pytest.raises(BadInput, match="route: want a name"):
        read_route(tmp_path, name="../main")
    (tmp_path / "other.msgpack").write_bytes((tmp_path / "main.msgpack").read_bytes())
    with pytest.raises(Corrupt, match="it holds the route 'main'"):
        read_route(tmp_path, name="other")


def test_a_watch_tells_each_route_once(tmp_path):
    watch = RouteWatch(tmp_path, name="main")
    assert watch.poll() is None
    for version in (1, 2, 3):
        publish(route(version), folder=tmp_path)
        assert watch.poll() == route(version)
        assert watch.poll() is None
    (tmp_path / "main.msgpack").unlink()
    assert watch.poll() is None
    publish(route(3), folder=tmp_path)
    assert watch.poll() is None
    watch.close()
    watch.close()


def test_a_watch_goes_on_past_a_broken_file_and_says_so_once(tmp_path):
    watch = RouteWatch(tmp_path, name="main")
    path = publish(route(1), folder=tmp_path)
    watch.poll()
    (tmp_path / "new").write_bytes(b"garbage")
    (tmp_path / "new").replace(path)
    with pytest.raises(Corrupt):
        watch.poll()
    assert watch.poll() is None
    publish(route(2), folder=tmp_path)
    assert watch.poll() == route(2)


def test_two_routes_within_one_tick_of_the_file_clock_are_told_apart(tmp_path):
    """All with one size and one modification time, as on a coarse clock; the open file keeps the inodes apart."""
    watch = RouteWatch(tmp_path, name="main")
    for version in range(1, 80, 2):
        publish(route(version, share=0.5), folder=tmp_path)
        path = publish(route(version + 1, share=0.5), folder=tmp_path)
        os.utime(path, ns=(0, 0))
        assert watch.poll().version == version + 1


def test_a_disk_that_refuses_leaves_the_old_route_in_force(tmp_path, monkeypatch):
    publish(route(1), folder=tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        publish(route(2), folder=tmp_path)
    assert read_route(tmp_path, name="main") == route(1)
