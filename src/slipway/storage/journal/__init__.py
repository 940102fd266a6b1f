"""The journal: append-only segments of frames, one series a process start; nobody waits for anybody.

On disk a segment is eight bytes of magic and version, then frames::

    [length u32, top bit: last of its tick] [crc32 of payload u32] [crc32 of the eight bytes before u32] [payload]

all little-endian; the payload is MessagePack of :data:`slipway.records.frame.Frame`. Three things follow.

* **A tick counts whole or not at all.** The reader yields a frame only once the last frame of its tick is complete,
  so a process that dies in the middle of a write, or a disk that fills up in the middle of one, leaves nothing behind
  that anybody acts on.
* **A torn tail and a broken disk are told apart.** The header has a checksum of its own. Without it, one flipped bit in
  a length would look like an unfinished write, and everything behind it would vanish without a word.
* **A live segment is known by its lock**, which its writer holds and the kernel releases. A closed segment can be
  sealed: copied to Parquet for people, DuckDB and Spark. The segment itself stays and remains what the reader reads.
"""

from slipway.records.worker_config import Durability
from slipway.storage.journal.reader import SegmentReader
from slipway.storage.journal.stretches import Stretch, stretches
from slipway.storage.journal.tail import JournalTail, Lag
from slipway.storage.journal.verification import JournalReport, verify
from slipway.storage.journal.writer import SegmentWriter, writer_name

__all__ = [
    "Durability",
    "JournalReport",
    "JournalTail",
    "Lag",
    "SegmentReader",
    "SegmentWriter",
    "Stretch",
    "stretches",
    "verify",
    "writer_name",
]
