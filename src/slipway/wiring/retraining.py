"""The process in which control has a model trained anew."""

import subprocess
import sys

from slipway.storage.layout import Layout


class RetrainProcess:
    """Starts ``python -m slipway.project.retraining`` for a finding; what it prints goes into a log.

    It lives on where control is killed: the next control sees by its lock that it runs.

    Args:
        layout: The project's folder.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._started: subprocess.Popen[bytes] | None = None

    def __call__(self, finding: str) -> None:
        """Start it.

        Raises:
            OSError: It could not be started.
        """
        if self._started is not None:
            self._started.poll()  # so that no ended child stays in the kernel's table
        command = [sys.executable, "-m", "slipway.project.retraining", str(self._layout.root), finding]
        with self._layout.retrain_log.open("ab") as log:
            self._started = subprocess.Popen(  # noqa: S603 - our own module, and an id that the store holds
                command,
                cwd=self._layout.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
