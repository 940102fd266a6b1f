"""Log lines of a process: a line that cannot be written is lost, and nobody who wrote it fails by it.

Where the disk is full the journal refuses rows, and the worker says so in its log, which lies on the same disk. A log
that raised then broke off the very answer that told the caller to come back later, and he waited for ever.
"""

import os


class LogLines:
    """What :class:`structlog.PrintLogger` writes to; each line is one system call.

    Args:
        handle: File descriptor, by default standard output, which the supervisor sends to the process's log.
    """

    def __init__(self, handle: int = 1) -> None:
        self._handle, self._waiting, self._cut = handle, "", False

    def write(self, text: str) -> int:
        """Keep text until :meth:`flush`."""
        self._waiting += text
        return len(text)

    def flush(self) -> None:
        """Write what waits. What was cut short before is ended first, so that the next line is one of its own."""
        line, self._waiting = self._waiting.encode(errors="replace"), ""
        try:
            if self._cut:
                os.write(self._handle, b"\n")
                self._cut = False
            self._cut = os.write(self._handle, line) < len(line)
        except OSError:
            return
