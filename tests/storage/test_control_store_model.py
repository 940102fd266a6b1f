"""Any order of commits, stale or not, against the plainest model there is: a list of bodies for each id."""

import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from slipway.errors import Conflict
from slipway.ports import Change
from slipway.records.arm import Arm
from slipway.records.route import Route
from slipway.storage.control_store import SqlStore
from slipway.testing.memory import MemoryStore
from slipway.testing.records import arm, route

IDS = st.sampled_from(["a", "b", "c"])
RECORDS = st.one_of(st.builds(lambda t: arm(timeout_ms=t), st.floats(1, 9)), st.builds(route, st.integers(1, 9)))
CHANGES = st.builds(Change, RECORDS, IDS, st.none() | st.integers(0, 4))


class Stores(RuleBasedStateMachine):
    """SQLite and the memory fake do the same as the model, step by step."""

    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{self.folder.name}/control.db"
        self.stores = [SqlStore(self.url), MemoryStore()]
        self.model = {}
        self.commits = 0

    @rule(changes=st.lists(CHANGES, max_size=4))
    def commit(self, changes):
        self.commits += 1
        after = {key: list(versions) for key, versions in self.model.items()}
        stale = False
        for record, name, expect in changes:
            versions = after.setdefault((type(record), name), [])
            stale = stale or expect not in (None, len(versions))
            versions.append((record, self.commits))
        for store in self.stores:
            try:
                store.commit(changes, at_us=self.commits, by="model", why="test")
            except Conflict:
                assert stale
            else:
                assert not stale
        if not stale:
            self.model = after

    @rule()
    def open_again(self):
        self.stores[0].close()
        self.stores[0] = SqlStore(self.url)

    @invariant()
    def all_agree(self):
        for store in getattr(self, "stores", ()):
            for kind in (Arm, Route):
                want = [(i, v[-1][0], len(v)) for (k, i), v in self.model.items() if k is kind]
                assert store.all(kind) == want
                for name, _, _ in want:
                    got = [(v.record, v.at_us) for v in store.history(kind, id=name)]
                    assert got == self.model[kind, name]

    @invariant()
    def both_chains_are_one(self):
        if getattr(self, "stores", None):
            heads = {store.verify_audit() for store in self.stores}
            assert len(heads) == 1
            assert self.stores[0].audit() == self.stores[1].audit()

    def teardown(self):
        self.stores[0].close()
        self.folder.cleanup()


TestStores = Stores.TestCase
TestStores.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
