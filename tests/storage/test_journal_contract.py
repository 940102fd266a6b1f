from slipway.records.frame import OutcomeFrame
from slipway.storage.journal import Durability, SegmentReader, SegmentWriter
from slipway.testing.journal import JournalContract
from slipway.testing.memory import MemoryJournal


class TestSegments(JournalContract):
    def make_writer(self, folder, *, name):
        return SegmentWriter(folder, name=name)

    def make_reader(self, folder):
        return SegmentReader(folder)


class TestFlushedSegments(TestSegments):
    def make_writer(self, folder, *, name):
        return SegmentWriter(folder, name=name, durability=Durability.FSYNC)


class TestTinySegments(TestSegments):
    def make_writer(self, folder, *, name):
        return SegmentWriter(folder, name=name, segment_bytes=1)

    def test_segments_come_in_name_order(self, tmp_path):
        for name in ("b", "a"):
            writer = self.make_writer(tmp_path, name=name)
            for _ in range(2):
                writer.append(_one())
        got = [p.segment for _, p in self.make_reader(tmp_path).read({})]
        assert got == ["a-00000001", "a-00000002", "b-00000001", "b-00000002"]

    def test_an_empty_tick_is_harmless(self, tmp_path):
        writer = self.make_writer(tmp_path, name="w")
        writer.append(_one())
        writer.append([])
        assert len(list(self.make_reader(tmp_path).read({}))) == 1


class TestMemory(JournalContract):
    def make_writer(self, folder, *, name):
        return self._journal(folder).writer(name)

    def make_reader(self, folder):
        return self._journal(folder)

    def _journal(self, folder):
        journals = self.__dict__.setdefault("journals", {})
        return journals.setdefault(folder, MemoryJournal())


def _one():
    return [OutcomeFrame(at_us=[1], id=["a"], value=[1.0])]
