"""Entry points of the processes: ``python -m slipway.process worker|shadow|control --folder F [--folder F ...]``."""

import argparse
from pathlib import Path

from slipway.serving.giving_way import give_way

GIVES_WAY = {"shadow": 5, "control": 3}
"""By how much: who waits for an answer comes before who looks at the evidence, which comes before what shadows say."""


def main(arguments: list[str] | None = None) -> None:
    """Run one process until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m slipway.process", description=__doc__)
    parser.add_argument("role", choices=["worker", "shadow", "control"])
    parser.add_argument(
        "--folder", type=Path, required=True, action="append", help="folder of the project; a worker takes several"
    )
    parser.add_argument("--parent", type=int, help="process that must live for this one to go on")
    parser.add_argument("--slot", type=int, default=0, help="number of the worker")
    parser.add_argument("--handle", type=int, help="file descriptor of a listening socket to serve on")
    asked = parser.parse_args(arguments)
    if asked.role in GIVES_WAY:
        give_way(GIVES_WAY[asked.role])
    if asked.role == "control":
        from slipway.web.live.routes import pages  # noqa: PLC0415 - a worker must not load the control store
        from slipway.wiring.control import run_control  # noqa: PLC0415 - as above

        run_control(asked.folder[0], parent=asked.parent, pages=pages)
        return
    from slipway.serving.start import run_shadow, run_worker  # noqa: PLC0415 - nor control the event loop

    if asked.role == "worker":
        run_worker(asked.folder, slot=asked.slot, handle=asked.handle, parent=asked.parent)
    else:
        run_shadow(asked.folder[0], parent=asked.parent)


if __name__ == "__main__":
    main()
