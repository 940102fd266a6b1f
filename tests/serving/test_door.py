"""Who is let in: by a key that is known, for what it may, and not a moment longer."""

import pytest

from slipway.errors import Conflict, Corrupt, NotFound
from slipway.records.access import May
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.serving.refusal import Refusal
from slipway.storage.access_keys import make_key, read_keys, revoke_key


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def made(path, name="ann", may=tuple(May)):
    return f"Bearer {make_key(path, name=name, may=may, now_us=1, by='test')[1]}".encode()


def refused(door, header, may=None):
    with pytest.raises(Refusal) as caught:
        door.admit(header, may=may)
    return caught.value


def test_where_no_key_was_made_none_is_asked_for(path):
    assert not Door(path).asks
    Guard("127.0.0.1", door=Door(path)).admit({}, may=May.CONTROL)
    assert Door(path, always=True).asks


def test_a_key_lets_in_for_what_it_may(path):
    header = made(path, may=[May.PREDICT])
    door = Door(path)
    assert door.asks
    for _ in range(2):  # the second time it is known
        door.admit(header, may=May.PREDICT)
        door.admit(header, may=None)
        refusal = refused(door, header, May.CONTROL)
        assert refusal.status == 403
        assert "'ann', which may predict" in refusal.body.got
        assert "--may control" in refusal.body.hint


@pytest.mark.parametrize(
    "header",
    [None, b"", b"Bearer", b"Bearer ", b"Bearer slipway_x", b"Basic %s", b"%s", b"Bearer  x %s", b"bearer\t%s"],
)
def test_whoever_shows_none_that_is_known_is_told_how(path, header):
    token = made(path).removeprefix(b"Bearer ")
    door = Door(path)
    refusal = refused(door, header.replace(b"%s", token) if header else header)
    assert refusal.status == 401
    assert dict(refusal.headers)["www-authenticate"].startswith("Bearer realm=")
    assert "Authorization: Bearer KEY" in refusal.body.wanted
    assert token.decode() not in f"{refusal.body} {refusal}"


def test_the_scheme_is_not_case_sensitive(path):
    header = made(path).replace(b"Bearer", b"bearer")
    Door(path).admit(header, may=May.PREDICT)


def test_a_revoked_key_lets_nobody_in_once_it_was_looked_at(path):
    header, other = made(path), made(path, name="bob")
    door = Door(path)
    door.admit(header, may=None)
    revoke_key(path, name="ann", now_us=2)
    door.look()
    assert refused(door, header).status == 401
    door.admit(other, may=None)
    revoke_key(path, name="bob", now_us=2)
    door.look()
    assert door.asks
    assert refused(door, other).status == 401


def test_a_key_that_is_made_lets_in_once_it_was_looked_at(path):
    door = Door(path)
    header = made(path)
    door.look()
    assert door.asks
    door.admit(header, may=May.OUTCOMES)


def test_a_damaged_file_opens_no_door_and_closes_none(path):
    header = made(path)
    door = Door(path)
    path.write_bytes(b"{}")
    door.look()
    door.admit(header, may=None)
    assert refused(door, b"Bearer x").status == 401
    assert Door(path).asks
    with pytest.raises(Corrupt, match="Restore it"):
        read_keys(path)


def test_this_machines_own_commands_have_a_key(path, tmp_path):
    made(path)
    local = tmp_path / "local.key"
    local.write_bytes(b"\x01" * 32)
    door = Door(path, local=local)
    door.admit(b"Bearer " + b"01" * 32, may=May.CONTROL)
    assert refused(door, b"Bearer " + b"02" * 32).status == 401
    local.write_bytes(b"")
    assert refused(Door(path, local=local), b"Bearer ").status == 401


def test_of_a_key_only_the_hash_is_stored(path):
    key, token = make_key(path, name="ann", may=[May.PREDICT, May.PREDICT], now_us=7, by="test")
    assert len(token) == len("slipway_") + 43  # 256 bits in base64
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path) == (key,)
    assert (key.may, key.made_us, key.revoked_us) == ((May.PREDICT,), 7, None)


def test_a_name_is_taken_for_ever(path):
    made(path)
    revoke_key(path, name="ann", now_us=2)
    assert revoke_key(path, name="ann", now_us=3).revoked_us == 2
    with pytest.raises(Conflict, match="taken"):
        made(path)
    with pytest.raises(NotFound, match="Did you mean 'ann'"):
        revoke_key(path, name="anne", now_us=2)


def test_a_proxy_in_front_is_let_in_by_its_name():
    guard = Guard("127.0.0.1", hosts=("models.example.org",))
    guard.check({b"host": b"Models.Example.org:443", b"origin": b"https://models.example.org"})
    guard.check({b"host": b"127.0.0.1:8080"})
    for headers in ({b"host": b"example.org"}, {b"host": b"localhost", b"origin": b"https://evil.example"}):
        with pytest.raises(Refusal, match=r"models\.example\.org") as caught:
            guard.check(headers)
        assert caught.value.status == 403
    Guard("10.0.0.1").check({b"host": b"any.example"})  # keys and TLS guard it
    with pytest.raises(Refusal):
        Guard("10.0.0.1", hosts=("models.example.org",)).check({b"host": b"any.example"})
