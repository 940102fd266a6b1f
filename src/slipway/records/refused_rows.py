"""What is known of rows that do not fit the signature: whether more of them come than is usual."""

from slipway.records.base import Record
from slipway.records.quality import Quality
from slipway.stats.evidence import EValue


class RefusedRows(Record, frozen=True, kw_only=True):
    """More rows are refused than is usual, as it was found; it does not change while it lasts.

    Attributes:
        since_us: Beginning of the minute with which it seems to have begun.
        remarks: What is wrong with them, the most frequent first.
        shares: Share of all rows that each remark is about.
        usual: The bound that the share of refused rows passed.
        evidence: That it did.
    """

    since_us: int
    remarks: tuple[Quality, ...]
    shares: tuple[float, ...]
    usual: float
    evidence: EValue


class RefusedWatch(Record, frozen=True, kw_only=True):
    """Where the watch over refused rows stands; of bounded size.

    Attributes:
        at_us: Beginning of the newest minute that it was told; 0 before the first.
        ticks: Minutes with rows since it began, or began anew.
        log_capital: Per size of the rise that is bet on; empty before the first minute.
        climb: How far the evidence of each stands above its lowest.
        begun_us: The minute with which each climb began.
        told: What was found, as long as it lasts.
        well_minutes: Minutes with rows since the share was above the bound last, while something is told.
        well_rows: Rows in them.
        spoiled: From when to when something was told, the latest times: what came then is no measure of the usual.
    """

    at_us: int = 0
    ticks: int = 0
    log_capital: tuple[float, ...] = ()
    climb: tuple[float, ...] = ()
    begun_us: tuple[int, ...] = ()
    told: RefusedRows | None = None
    well_minutes: int = 0
    well_rows: int = 0
    spoiled: tuple[tuple[int, int], ...] = ()
