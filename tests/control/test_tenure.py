"""Who is the controller: taken at once from the dead, after a while from the silent, never from the living."""

import pytest

from slipway.control.tenure import BEAT_S, SILENCE_S, Tenure
from slipway.errors import Conflict, Unavailable
from slipway.ports import Change
from slipway.storage.lock import ControllerLock
from slipway.testing.memory import MemoryStore
from slipway.testing.records import arm


class Town:
    """Machines with a folder each, one store, and one clock that the test moves."""

    def __init__(self, folder):
        self.folder, self.store, self.now_s = folder, MemoryStore(), 100.0

    def process(self, name, *, machine="one"):
        return Tenure(
            self.store.another(),
            lock=ControllerLock(self.folder / f"{machine}.lock"),
            holder=name,
            monotonic=lambda: self.now_s,
            sleep=self.wait,
        )

    def wait(self, seconds):
        self.now_s += seconds

    def holder(self):
        return self.store.lease().holder


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path)


def die(tenure):
    """As kill -9: the kernel gives the lock back, and nobody says a word."""
    tenure._lock.release()


def commit(tenure, name):
    tenure._store.commit([Change(arm(name), name, 0)], at_us=1, by="test", why="test")


def test_the_first_is_it_and_the_second_stands_by(town):
    one, two = town.process("one"), town.process("two")
    assert (one.look(), two.look()) == (True, False)
    with one.guard():
        pass
    with pytest.raises(Conflict, match="but one is; this one stands by"), two.guard():
        pass
    for _ in range(20):
        town.wait(BEAT_S)
        assert (one.look(), two.look()) == (True, False)


def test_who_died_is_replaced_at_the_next_look(town):
    one, two = town.process("one"), town.process("two")
    one.look()
    two.look()
    die(one)
    town.wait(BEAT_S)
    assert two.look()
    assert (town.holder(), two.token) == ("two", 2)


def test_who_never_was_it_or_gave_it_back_stores_nothing(town):
    one, two = town.process("one"), town.process("two")
    one.look()
    two.look()
    with pytest.raises(Conflict, match="this process, which stands by"):
        commit(two, "early")
    one.give_back()
    with pytest.raises(Conflict, match="this process, which stands by"):
        commit(one, "late")
    assert two.look()
    commit(two, "now")


def test_who_gave_it_back_is_replaced_at_the_next_look_also_elsewhere(town):
    one, two = town.process("one"), town.process("two", machine="another")
    one.look()
    assert not two.look()
    one.give_back()
    assert two.look()


@pytest.mark.parametrize("machine", ["one", "another"])
def test_who_is_stopped_is_replaced_once_silent_and_changes_nothing_when_it_wakes_up(town, machine):
    one, two = town.process("one"), town.process("two", machine=machine)
    one.look()
    waited = 0.0
    while not two.look():
        town.wait(BEAT_S)
        waited += BEAT_S
    assert SILENCE_S < waited <= SILENCE_S + 2 * BEAT_S
    with pytest.raises(Conflict, match="Nothing was stored"):
        commit(one, "late")
    commit(two, "new")
    for _ in range(5):  # it stands by from now on, and so does the step that it was in the middle of
        assert (one.look(), two.look(), town.holder()) == (False, True, "two")
        with pytest.raises(Conflict, match="Nothing was stored"):
            commit(one, "late")
        town.wait(BEAT_S)
    die(two)
    town.wait(BEAT_S)
    assert one.look() == (machine == "one")  # it knows at once only where it can see the lock


def test_a_watcher_that_was_frozen_itself_counts_no_silence(town):
    one, two = town.process("one"), town.process("two")
    one.look()
    two.look()
    town.wait(3600)  # the whole machine slept
    assert not two.look()
    assert one.look()


def test_a_store_that_does_not_answer_takes_the_lease_from_nobody(town, monkeypatch):
    one, two = town.process("one"), town.process("two")
    one.look()
    two.look()

    def down(*_, **__):
        raise Unavailable("down")

    with monkeypatch.context() as patch:
        for name in ("lease", "beat_lease", "take_lease"):
            patch.setattr(MemoryStore, name, down)
        for _ in range(60):
            town.wait(BEAT_S)
            for tenure in (one, two):
                with pytest.raises(Unavailable):
                    tenure.look()
        assert (one.held, two.held) == (True, False)
    assert not two.look()
    assert one.look()


def test_a_command_is_the_controller_while_it_lasts_unless_one_runs(town):
    command, process = town.process("command"), town.process("process")
    for _ in range(3):
        with command.for_one_change():
            commit(command, f"a{town.now_s:.0f}")
        town.wait(60)
    assert command.token == 1  # taken once
    assert process.look()  # at once: the lock says that the command is over
    with pytest.raises(Conflict, match="one controller"), command.for_one_change():
        pass
    die(process)
    with command.for_one_change():
        commit(command, "b")
    assert command.token == 3


def test_a_command_elsewhere_waits_until_a_dead_controller_was_silent_and_gives_up_before_a_living_one(town):
    process, command = town.process("process"), town.process("command", machine="another")
    process.look()
    began_s = town.now_s
    with command.for_one_change():
        commit(command, "a")
    assert town.now_s - began_s > SILENCE_S
    process.look()  # it has noticed that it was replaced

    other = town.process("other", machine="another")

    def wait_while_it_beats(seconds):
        town.now_s += seconds
        living.look()

    living = town.process("living", machine="third")
    while not living.look():
        town.wait(BEAT_S)
    other._sleep = wait_while_it_beats
    with pytest.raises(Conflict, match="but living is"), other.for_one_change():
        pass
