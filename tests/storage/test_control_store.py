"""The SQL store on SQLite: what lies on the disk, what was done to it, and what two processes do to each other."""

import contextlib
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from slipway.errors import BadInput, Corrupt, MissingExtra, NotFound, Refused, Unavailable
from slipway.ports import Change
from slipway.records.arm import Arm
from slipway.storage import migrations, schema
from slipway.storage.control_store import SqlStore
from slipway.storage.kinds import KINDS, kind_of
from slipway.storage.migrations import MIGRATIONS, Migration
from slipway.testing.control_store import commit, put
from slipway.testing.records import arm, route


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/control.db"


@pytest.fixture
def sql(tmp_path):
    """Runs SQL on the file behind the store's back."""

    def run(statement, *values):
        connection = sqlite3.connect(tmp_path / "control.db")
        with connection:
            rows = connection.execute(statement, values).fetchall()
        connection.close()
        return rows

    return run


def test_a_store_is_there_after_it_was_closed(url):
    store = SqlStore(url)
    put(store, arm("a"), id="a")
    store.close()
    store.close()
    assert SqlStore(url).get(Arm, id="a") == (arm("a"), 1)


def test_the_file_is_write_ahead_and_flushes_fully(url, sql):
    store = SqlStore(url)
    assert sql("PRAGMA journal_mode") == [("wal",)]
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_migrations_lead_to_the_schema(url):
    SqlStore(url)
    found = inspect(create_engine(url))
    assert set(found.get_table_names()) == set(schema.metadata.tables)
    for name, table in schema.metadata.tables.items():
        got = {(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)}
        assert got == {(c.name, str(c.type.compile(found.dialect)), c.nullable) for c in table.columns}
        assert found.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert {i["name"] for i in found.get_indexes(name)} == {i.name for i in table.indexes}


def test_the_schema_is_plain_enough_for_postgres():
    for table in schema.metadata.tables.values():
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_opening_again_migrates_nothing(url, sql):
    SqlStore(url)
    before = sql("SELECT * FROM migration")
    SqlStore(url)
    assert sql("SELECT * FROM migration") == before
    assert [row[0] for row in before] == [m.version for m in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_newer_store_is_refused_with_both_versions(url, sql):
    SqlStore(url)
    sql("INSERT INTO migration VALUES (7, 'from the future', 0)")
    with pytest.raises(Refused, match=r"want schema version 2 or older, got 7\. .*newer Slipway"):
        SqlStore(url)


def test_a_step_that_fails_leaves_the_store_as_it_was(url, sql, monkeypatch):
    SqlStore(url)

    def half(connection):
        connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
        raise RuntimeError("out of luck")

    def whole(connection):
        connection.exec_driver_sql("CREATE TABLE whole (x INTEGER)")

    more = (*MIGRATIONS, Migration(90, "whole", whole), Migration(91, "half", half))
    monkeypatch.setattr(migrations.migrate, "__kwdefaults__", {"migrations": more})
    with pytest.raises(RuntimeError, match="out of luck"):
        SqlStore(url)
    names = {name for (name,) in sql("SELECT name FROM sqlite_master")}
    assert not {"half", "whole"} & names
    assert sql("SELECT max(version) FROM migration") == [(MIGRATIONS[-1].version,)]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE audit SET why = 'another reason' WHERE seq = 2", "audit entry 2 .* not what was written"),
        ("UPDATE audit SET by = 'nobody' WHERE seq = 1", "audit entry 1"),
        ("DELETE FROM audit WHERE seq = 2", "want entry 2, got entry 3"),
        ("DELETE FROM audit WHERE seq = 3", "want 3 entries, as the store counted, got 2"),
        ("UPDATE record_version SET body = x'80' WHERE id = 'a' AND version = 1", "arm 'a' version 1: its bytes"),
        ("DELETE FROM record_version WHERE id = 'a' AND version = 1", "arm 'a' version 1: .* taken out"),
        ("INSERT INTO record_version VALUES ('arm', 'x', 1, x'80')", "arm 'x' version 1"),
        ("UPDATE record SET body = x'80' WHERE id = 'a'", "arm 'a': the record is not the newest version"),
        ("UPDATE record SET version = 1 WHERE id = 'a'", "arm 'a': the record is not the newest version"),
        ("DELETE FROM record WHERE id = 'b'", "arm 'b': .* taken out"),
        ("INSERT INTO record VALUES ('arm', 'x', 1, x'80', 0, 0, 9)", "arm 'x': the record is not"),
    ],
)
def test_a_hand_in_the_file_is_seen(url, sql, damage, message):
    store = SqlStore(url)
    commit(store, [Change(arm("a"), "a", 0), Change(arm("a", timeout_ms=2.0), "a", 1), Change(arm("b"), "b", 0)])
    store.verify_audit()
    sql(damage)
    with pytest.raises(Corrupt, match=message):
        store.verify_audit()


def test_an_erased_version_keeps_the_chain(url, sql):
    store = SqlStore(url)
    commit(store, [Change(arm("a"), "a", 0), Change(arm("a", timeout_ms=2.0), "a", 1)])
    before = store.verify_audit()
    sql("UPDATE record_version SET body = NULL WHERE version = 1")
    assert store.verify_audit() == before
    assert [v.record for v in store.history(Arm, id="a")] == [None, arm("a", timeout_ms=2.0)]


def test_bytes_that_are_no_such_record_are_named(url, sql):
    store = SqlStore(url)
    put(store, arm("a"), id="a")
    sql("UPDATE record SET body = x'81a16101'")
    with pytest.raises(Corrupt, match=r"arm 'a' version 1: want a Arm, got bytes that say"):
        store.get(Arm, id="a")


def test_a_file_that_is_no_database(url, tmp_path):
    (tmp_path / "control.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Corrupt, match="want a database, got 'file is not a database'"):
        SqlStore(url)


def test_a_store_that_another_process_holds_is_unavailable(url):
    store = SqlStore(url, busy_timeout_s=0.05)
    put(store, arm("a"), id="a")
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match=r"got 'database is locked'\. Nothing was changed\."):
        put(store, arm("b"), id="b")
    assert store.get(Arm, id="a") == (arm("a"), 1)
    holder.close()
    put(store, arm("b"), id="b")


def test_a_read_that_fails_does_not_speak_of_changes(url):
    store = SqlStore(url)
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("ALTER TABLE record RENAME TO away")
    with pytest.raises(Unavailable, match=r"no such table: record'\. Nothing was read\."):
        store.get(Arm, id="a")


@pytest.mark.parametrize("bad", ["", "sqlite://", "sqlite:///:memory:", "nonsense", "nosuchdb://host/name"])
def test_addresses_that_make_no_sense(bad):
    with pytest.raises(BadInput, match="control store: want"):
        SqlStore(bad)


@pytest.mark.parametrize("kind", ["nosuchdb", "mysql+asyncmy", "postgresql+nosuch"])
def test_no_message_holds_the_password(kind):
    with pytest.raises((BadInput, MissingExtra)) as caught:
        SqlStore(f"{kind}://me:secret@host/name")
    assert "secret" not in str(caught.value)


def test_a_missing_driver_says_how_to_install_it():
    with pytest.raises(MissingExtra, match=r"'mysql\+asyncmy' needs the package 'asyncmy'"):
        SqlStore("mysql+asyncmy://host/name")


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(Unavailable, match="unable to open database file"):
        SqlStore(f"sqlite:///{tmp_path}/gone/control.db")


def test_kinds_are_one_to_one():
    assert [kind_of(record) for record in KINDS.values()] == list(KINDS)


def test_stores_that_open_at_once_all_open(url):
    """Eight processes find no database and each makes one; one does, the others wait."""
    code = "import sys; from slipway.storage.control_store import SqlStore; SqlStore(sys.argv[1])"
    children = [subprocess.Popen([sys.executable, "-c", code, url], stderr=-1) for _ in range(8)]
    errors = [child.communicate()[1].decode() for child in children]
    assert [child.returncode for child in children] == [0] * 8, errors


def test_not_found_with_many(url):
    store = SqlStore(url)
    commit(store, [Change(route(name=f"r{i}"), f"r{i}", 0) for i in range(3)])
    with pytest.raises(NotFound, match="There are 3, the newest 'r2'"):
        store.get(type(route()), id="zzz")
