from slipway.storage.control_store import SqlStore
from slipway.testing.control_store import AuditedStoreContract
from slipway.testing.memory import MemoryStore


class TestSqlite(AuditedStoreContract):
    def make(self, folder):
        return SqlStore(f"sqlite:///{folder}/control.db")


class TestMemory(AuditedStoreContract):
    def make(self, folder):
        return MemoryStore()
