"""The shadow process: what it answers, where it goes on after a restart, and that one bad arm stops no other."""

import asyncio

import msgspec
import numpy as np
import pytest

from slipway.errors import Refused
from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.held import Held
from slipway.records.route import Route, Share
from slipway.runtime.rule import RuleRuntime
from slipway.serving.followed import load_followed
from slipway.serving.shadow import Shadow
from slipway.serving.shadow_batch import batch_of
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.routes import RouteWatch
from slipway.testing import models

OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
NEW = Arm(name="new", kind=ArmKind.RULE, rule="a > 2")
BAD = Arm(name="bad", kind=ArmKind.RULE, rule="a > 3")


def frame(ids, *, arm="old", shadows=("new",), a=None):
    n = len(ids)
    values = np.arange(n, dtype=float) if a is None else np.array(a, float)
    return PredictionFrame(
        route="r", route_version=1, at_us=[1] * n, id=list(ids), entity=["u"] * n, arm=[arm] * n, fallback=[False] * n,
        score=[0.5] * n, latency_us=[1] * n, x={"a": values.tobytes(), "b": values.tobytes()}, shadows=shadows,
    )  # fmt: skip


def route(*, shadows=("new",), version=1):
    return Route(
        name="r",
        version=version,
        salt="s",
        shares=(Share(arm="old", share=1.0),),
        shadows=shadows,
        arms=(OLD, NEW, BAD),
    )


async def opener(arm):
    return RuleRuntime(arm, signature=models.NUMBERS)


@pytest.fixture
def follow(place):
    """Run a shadow process's body until each arm has caught up, and return its answers."""
    starts = []

    def run(*, until, open_arm=opener, routes=()):
        async def main():
            starts.append(1)
            shadow = Shadow(
                fields=models.NUMBERS.fields,
                run_folder=place.layout.run,
                reader=lambda: SegmentReader(place.layout.journal),
                writer=SegmentWriter(place.layout.journal, name=f"shadow-{len(starts)}"),
                watch=RouteWatch(place.layout.routes, name="r"),
                open_arm=open_arm,
                alive=lambda: True,
            )
            task = asyncio.create_task(shadow.run())
            for one in routes:
                place.publish(one)
                await asyncio.sleep(0.3)
            for _ in range(1500):
                await asyncio.sleep(0.01)
                if until():
                    break
            shadow.stop()
            await task

        asyncio.run(main())
        return place.shadows()

    return run


def test_shadows_answer_what_others_answered(place, follow):
    place.publish(route(shadows=("new", "old")))
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("abcd", shadows=("new", "old")), OutcomeFrame(at_us=[1], id=["a"], value=[1.0])])
    writer.append([frame("e", arm="new", shadows=("new", "old"), a=[9])])
    got = follow(until=lambda: len(place.shadows()) == 5)
    assert sorted(got) == [
        ("new", "a", 0.0),
        ("new", "b", 0.0),
        ("new", "c", 0.0),
        ("new", "d", 1.0),
        ("old", "e", 1.0),
    ]
    ends = {(f.arm, f.segment): f.offset for f in place.frames(ShadowFrame)}
    assert len(ends) == 2
    writer.close()


def test_a_restart_goes_on_behind_the_last_answer(place, follow):
    place.publish(route())
    writer = SegmentWriter(place.layout.journal, name="w0")
    for start in range(4):
        writer.append([frame([f"n{start}-{i}" for i in range(10)])])
        follow(until=lambda n=start: len(place.shadows()) >= 10 * (n + 1))
    ids = [i for _, i, _ in place.shadows()]
    assert len(ids) == len(set(ids)) == 40
    writer.close()


def test_history_before_an_arm_shadowed_is_left_alone(place, follow):
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("abc", shadows=())])
    writer.append([frame("d")])
    place.publish(route())
    assert follow(until=place.shadows) == [("new", "d", 0.0)]
    writer.close()


def test_a_bad_arm_stops_no_other_and_its_rows_say_why(place, follow):
    async def picky(arm):
        if arm.name == "bad":

            class Broken:
                async def predict(self, columns, *, rows):
                    raise Refused("bad: it never works")

                async def close(self):
                    """Nothing to close."""

            return Broken()
        return await opener(arm)

    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("ab", shadows=("bad", "new"))])
    place.publish(route(shadows=("bad", "new")))
    got = follow(until=lambda: len(place.shadows()) == 4, open_arm=picky)
    assert [x for x in got if x[0] == "new"] == [("new", "a", 0.0), ("new", "b", 0.0)]
    assert np.isnan([s for arm, _, s in got if arm == "bad"]).all()
    assert [f.error for f in place.frames(ShadowFrame) if f.arm == "bad"] == ["bad: it never works"]
    writer.close()


def test_an_arm_that_cannot_be_loaded_stops_no_other(place, follow):
    async def picky(arm):
        if arm.name == "bad":
            raise Refused("bad: want a package, got none")
        return await opener(arm)

    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("ab", shadows=("bad", "new"))])
    place.publish(route(shadows=("bad", "new")))
    got = follow(until=lambda: len(place.shadows()) == 2, open_arm=picky)
    assert {arm for arm, _, _ in got} == {"new"}
    writer.close()


def test_an_arm_that_left_and_came_back_answers_once(place, follow):
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("abc")])
    place.publish(route(version=1))
    routes = [route(version=2, shadows=()), route(version=3)]
    got = follow(until=lambda: len(place.shadows()) >= 3, routes=routes)
    assert sorted(i for _, i, _ in got) == ["a", "b", "c"]
    writer.close()


def test_rows_that_were_under_way_when_their_arm_left_are_answered_too(place, follow, monkeypatch):
    monkeypatch.setattr("slipway.serving.shadow._LATE_S", 1.0)
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("a")])
    closed = []

    async def watched(arm):
        runtime = await opener(arm)

        class Watched:
            predict = runtime.predict

            async def close(self):
                closed.append(arm.name)

        return Watched()

    late = [frame("b")]

    def done():
        if len(place.shadows()) == 1 and late:
            writer.append([late.pop()])
        return len(place.shadows()) == 2 and closed

    got = follow(until=done, routes=[route(), route(version=2, shadows=())], open_arm=watched)
    assert got == [("new", "a", 0.0), ("new", "b", 0.0)]
    assert closed == ["new"]  # it leaves in the end
    writer.close()


def test_rows_of_an_arm_that_left_while_the_process_was_down_are_answered_by_the_next(place, follow):
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("a")])
    place.publish(route())
    follow(until=place.shadows)
    writer.append([frame("b")])
    place.publish(route(version=2, shadows=()))
    assert follow(until=lambda: len(place.shadows()) == 2) == [("new", "a", 0.0), ("new", "b", 0.0)]
    writer.close()


def test_a_note_of_what_was_followed_that_nobody_can_read_stops_nothing(place, follow):
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("a")])
    place.publish(route())
    (place.layout.run / "shadow-arms.msgpack").write_bytes(b"torn")
    assert follow(until=place.shadows) == [("new", "a", 0.0)]
    assert load_followed(place.layout.run) == {NEW}
    writer.close()


def test_another_arm_of_the_same_name_waits_until_the_first_has_left(place, follow):
    writer = SegmentWriter(place.layout.journal, name="w0")
    writer.append([frame("abc")])
    other = msgspec.structs.replace(NEW, rule="a >= 0")
    second = msgspec.structs.replace(route(version=2), arms=(OLD, other, BAD))
    late = [frame("def")]

    def done():
        if len(place.shadows()) == 3 and late:
            writer.append([late.pop()])
        return len(place.shadows()) == 6

    got = follow(until=done, routes=[route(), second])
    assert sorted(got) == [("new", i, 0.0) for i in "abc"] + [("new", i, 1.0) for i in "def"]
    writer.close()


def test_under_steady_load_the_rows_of_the_new_arm_are_answered_by_it(place, follow):
    """Each look finds rows, so the first arm of the name is never done by itself."""
    writer = SegmentWriter(place.layout.journal, name="w0")
    other = msgspec.structs.replace(NEW, rule="a >= 0")
    second = msgspec.structs.replace(route(version=2), arms=(OLD, other, BAD))
    sent = []

    def done():
        version = 1 if len(sent) < 60 else 2
        if len(sent) == 60:
            place.publish(second)
        if len(sent) < 200:
            sent.append(version)
            writer.append([msgspec.structs.replace(frame([f"n{len(sent)}"]), route_version=version)])
        return len(place.shadows()) == 200

    got = follow(until=done, routes=[route()])
    assert sorted(got) == sorted([("new", f"n{i + 1}", float(version == 2)) for i, version in enumerate(sent)])
    writer.close()


def test_an_arm_that_comes_back_while_it_is_closed_is_followed_once(place, follow, monkeypatch):
    monkeypatch.setattr("slipway.serving.shadow._LATE_S", 0.1)
    writer = SegmentWriter(place.layout.journal, name="w0")
    opened = []

    async def slow(arm):
        opened.append(arm.name)
        runtime = await opener(arm)

        class Slow:
            predict = runtime.predict

            async def close(self):
                await asyncio.sleep(0.6)

        return Slow()

    late = [frame("xyz")]

    def done():
        if late and len(opened) == 2:
            writer.append([late.pop()])
        return len(place.shadows()) >= 3

    got = follow(until=done, routes=[route(), route(version=2, shadows=()), route(version=3)], open_arm=slow)
    assert sorted(i for _, i, _ in got) == ["x", "y", "z"]
    assert opened == ["new", "new"]
    writer.close()


def test_what_the_journal_does_not_hold_is_missing_to_a_shadow():
    fields = [Field(name="a", kind=FieldKind.NUMBER), Field(name="c", kind=FieldKind.CATEGORY)]
    base = frame("xy")
    held = PredictionFrame(**{f: getattr(base, f) for f in base.__struct_fields__} | {"x": {"a": ["p", "q"]}})
    batch = batch_of([held], rows=[np.array([0, 1])], fields=fields)
    assert np.isnan(batch["a"]).all()
    assert batch["c"].tolist() == [None, None]


def test_frames_of_any_form_become_one_batch():
    """Numbers in a block, in columns as they first were, or not there at all; all rows or some of them."""
    fields = [
        Field(name=n, kind=k) for n, k in (("a", FieldKind.NUMBER), ("c", FieldKind.CATEGORY), ("b", FieldKind.NUMBER))
    ]
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    forms = [
        Held({"c": ["p", None]}, names=("a", "b"), block=values.tobytes()),
        Held({"c": ["q", "r"]}, names=("a", "b"), block=(values + 10).tobytes()),
        {"a": values[:, 0].tobytes(), "b": values[:, 1].tobytes(), "c": ["s", "t"]},
        Held({}, names=("b",), block=values[:, 1].tobytes()),
    ]
    base = frame("xy")
    frames = [PredictionFrame(**{f: getattr(base, f) for f in base.__struct_fields__} | {"x": x}) for x in forms]
    batch = batch_of(frames, rows=[None, np.array([1]), np.array([], np.intp), np.array([0, 1])], fields=fields)
    assert batch["c"].tolist() == ["p", None, "r", None, None]
    np.testing.assert_array_equal(batch["a"], [1.0, 3.0, 13.0, np.nan, np.nan])
    np.testing.assert_array_equal(batch["b"], [2.0, 4.0, 14.0, 2.0, 4.0])
    assert len(batch_of(frames, rows=[None] * 4, fields=fields)["a"]) == 8
