"""The machine's clock."""

import time


class SystemClock:
    """Tells what the machine thinks the time is; it may jump when the machine's clock is set."""

    def now_us(self) -> int:
        """Return microseconds since the epoch, UTC.

        >>> SystemClock().now_us() > 1_700_000_000_000_000  # November 2023
        True
        """
        return time.time_ns() // 1000
