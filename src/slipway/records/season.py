"""What a monitor counts in, which rhythm it allows for, and what it holds the present against."""

from slipway.records.base import Record


class Season(Record, frozen=True, kw_only=True):
    """Found on the reference, and shown wherever a monitor is.

    Attributes:
        unit: What is counted: ``row``, ``hour`` or ``day``.
        period: What a rhythm was looked for in: ``day``, ``week``, or empty where none could show.
        rhythmic: What follows that rhythm: columns, ``score``, ``gap``; each of their blocks is held against those of
            the same phase.
        blocks: Units of the reference in the window.
        since_us: Beginning of the window.
        until_us: Its end.
        shorter: Columns of which only the newest part is taken, since they were different before, with its beginning.
        wandering: Columns whose reference differs from itself all along, so that no part of it is of one piece.
        sentence: All of it in words.
    """

    unit: str
    period: str = ""
    rhythmic: tuple[str, ...] = ()
    blocks: int = 0
    since_us: int = 0
    until_us: int = 0
    shorter: tuple[tuple[str, int], ...] = ()
    wandering: tuple[str, ...] = ()
    sentence: str = ""
