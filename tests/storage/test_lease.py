from slipway.storage.control_store import SqlStore
from slipway.testing.lease import LeaseContract
from slipway.testing.memory import MemoryStore


class TestSqlite(LeaseContract):
    def two(self, folder):
        return SqlStore(f"sqlite:///{folder}/control.db"), SqlStore(f"sqlite:///{folder}/control.db")


class TestMemory(LeaseContract):
    def two(self, folder):
        store = MemoryStore()
        return store, store.another()
