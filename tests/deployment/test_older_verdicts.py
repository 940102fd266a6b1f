"""Verdicts that an older release kept: they are made again from what it kept, and may be told in other words only."""

from pathlib import Path

import msgspec
import pytest

from slipway.deployment.replay import TOLD, differs, replay
from slipway.records.cohort import VerdictInputs
from slipway.records.rollout import Action, Decision, Verdict

KEPT = sorted((Path(__file__).parent / "older").glob("*.msgpack"))
"""One file a release, named by its commit: (verdict, inputs) of a hold, a step from the shadow, one from the canary."""


def read(path):
    return msgspec.msgpack.decode(path.read_bytes(), type=tuple[tuple[Verdict, VerdictInputs], ...])


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_verdicts_of_older_releases_are_decided_alike(path):
    kept = read(path)
    assert [v.action for v, _ in kept] == [Action.STAY, Action.ADVANCE, Action.ADVANCE]
    for verdict, inputs in kept:
        found = replay(verdict, inputs=inputs, cohorts=inputs.cohorts)
        assert not differs(found), found
        assert all(word.startswith(TOLD) for word in found)


def test_other_last_digits_are_told_and_other_numbers_differ():
    """As where a sum was rounded in another order; the intervals of verdicts are differences of such sums."""
    (_, (verdict, inputs), _) = read(KEPT[0])
    gate = verdict.gates[0]

    def off_by(share):
        moved = msgspec.structs.replace(gate.interval, low=gate.interval.low * (1 + share))
        return msgspec.structs.replace(
            verdict, gates=(msgspec.structs.replace(gate, interval=moved), *verdict.gates[1:])
        )

    (told,) = replay(off_by(4e-16), inputs=inputs)
    assert "last digits" in told
    assert not differs((told,))
    (told,) = replay(off_by(1e-9), inputs=inputs)
    assert "not-worse: interval" in told
    assert differs((told,))


def test_what_was_decided_or_rests_on_other_evidence_differs_whatever_the_words():
    (_, (verdict, inputs), _) = read(KEPT[0])
    gate = verdict.gates[0]
    forged = {
        "decision": msgspec.structs.replace(verdict, decision=Decision.HOLD),
        "action": msgspec.structs.replace(verdict, action=Action.COMPLETE),
        "counts": msgspec.structs.replace(
            verdict, gates=(msgspec.structs.replace(gate, counts={**gate.counts, "units": 1e6}), *verdict.gates[1:])
        ),
        "interval": msgspec.structs.replace(
            verdict, gates=(msgspec.structs.replace(gate, interval=None, harm=None), *verdict.gates[1:])
        ),
        "no gate": msgspec.structs.replace(verdict, gates=()),
    }
    assert {name: differs(replay(one, inputs=inputs)) for name, one in forged.items()} == dict.fromkeys(forged, True)
