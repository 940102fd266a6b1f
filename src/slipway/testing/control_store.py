"""The exam for a control store. Subclass the contract, say how to make the store, let pytest collect it."""

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from slipway.errors import BadInput, Conflict, NotFound
from slipway.ports import Change, ControlStore
from slipway.records.arm import Arm
from slipway.records.rollout import Verdict
from slipway.records.route import Route
from slipway.storage.audit import AuditEntry, Version
from slipway.testing.exam import equal, holds, refuses
from slipway.testing.records import arm, route, verdict


class AuditedStore(ControlStore, Protocol):
    """A control store that can say how everything came to be."""

    def history(self, kind: type, *, id: str) -> list[Version]:  # noqa: A002 - the field's own word
        """Return every version of a record, oldest first."""
        ...

    def audit(self, *, after_seq: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the audit entries, oldest first."""
        ...

    def verify_audit(self) -> str:
        """Return the hash of the newest entry, or raise Corrupt."""
        ...


class ControlStoreContract:
    """What every control store promises."""

    @abstractmethod
    def make(self, folder: Path) -> ControlStore:
        """Return a store; the same folder means the same store."""

    def test_a_record_comes_back_with_its_version(self, tmp_path: Path) -> None:
        """Versions count from 1, one a commit."""
        store = self.make(tmp_path)
        for version in (1, 2, 3):
            put(store, route(version), id="main", expect=version - 1)
            equal(store.get(Route, id="main"), (route(version), version), promise="the newest version comes back")

    def test_infinity_and_nan_survive(self, tmp_path: Path) -> None:
        """An interval that is still without bounds comes back as it was."""
        store = self.make(tmp_path)
        put(store, verdict(), id="v1")
        got, _ = store.get(Verdict, id="v1")
        equal(repr(got), repr(verdict()), promise="infinity and NaN survive")

    def test_all_comes_oldest_first(self, tmp_path: Path) -> None:
        """In order of creation, whatever the ids and however often one is changed since."""
        store = self.make(tmp_path)
        names = ("c", "a", "b")
        for name in names:
            put(store, arm(name), id=name)
        put(store, arm("c", timeout_ms=5.0), id="c")
        put(store, route(), id="main")
        got = store.all(Arm)
        equal([i for i, _, _ in got], list(names), promise="all comes oldest first, of one kind only")
        equal(got[0], ("c", arm("c", timeout_ms=5.0), 2), promise="all holds the newest versions")
        equal(store.all(Verdict), [], promise="none of a kind is an empty list")

    def test_a_stale_decision_is_refused_whole(self, tmp_path: Path) -> None:
        """One wrong version in a commit, and nothing of the commit is stored."""
        store = self.make(tmp_path)
        put(store, arm("a"), id="a")
        put(store, arm("a", timeout_ms=2.0), id="a")
        changes = [Change(arm("b"), "b", 0), Change(arm("a", timeout_ms=3.0), "a", 1)]
        refuses(Conflict, lambda: commit(store, changes), promise="a stale version is refused", naming="version 2")
        equal([i for i, _, _ in store.all(Arm)], ["a"], promise="nothing of a refused commit is stored")
        equal(store.get(Arm, id="a"), (arm("a", timeout_ms=2.0), 2), promise="the present version stays")

    def test_what_exists_is_not_made_again(self, tmp_path: Path) -> None:
        """Expecting 0 means: it must not exist; expecting 1 of what is not there is refused too."""
        store = self.make(tmp_path)
        put(store, arm("a"), id="a", expect=0)
        refuses(Conflict, lambda: put(store, arm("a"), id="a", expect=0), promise="what exists is not made again")
        refuses(Conflict, lambda: put(store, arm("b"), id="b", expect=1), promise="what is not there has no version")

    def test_none_overwrites(self, tmp_path: Path) -> None:
        """Expecting None stores whatever is there."""
        store = self.make(tmp_path)
        for version in (1, 2):
            put(store, arm("a", timeout_ms=version), id="a", expect=None)
            equal(store.get(Arm, id="a")[1], version, promise="None overwrites and counts")

    def test_changes_of_one_commit_follow_each_other(self, tmp_path: Path) -> None:
        """The second change of a record in one commit sees the first."""
        store = self.make(tmp_path)
        commit(store, [Change(arm("a"), "a", 0), Change(arm("a", timeout_ms=2.0), "a", 1)])
        equal(store.get(Arm, id="a"), (arm("a", timeout_ms=2.0), 2), promise="changes of one commit are in order")

    def test_an_empty_commit_is_harmless(self, tmp_path: Path) -> None:
        """No change, no trace."""
        store = self.make(tmp_path)
        commit(store, [])
        equal(store.all(Arm), [], promise="an empty commit stores nothing")

    def test_kinds_do_not_mix(self, tmp_path: Path) -> None:
        """One id may be taken in each kind."""
        store = self.make(tmp_path)
        put(store, arm("main"), id="main")
        put(store, route(), id="main")
        equal(store.get(Arm, id="main"), (arm("main"), 1), promise="kinds do not mix")

    def test_what_is_missing_is_named_with_its_neighbour(self, tmp_path: Path) -> None:
        """A typing error finds its word."""
        store = self.make(tmp_path)
        put(store, arm("candidate"), id="candidate")
        get = lambda: store.get(Arm, id="candidat")  # noqa: E731 - the call that must be refused
        refuses(NotFound, get, promise="the message names the nearest id", naming="Did you mean 'candidate'?")
        refuses(NotFound, lambda: store.get(Verdict, id="v"), promise="none yet", naming="none of that kind")

    def test_what_could_not_be_kept_is_refused(self, tmp_path: Path) -> None:
        """A class that is no kind, an id that is no id, a change without a who or a why."""
        store = self.make(tmp_path)
        refuses(BadInput, lambda: put(store, object(), id="a"), promise="an unknown kind", naming="object")
        for bad in ("", "a b", "a\n", "x" * 201):
            refuses(BadInput, lambda bad=bad: put(store, arm(), id=bad), promise="a bad id")  # type: ignore[misc]  # bound now
        for who, why in (("", "because"), ("me", " ")):
            call = lambda who=who, why=why: store.commit([Change(arm(), "a", 0)], at_us=1, by=who, why=why)  # noqa: E731 - the call that must be refused
            refuses(BadInput, call, promise="the audit must tell who and why")
        equal(store.all(Arm), [], promise="nothing of it is stored")


class AuditedStoreContract(ControlStoreContract):
    """What a control store promises that can say how everything came to be."""

    @abstractmethod
    def make(self, folder: Path) -> AuditedStore:
        """Return a store; the same folder means the same store."""

    def test_history_has_every_version(self, tmp_path: Path) -> None:
        """Oldest first, each with when, who and why."""
        store = self.make(tmp_path)
        for version in (1, 2):
            store.commit([Change(route(version), "main", None)], at_us=version, by=f"u{version}", why=f"w{version}")
        want = [Version(version=v, record=route(v), at_us=v, by=f"u{v}", why=f"w{v}") for v in (1, 2)]
        equal(store.history(Route, id="main"), want, promise="history has every version")
        refuses(NotFound, lambda: store.history(Route, id="mein"), promise="no such record", naming="main")

    def test_the_audit_has_one_entry_a_change(self, tmp_path: Path) -> None:
        """In order, without gaps, also over refused commits; it can be read in pages."""
        store = self.make(tmp_path)
        start = store.verify_audit()
        commit(store, [Change(arm("a"), "a", 0), Change(route(), "main", 0)])
        refuses(Conflict, lambda: put(store, arm("a"), id="a", expect=0), promise="what exists is not made again")
        put(store, arm("a"), id="a", expect=1)
        entries = store.audit()
        equal(
            [(e.seq, e.kind, e.id, e.version, e.by, e.why) for e in entries],
            [
                (1, "arm", "a", 1, "exam", "test"),
                (2, "route", "main", 1, "exam", "test"),
                (3, "arm", "a", 2, "exam", "test"),
            ],
            promise="one audit entry a change, in order and without gaps",
        )
        equal(store.audit(after_seq=1, limit=1), entries[1:2], promise="the audit is read in pages")
        equal(store.verify_audit(), entries[-1].hash, promise="the chain verifies and ends with the newest entry")
        holds(start not in {e.hash for e in entries}, promise="each entry has a hash of its own")

    def test_the_chain_is_what_the_page_says(self, tmp_path: Path) -> None:
        """SHA-256 of the previous hash and the entry as MessagePack with sorted keys, reckoned here anew."""
        store = self.make(tmp_path)
        commit(store, [Change(arm("a"), "a", 0), Change(arm("b"), "b", 0)])
        previous = "0" * 64
        for seq, (name, entry) in enumerate(zip("ab", store.audit(), strict=True), start=1):
            body = hashlib.sha256(msgspec.msgpack.encode(arm(name), order="sorted")).hexdigest()
            content = {"at_us": 1, "body_sha256": body, "by": "exam", "id": name, "kind": "arm", "seq": seq}
            packed = msgspec.msgpack.encode({**content, "version": 1, "why": "test"}, order="sorted")
            previous = hashlib.sha256(previous.encode() + packed).hexdigest()
            equal(entry.hash, previous, promise="the chain is SHA-256 of the previous hash and the entry")


def commit(store: ControlStore, changes: Sequence[Change]) -> None:
    """Commit on behalf of the exam."""
    store.commit(changes, at_us=1, by="exam", why="test")


def put(store: ControlStore, record: object, *, id: str, expect: int | None = None) -> None:  # noqa: A002 - the field's own word
    """Commit one record."""
    commit(store, [Change(record, id, expect)])
