"""The exam for a journal. Subclass :class:`JournalContract`, say how to make the two halves, let pytest collect it."""

from abc import abstractmethod
from pathlib import Path

import numpy as np

from slipway.errors import BadInput, Conflict, Unavailable
from slipway.ports import JournalReader, JournalWriter
from slipway.records.frame import Frame, OutcomeFrame
from slipway.testing.exam import equal, holds, refuses
from slipway.testing.frames import decision_frame, metric_frame, outcome_frame, prediction_frame, shadow_frame


class JournalContract:
    """What every journal promises."""

    @abstractmethod
    def make_writer(self, folder: Path, *, name: str) -> JournalWriter:
        """Return a writer of that name; the folder is the same for all halves that must meet."""

    @abstractmethod
    def make_reader(self, folder: Path) -> JournalReader:
        """Return a reader of what all writers wrote to that folder."""

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        """All four kinds come back equal, in order, each with the position behind it."""
        frames = _frames(tick=0)
        end = self.make_writer(tmp_path, name="w").append(frames)
        got = list(self.make_reader(tmp_path).read({}))
        equal([f for f, _ in got], frames, promise="frames come back equal and in order")
        equal(got[-1][1], end, promise="append returns the position behind its last frame")
        offsets = [p.offset for _, p in got]
        equal(offsets, sorted(set(offsets)), promise="offsets grow with each frame")

    def test_reading_goes_on_behind_any_position(self, tmp_path: Path) -> None:
        """A reader that stopped after any frame sees the rest, once."""
        writer = self.make_writer(tmp_path, name="w")
        for tick in range(3):
            writer.append(_frames(tick=tick))
        reader = self.make_reader(tmp_path)
        whole = list(reader.read({}))
        after = dict[str, int]()
        for k, (_, (segment, offset)) in enumerate(whole):
            after[segment] = offset
            equal(list(reader.read(after)), whole[k + 1 :], promise=f"reading goes on behind frame {k}")

    def test_tailing_sees_each_frame_once(self, tmp_path: Path) -> None:
        """Two writers append in turn; a reader that keeps its positions misses and doubles nothing."""
        writers = [self.make_writer(tmp_path, name=name) for name in ("w0", "w1")]
        reader, after = self.make_reader(tmp_path), dict[str, int]()
        seen = list[Frame]()
        wrote = list[Frame]()
        for tick in range(6):
            frame = _outcome(tick)
            writers[tick % 2].append([frame])
            wrote.append(frame)
            seen += _take(reader, after)
        equal(seen, wrote, promise="a tailing reader sees each frame once")
        equal(_take(reader, after), [], promise="nothing new is nothing")

    def test_segments_come_in_name_order(self, tmp_path: Path) -> None:
        """One call goes through the segments by name, each from its start to its end."""
        for name in ("b", "a"):
            writer = self.make_writer(tmp_path, name=name)
            writer.append([_outcome(1)])
            writer.append([_outcome(2)])
        segments = [p.segment for _, p in self.make_reader(tmp_path).read({})]
        equal(segments, sorted(segments), promise="segments come in name order")
        equal(len(set(segments)), 2, promise="each writer has a segment of its own")

    def test_a_closed_writer_refuses(self, tmp_path: Path) -> None:
        """What was written stays; nothing more is taken; closing twice is harmless."""
        writer = self.make_writer(tmp_path, name="w")
        writer.append([_outcome(1)])
        writer.close()
        writer.close()
        refuses(Unavailable, lambda: writer.append([_outcome(2)]), promise="a closed writer refuses")
        equal(len(list(self.make_reader(tmp_path).read({}))), 1, promise="what was written before stays")

    def test_a_name_is_used_once(self, tmp_path: Path) -> None:
        """A second series of one name is refused, also after the first was closed: nobody appends to another's."""
        writer = self.make_writer(tmp_path, name="w")
        writer.append([_outcome(1)])
        refuses(Conflict, lambda: self.make_writer(tmp_path, name="w"), promise="a name is used once", naming="w")
        writer.close()
        refuses(Conflict, lambda: self.make_writer(tmp_path, name="w"), promise="a name is used once", naming="w")

    def test_a_name_is_a_checked_word(self, tmp_path: Path) -> None:
        """A path is no name."""
        refuses(BadInput, lambda: self.make_writer(tmp_path, name="../w"), promise="a path is no writer name")

    def test_a_lopsided_frame_is_refused(self, tmp_path: Path) -> None:
        """Columns that differ in length are refused with the column's name, and the whole tick with them."""
        writer = self.make_writer(tmp_path, name="w")
        bad = OutcomeFrame(at_us=[1, 2], id=["a", "b"], value=[1.0])
        refuses(BadInput, lambda: writer.append([_outcome(1), bad]), promise="a lopsided frame", naming="value")
        equal(list(self.make_reader(tmp_path).read({})), [], promise="nothing of a refused tick is written")

    def test_an_empty_tick_is_harmless(self, tmp_path: Path) -> None:
        """No frames: nothing is written, and the position does not move."""
        writer = self.make_writer(tmp_path, name="w")
        end = writer.append([_outcome(1)])
        equal(writer.append([]), end, promise="an empty tick does not move the position")
        equal(len(list(self.make_reader(tmp_path).read({}))), 1, promise="an empty tick writes nothing")

    def test_unknown_segments_are_ignored(self, tmp_path: Path) -> None:
        """Positions of segments that are gone (retention) do not disturb the rest."""
        self.make_writer(tmp_path, name="w").append([_outcome(1)])
        reader = self.make_reader(tmp_path)
        equal(len(list(reader.read({"gone-00000001": 99}))), 1, promise="a position in a segment that is gone")

    def test_values_keep_their_bits(self, tmp_path: Path) -> None:
        """NaN, infinities, minus zero and text beyond ASCII come back as they were."""
        odd = [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324]
        frame = OutcomeFrame(at_us=[2**53 + 1] * 5, id=["é", "日本", "", "\0", "🙂"], value=odd)
        self.make_writer(tmp_path, name="w").append([frame])
        (got, _), *rest = self.make_reader(tmp_path).read({})
        holds(isinstance(got, OutcomeFrame) and not rest, promise="one outcome frame comes back")
        equal(np.array(got.value).tobytes(), np.array(odd).tobytes(), promise="floats keep their bits")  # type: ignore[union-attr]  # held above
        equal((got.id, got.at_us), (frame.id, frame.at_us), promise="text and moments come back")  # type: ignore[union-attr]  # held above


def _take(reader: JournalReader, after: dict[str, int]) -> list[Frame]:
    out = []
    for frame, (segment, offset) in reader.read(dict(after)):
        out.append(frame)
        after[segment] = offset
    return out


def _outcome(tick: int) -> OutcomeFrame:
    return OutcomeFrame(at_us=[tick], id=[f"p{tick}"], value=[float(tick)])


def _frames(*, tick: int) -> list[Frame]:
    predictions = prediction_frame(5, rng=np.random.default_rng(tick), first=5 * tick)
    shadow = shadow_frame(predictions, arm="candidate", segment="w-00000001", offset=8)
    return [predictions, shadow, outcome_frame(predictions), decision_frame(predictions), metric_frame(predictions)]
