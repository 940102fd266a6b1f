"""Silence is told only of a process that has spoken, and only by a watcher that was awake."""

import os

import pytest

from slipway.serving.pulse import Pulse

LIMIT_S = 10.0


@pytest.fixture
def beat(tmp_path):
    """Give one more sign, as a worker does."""
    path, count = tmp_path / "metrics-worker-0.msgpack", iter(range(1, 1_000))

    def one():
        path.touch()
        os.utime(path, ns=(0, next(count) * 1_000_000))

    one.path = path
    return one


def silent(pulse, *, start_s, end_s, step_s=0.5):
    """Look again and again from one moment to another; say when silence was first told, or None."""
    now_s = start_s
    while now_s <= end_s:
        if pulse.silent(now_s=now_s):
            return now_s
        now_s += step_s
    return None


def test_a_process_that_gives_signs_is_never_silent(beat):
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    for second in range(100):
        beat()
        assert not pulse.silent(now_s=1_000.0 + second)


def test_one_that_stops_is_told_after_the_limit_and_not_before(beat):
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    beat()
    assert silent(pulse, start_s=1_000.0, end_s=1_100.0) == 1_010.5


def test_one_that_loads_for_long_is_not_silent(beat):
    beat()  # the file of its predecessor
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    pulse.begin()
    assert silent(pulse, start_s=1_000.0, end_s=1_600.0) is None


def test_the_next_life_begins_anew(beat):
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    beat()
    assert silent(pulse, start_s=1_000.0, end_s=1_100.0)
    pulse.begin()
    assert silent(pulse, start_s=1_010.5, end_s=1_600.0) is None
    beat()
    assert silent(pulse, start_s=1_600.0, end_s=1_700.0) == 1_610.5


def test_a_machine_that_was_frozen_as_a_whole_proves_nothing(beat):
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    beat()
    assert silent(pulse, start_s=1_000.0, end_s=1_005.0) is None
    assert not pulse.silent(now_s=5_000.0)  # an hour later, at one blow
    assert silent(pulse, start_s=5_000.5, end_s=5_100.0) == 5_010.5


def test_a_file_that_is_taken_away_and_comes_again_is_a_sign(beat):
    pulse = Pulse(beat.path, limit_s=LIMIT_S)
    beat()
    assert silent(pulse, start_s=1_000.0, end_s=1_006.0) is None
    beat.path.unlink()
    assert silent(pulse, start_s=1_006.5, end_s=1_016.0) is None
