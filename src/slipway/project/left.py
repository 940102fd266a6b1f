"""What can be done in a project whose ``slipway.toml`` cannot be read: what the store holds, and what control does.

Control goes on with the scope that it started with; whoever is called at night can look at alerts and take them.
"""

from pathlib import Path

from slipway.control.alert_desk import Act, AlertRequest, alerts
from slipway.errors import BadFile, Unavailable
from slipway.project.commanding import call, control
from slipway.records.service_report import ServiceReport
from slipway.records.trouble import Alert
from slipway.serving.run_state import RunState
from slipway.storage.clock import SystemClock
from slipway.storage.control_store import SqlStore
from slipway.storage.layout import Layout


class Left:
    """What is left of a project without its scope; its methods are those of :class:`slipway.Project`.

    Args:
        folder: It holds the broken ``slipway.toml``.
        fault: What is wrong with it.
        by: Whom the audit trail names.
    """

    def __init__(self, folder: Path, *, fault: BadFile, by: str) -> None:
        self._layout, self._fault, self._by = Layout(folder), fault, by

    def alerts(self) -> list[Alert]:
        """Return all alerts, those that were opened first, first."""
        if not self._layout.control_db.exists():  # to look makes no store
            return []
        store = SqlStore(self._layout.control_url, clock=SystemClock())
        try:
            return list(alerts(store))
        finally:
            store.close()

    def act_on_alert(self, id: str, do: Act | str, *, why: str = "", for_s: float = 3600.0) -> Alert:  # noqa: A002 - the field's own word
        """Have control acknowledge, snooze or resolve an alert, and return it as it is then.

        Raises:
            NotFound: No such alert.
            Conflict: It is resolved already.
            Unavailable: Control does not run, and who is told of it only slipway.toml says.
        """
        request = AlertRequest(do=Act(do), why=why, by=self._by, for_s=for_s)
        return call(self._layout, self._control(f"alert {id}"), "POST", f"/alerts/{id}", request, kind=Alert)

    def service(self) -> ServiceReport:
        """Return how control says that the service does against the budgets that it started with.

        Raises:
            Unavailable: Control does not run, and the budgets are in slipway.toml.
        """
        return call(self._layout, self._control("service"), "GET", "/service", None, kind=ServiceReport)

    def _control(self, what: str) -> RunState:
        running = control(self._layout)
        if running is None:
            raise Unavailable(
                f"{what}: want slipway.toml, or a control process that read it before, found neither. "
                f"Mend the file, then try again: {self._fault}"
            )
        return running
