"""What a job has in the journal: of parts whose files were lost, the answers are taken from there, not asked anew."""

from pathlib import Path

from slipway.records.frame import PredictionFrame
from slipway.storage.journal import SegmentReader
from slipway.storage.journal.reader import SegmentFile, list_segments


class Journalled:
    """The frames of a job, found by the id of their first row.

    Args:
        journal: Folder of the journal.
        job: Name of the job.

    Attributes:
        rows: How many rows they hold.
    """

    def __init__(self, journal: Path, *, job: str) -> None:
        self._reader = SegmentReader(journal)
        self._places: dict[str, tuple[SegmentFile, int]] = {}
        self.rows = 0
        for segment in list_segments(journal):
            if segment.name.startswith(f"{job}-"):
                self._note(segment)

    def __contains__(self, first_id: str) -> bool:
        return first_id in self._places

    def frame(self, first_id: str) -> PredictionFrame | None:
        """Return the frame whose first row has an id, or None if there is none."""
        place = self._places.get(first_id)
        if place is None:
            return None
        frame, _ = next(self._reader.read_segment(place[0], after=place[1]))
        return frame if isinstance(frame, PredictionFrame) else None

    def _note(self, segment: SegmentFile) -> None:
        before = 0
        for frame, position in self._reader.read_segment(segment):
            if isinstance(frame, PredictionFrame):
                self._places[frame.id[0]] = (segment, before)
                self.rows += len(frame.id)
            before = position.offset
