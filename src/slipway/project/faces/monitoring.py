"""What moved, and what the engineer on call wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.control.alert_desk import Act
    from slipway.control.telling.sender import Tried
    from slipway.project.monitors_now import MonitorNow
    from slipway.project.status import Status
    from slipway.project.watching import Watched
    from slipway.records.alert import Finding
    from slipway.records.retraining import Retraining
    from slipway.records.service_book import ServiceBook
    from slipway.records.service_report import ServiceReport
    from slipway.records.trouble import Alert
    from slipway.records.two_tables import TwoTables


class Monitoring(Face):
    """What moved, and what the engineer on call wants to know."""

    def findings(self) -> list[Finding]:
        """Return what the monitors found, oldest first."""
        from slipway.records.alert import Finding

        return [finding for _, finding, _ in self._parts.store.all(Finding)]

    def monitors(self) -> Sequence[MonitorNow]:
        """Return what the monitor of each model on a route has looked at, and whether it can tell yet."""
        from slipway.project.commanding import ask_status
        from slipway.project.monitors_now import monitors_now

        told = ask_status(self._parts)
        looked = told.monitors if told else self._controller.looked
        return monitors_now(self._parts, looked=looked, now_us=told.now_us if told else self.now_us())

    def watched(self) -> Sequence[Watched]:
        """Return realised and expected loss by day of every model that answers or shadows."""
        from slipway.project.watching import watched

        return watched(self._parts, controller=self._controller, now_us=self.now_us())

    def monitor_report(
        self, model: str | None = None, *, since_us: int | None = None, until_us: int | None = None
    ) -> TwoTables:
        """Hold what a model was asked and answered against the reference that was packaged with it, period by period.

        ``slipway.Answer`` shows what is returned in a notebook, and saves it as a page or as JSON.

        Args:
            model: Name of the arm; None takes the one that answers most.
            since_us: Only rows received from this moment on.
            until_us: Only rows received before this moment.

        Raises:
            NotFound: No such model, or its package has no reference.
            BadInput: The journal has no row of it in this window.
        """
        from slipway.project.two_tables.journalled import watch_journal

        return watch_journal(self._parts, model=model, since_us=since_us, until_us=until_us)

    def service(self) -> ServiceReport:
        """Return how the service does against the scope's budgets, as far as control looked."""
        from slipway.project import commanding
        from slipway.wiring.service import service_of

        told = commanding.ask_service(self._parts)
        return told or service_of(self._parts).report(queue_rows=self._parts.scope.serving.queue_rows)

    def service_book(self) -> ServiceBook:
        """Return what is kept of the service, up to a minute old: the newest minutes, and the hours of five weeks."""
        from slipway.control.service_watch import read_book

        return read_book(self._parts.layout.service)

    def alerts(self) -> list[Alert]:
        """Return all alerts, those that were opened first, first."""
        from slipway.control.alert_desk import alerts

        return list(alerts(self._parts.store))

    def act_on_alert(self, id: str, do: Act | str, *, why: str = "", for_s: float = 3600.0) -> Alert:  # noqa: A002 - the field's own word
        """Acknowledge, snooze or resolve an alert, and return it as it is then.

        Args:
            id: Its id.
            do: ``ack``, ``snooze`` or ``resolve``.
            why: The reason, for the audit trail.
            for_s: For how long it is snoozed.

        Raises:
            NotFound: No such alert.
            Conflict: It is resolved already.
            BadInput: None of the three, or a snooze for no time.
        """
        from slipway.control.alert_desk import Act, AlertRequest
        from slipway.errors import BadInput
        from slipway.project import commanding

        if do not in list(Act):
            raise BadInput(f"do: want {', '.join(Act)}, got '{do}'.")
        request = AlertRequest(do=Act(do), why=why, by=self._by, for_s=for_s)
        return commanding.act_on_alert(self._parts, self._controller, alert=id, request=request, now_us=self.now_us())

    def test_alerts(self, receiver: str | None = None) -> list[Tried]:
        """Send a test to every receiver of alerts, or to one, and return what came of it.

        Raises:
            NotFound: No such receiver.
        """
        from slipway.control.alert_desk import AlertTestRequest
        from slipway.project import commanding

        return list(commanding.test_alerts(self._parts, AlertTestRequest(receiver=receiver, by=self._by)))

    def retrain(self, finding: str) -> Retraining:
        """Train the same code on newer rows of production, compare, and start a rollout of what came of it by shadow.

        What was begun for the finding and killed is gone on with. What is not done says why (``refused``).

        Args:
            finding: Id of the finding that asks for it.

        Raises:
            NotFound: No such finding.
            Conflict: A retraining runs in another process.
            Unavailable: Something is away; it can be gone on with later.
        """
        from slipway.project import retraining

        return retraining.retrain(self._parts, self._controller, finding=finding, now_us=self.now_us(), by=self._by)

    def retrainings(self) -> list[Retraining]:
        """Return all retrainings, oldest first."""
        from slipway.control.retraining import retrainings

        return list(retrainings(self._parts.store))

    def status(self) -> Status:
        """Return what the engineer on call wants to know."""
        from slipway.project import status

        return status.status_now(self._parts, controller=self._controller)
