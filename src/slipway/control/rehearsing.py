"""Rehearse a rollback: everything that it needs is tried and timed, and nobody is answered by another arm.

What is put in force is the present route under its next version: the same shares, the same salt, the same arms. It goes
the way of any route, store, file, workers, so what it takes is what a rollback takes, but for loading what is cold.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from slipway.control.publish import RouteFiles, publish_all
from slipway.control.ways_back import WaysBack
from slipway.deployment.transition import roll_back
from slipway.ports import Change, ControlStore
from slipway.records.arm import Arm
from slipway.records.rehearsal import Rehearsal, WorkerTook
from slipway.records.rollout import Rollout
from slipway.records.route import Route
from slipway.serving.live_route import answering_arms
from slipway.serving.run_state import RunState

WAIT_S = 2.0
"""How long workers may take."""

_PAUSE_S = 0.005

Sound = Callable[[Arm], str]
"""Arm to why a fresh worker could not use it, or nothing."""


def rehearse(
    rollout_id: str,
    *,
    store: ControlStore,
    files: RouteFiles,
    sound: Sound,
    ways: WaysBack,
    workers: Callable[[], Sequence[RunState]],
    now_us: int,
    by: str,
    machine_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    sleep: Callable[[float], None] = time.sleep,
) -> Rehearsal:
    """Go the way back of a rollout as far as it harms nobody, store what was found, and return it.

    Args:
        rollout_id: A rollout that runs, or one that completed and whose route is as it left it.
        store: Control store.
        files: Route files.
        sound: Tries an arm as a worker that starts would.
        ways: Finds where a rollback leads.
        workers: Returns the workers that run and are ready.
        now_us: The moment.
        by: Who asked for it.
        machine_us: The clock by which workers say since when they have a route.
        sleep: Waits so many seconds.

    Raises:
        NotFound: No such rollout.
        Conflict: There is no way back: it is rolled back, or its route has gone another way since.
    """
    rollout, _ = store.get(Rollout, id=rollout_id)
    present, version = store.get(Route, id=rollout.route)
    leads, arms = ways.find(rollout, present=present)
    back = roll_back(rollout, route=present, now_us=now_us, back=leads, arms=arms).route or present
    wanted = sorted(answering_arms(back))
    found = {name: sound(back.arm(name)) for name in wanted}
    cold = tuple(name for name in wanted if name not in answering_arms(present))
    again = msgspec.structs.replace(present, version=present.version + 1)
    target, word_us = back.shares[0].arm, machine_us()
    why = f"way back of {rollout_id} to {target} rehearsed: who answers stays as it was"
    store.commit([Change(again, rollout.route, version)], at_us=now_us, by=by, why=why)
    stored_us = machine_us()
    publish_all(store, files=files)
    published_us = machine_us()
    took, late = _followed(again, workers=workers, word_us=word_us, sleep=sleep)
    whole = [f"{name} can be loaded and asked." for name, trouble in found.items() if not trouble]
    checked = (*((leads.why,) if leads.why else ()), *whole)
    rehearsal = Rehearsal(
        rollout=rollout_id,
        at_us=now_us,
        by=by,
        back_to=target,
        checked=checked,
        cold=cold,
        stored_ms=(stored_us - word_us) / 1000,
        published_ms=(published_us - word_us) / 1000,
        workers=took,
        troubles=(*(trouble for trouble in found.values() if trouble), *late),
    )
    _keep(rehearsal, store=store)
    return rehearsal


def _followed(
    route: Route, *, workers: Callable[[], Sequence[RunState]], word_us: int, sleep: Callable[[float], None]
) -> tuple[tuple[WorkerTook, ...], list[str]]:
    """Return what each worker took, and a sentence for each that did not follow in time."""
    left_s = WAIT_S
    while True:
        here = [w for w in workers() if w.route in (route.name, "")]
        behind = [w for w in here if w.route_version < route.version]
        if not behind or left_s <= 0:
            break
        sleep(_PAUSE_S)
        left_s -= _PAUSE_S
    late = {w.name for w in behind}
    took = tuple(
        WorkerTook(name=w.name, took_ms=None if w.name in late else max(0.0, (w.at_us - word_us) / 1000)) for w in here
    )
    words = "did not take the route over within"
    return took, [f"{w.name} {words} {WAIT_S:g} s{': ' + w.trouble if w.trouble else ''}." for w in behind]


def _keep(rehearsal: Rehearsal, *, store: ControlStore) -> None:
    known = {id_: version for id_, _, version in store.all(Rehearsal)}
    said = f"{rehearsal.last_ms:.0f} ms to the last worker" if rehearsal.last_ms is not None else "no worker ran"
    found = " ".join(rehearsal.troubles) or f"the way back is open, {said}"
    change = Change(rehearsal, rehearsal.rollout, known.get(rehearsal.rollout, 0))
    why = f"rehearsal of the way back of {rehearsal.rollout}: {found}"
    store.commit([change], at_us=rehearsal.at_us, by=rehearsal.by, why=why)
