"""Whether scores may be read as probabilities: the file ``reliability.json`` of a package."""

import msgspec

from slipway.errors import Corrupt
from slipway.records.base import Record


class ReliabilityBin(Record, frozen=True, kw_only=True):
    """Rows of about the same probability.

    Attributes:
        rows: How many.
        expected: Mean probability that was said.
        realised: Share that was 1.
        low: Lower limit of the true share; the limits of all bins hold together.
        high: Upper limit.
    """

    rows: int
    expected: float
    realised: float
    low: float
    high: float


class Reliability(Record, frozen=True, kw_only=True):
    """How far probabilities are from what came about, on rows that nothing was fitted on.

    Attributes:
        rows: Rows.
        alpha: Miss probability of each interval.
        brier: Mean of (probability - outcome)²; 0 is best.
        brier_low: Lower limit.
        brier_high: Upper limit.
        ece: Expected calibration error: mean gap between said and realised, by bin. Its estimate is biased upwards.
        ece_low: Lower limit, which is not.
        ece_high: Upper limit.
        ece_by_chance: What perfectly calibrated probabilities would show in as many rows and bins: the bias.
        bins: From low probabilities to high.
    """

    rows: int
    alpha: float
    brier: float
    brier_low: float
    brier_high: float
    ece: float
    ece_low: float
    ece_high: float
    ece_by_chance: float
    bins: tuple[ReliabilityBin, ...]


class Reliabilities(Record, frozen=True, kw_only=True):
    """Of the scores as they are, and behind the calibration that is packaged.

    Attributes:
        raw: Of the scores; None where some leave [0, 1].
        mapped: Of the probabilities behind them, each from a map fitted on the other half of the rows.
        map: Which kind of map: ``isotonic`` or ``platt``.
    """

    raw: Reliability | None
    mapped: Reliability
    map: str


def encode_reliability(measured: Reliabilities) -> bytes:
    """Return the bytes of ``reliability.json``."""
    return msgspec.json.format(msgspec.json.encode(measured))


def decode_reliability(data: bytes) -> Reliabilities:
    """Read ``reliability.json``.

    Raises:
        Corrupt: The bytes are none.
    """
    try:
        return msgspec.json.decode(data, type=Reliabilities)
    except msgspec.DecodeError as error:
        raise Corrupt(f"reliability: want measures of calibration, got {error}. Package the model again.") from None
