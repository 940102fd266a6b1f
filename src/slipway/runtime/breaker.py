"""Leaves alone what fails again and again, and tries it now and then. Reads no clock: each moment is handed in."""


class Breaker:
    """Tells whether something may be asked.

    It is closed (ask) until ``trips_after`` failures came in a row; then open (do not ask) for a pause; then half-open:
    one caller may try. If he succeeds it is closed again, if he fails the next pause is twice as long.

    Args:
        trips_after: Failures in a row that open it, at least 1.
        pause_s: First pause.
        longest_s: No pause is longer.

    Reference:
        Nygard (2007), Release It!, "Circuit Breaker".

    >>> breaker = Breaker(trips_after=2, pause_s=1.0)
    >>> breaker.failed(now_s=0.0)
    >>> breaker.may_ask(now_s=0.0)
    True
    >>> breaker.failed(now_s=0.1)
    >>> breaker.may_ask(now_s=0.5)
    False
    >>> breaker.may_ask(now_s=1.2), breaker.may_ask(now_s=1.2)  # one tries, the next does not
    (True, False)
    >>> breaker.failed(now_s=1.3)
    >>> breaker.may_ask(now_s=3.2), breaker.may_ask(now_s=3.4)  # the second pause is twice as long
    (False, True)
    >>> breaker.succeeded()
    >>> breaker.may_ask(now_s=3.5)
    True
    """

    def __init__(self, *, trips_after: int, pause_s: float = 0.5, longest_s: float = 30.0) -> None:
        self._trips_after, self._first_s, self._longest_s = trips_after, pause_s, longest_s
        self._pause_s = pause_s
        self._until_s = 0.0
        self._trying = False
        self.failures = 0

    def may_ask(self, *, now_s: float) -> bool:
        """Tell whether to ask now. Whoever is told yes says how it went, or gives his turn back.

        Args:
            now_s: Monotonic seconds.
        """
        if self.failures < self._trips_after:
            return True
        if self._trying or now_s < self._until_s:
            return False
        self._trying = True
        return True

    def left_s(self, *, now_s: float) -> float:
        """Return for how long it stays open, 0 where it is not."""
        return max(0.0, self._until_s - now_s) if self.failures >= self._trips_after else 0.0

    def succeeded(self) -> None:
        """It answered."""
        self.failures, self._trying, self._pause_s = 0, False, self._first_s

    def failed(self, *, now_s: float) -> None:
        """It did not answer."""
        self.failures += 1
        self._trying = False
        if self.failures >= self._trips_after:
            self._until_s = now_s + self._pause_s
            self._pause_s = min(2 * self._pause_s, self._longest_s)

    def gave_up(self) -> None:
        """Whoever asked went away before it was clear how it went: that says nothing, and somebody else may try."""
        self._trying = False
