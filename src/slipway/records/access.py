"""What lets callers in: keys that they show, and the certificate that the server shows them."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name

WARN_DAYS = 14
"""How long before its end a certificate is warned of."""

_DAY_US = 86_400_000_000


class May(StrEnum):
    """What a caller may be let in for."""

    PREDICT = "predict"
    OUTCOMES = "outcomes"
    CONTROL = "control"
    REVIEW = "review"


class AccessKey(Record, frozen=True, kw_only=True):
    """One key, as it is stored: the key itself is not, only its SHA-256.

    Attributes:
        name: A checked word: who or what holds it.
        may: What it lets in for; whoever holds any key may also read the model's metadata and the metrics.
        sha256: Of the key, in hex. No slow hash is needed: a key is 256 random bits, which nobody can guess.
        made_us: When it was made, microseconds since the epoch.
        made_by: Who made it.
        revoked_us: Since when it lets nobody in, or None.
    """

    name: str
    may: tuple[May, ...]
    sha256: str
    made_us: int
    made_by: str
    revoked_us: int | None = None

    def __post_init__(self) -> None:
        check_name("key", self.name)
        if not self.may:
            raise BadInput(f"key {self.name}: want something that it may do, got nothing. Give it one of {list(May)}.")


class Certificate(Record, frozen=True, kw_only=True):
    """What there is to know of a certificate.

    Attributes:
        path: Its file.
        names: Names and addresses that it is for.
        ends_us: Until when it holds, microseconds since the epoch.
    """

    path: str
    names: tuple[str, ...]
    ends_us: int

    def days_left(self, *, now_us: int) -> float:
        """Return how many days it holds from now on; negative once it has ended."""
        return (self.ends_us - now_us) / _DAY_US
