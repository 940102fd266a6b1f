"""Where a warning goes if nobody says where."""

import sys


def to_stderr(text: str) -> None:
    """Say it to whoever looks on."""
    sys.stderr.write(f"{text}\n")
