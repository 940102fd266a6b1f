"""Where traces go, and of which share of the requests."""

from slipway.records.base import Record


class Tracing(Record, frozen=True, kw_only=True):
    """The table ``[tracing]``.

    Attributes:
        endpoint: Address of a collector that takes OTLP over HTTP, without ``/v1/traces``; empty for no traces.
        share: Share of the requests that are traced where the caller does not say; one who does is followed.
    """

    endpoint: str = ""
    share: float = 0.01
