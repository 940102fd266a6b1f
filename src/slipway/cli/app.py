"""``slipway``: the commands, and what a call ends with.

Each group of commands is a file that is imported when it is called, so that ``slipway --help`` answers before
anybody has reached for the coffee. Nothing in this file may import more than the parser itself.
"""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from slipway.cli.commands import COMMANDS
from slipway.cli.failure import report, usage
from slipway.cli.help import HelpPage


def build() -> App:
    """Return the command tree; nothing below it is imported until it is called."""
    app = App(
        name="slipway",
        help=(
            "Take a machine-learning model from proof of concept to production, and back when the evidence says so.\n\n"
            "Every command takes --json and --project FOLDER; 'slipway COMMAND --help' tells the rest."
        ),
        help_format="plaintext",
        help_formatter=HelpPage(),
        default_parameter=Parameter(negative=""),
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for order, (name, path, words) in enumerate(COMMANDS):
        app.command(path, name=name, help=words, sort_key=order)
    return app


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 20 ms that only --version needs

    return version("slipway")


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status: see :mod:`slipway.cli.failure` for what each number means."""
    words = list(sys.argv[1:] if argv is None else argv)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit status; whatever goes wrong is said, never shown as a traceback."""
    app = build()
    try:
        status = app(words, print_error=False, exit_on_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        return usage(error, words=words)
    except BaseException as error:  # noqa: BLE001 - the one place where everything ends; it is told or kept in a file
        return report(error, words=words)
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    main()
