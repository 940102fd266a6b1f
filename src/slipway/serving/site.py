"""Several projects behind one port: the path names the route, and the route its project.

``/v2/models/{route}/...`` names it as the Open Inference Protocol has it; every other path takes it as its last part,
such as ``/predict/{route}``. Only the health of all together is answered here. Where a worker serves one project it
needs no site, and no request pays for one.
"""

from collections.abc import Callable, Sequence

import msgspec

from slipway.errors import SlipwayError
from slipway.serving.guard import Guard
from slipway.serving.http_request import Request
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.service import Service
from slipway.serving.v2_metadata import server_metadata


class Site:
    """Hands each request to the project that its path names.

    Args:
        services: Two projects or more, each with a route of its own name.
        guard: Who may ask for what belongs to all.
    """

    def __init__(self, services: Sequence[Service], *, guard: Guard) -> None:
        self._services, self._guard = tuple(services), guard
        self._apps = {service.route: service.handle for service in services}
        self._own: dict[str, Callable[[Request], None]] = {
            "/health/live": _alive,
            "/health/ready": self._any_ready,
            "/v2/health/live": _alive,
            "/v2/health/ready": self._all_ready,
            "/v2": lambda request: request.ok(msgspec.json.encode(server_metadata())),
        }

    def handle(self, request: Request) -> None:
        """Answer the request, now or at the end of the tick; never raise."""
        app = self._apps.get(route_of(request.target))
        if app is not None:
            app(request)
            return
        try:
            self._guard.check(request.headers)
            self._find(request)(request)
        except SlipwayError as error:
            refusal = refusal_of(error)
            self._services[0].counts.failed(f"http_{refusal.status}")
            request.refuse(refusal)

    def _find(self, request: Request) -> Callable[[Request], None]:
        path = request.target.partition("?")[0]
        handler = self._own.get(path)
        if handler is None:
            known = ", ".join(sorted(self._apps))
            first = path.split("/", 2)[1] if path.startswith("/") else ""
            example = f"/{first or 'predict'}/{next(iter(self._apps))}" if first != "v2" else "/v2/models/ROUTE"
            raise Refusal(
                404,
                "This server has several projects; the path names none of them.",
                wanted=f"a path that names one of {known}",
                got=request.target[:80],
                hint=f"Such as {example}.",
            )
        if request.method not in ("GET", "HEAD"):
            headers = (("allow", "GET, HEAD"),)
            raise Refusal(405, "Not with this method.", wanted="GET", got=request.method, headers=headers)
        return handler

    def _any_ready(self, request: Request) -> None:
        """Ready while one project is: the one that is not must not take the others' callers away."""
        waiting = self._waiting()
        ready = {s.route: live.route.version for s in self._services if s.route not in waiting and (live := s.live())}
        if not ready:
            raise _not_ready(waiting)
        request.ok(msgspec.json.encode({"ready": True, "routes": ready, "not_ready": waiting}))

    def _all_ready(self, request: Request) -> None:
        """Ready when every project is, as the protocol has it."""
        if waiting := self._waiting():
            raise _not_ready(waiting)
        request.ok(b'{"ready":true}')

    def _waiting(self) -> dict[str, str]:
        return {s.route: why for s in self._services if (why := s.why_not_ready())}


def route_of(target: str) -> str:
    """Return the name in the place where a path names a route, or an empty string.

    >>> [route_of(t) for t in ("/predict/hearts?x=1", "/v2/models/hearts/infer", "/predict", "/v2/health/ready")]
    ['hearts', 'hearts', '', '']
    """
    parts = target.partition("?")[0].split("/")
    if parts[1:3] == ["v2", "models"]:
        return parts[3] if len(parts) > 3 else ""
    return parts[2] if len(parts) == 3 and parts[1] != "v2" else ""


def _alive(request: Request) -> None:
    request.ok(b'{"live":true}')


def _not_ready(waiting: dict[str, str]) -> Refusal:
    got = "; ".join(f"{route}: {why}" for route, why in waiting.items())
    return Refusal(503, "The server is not ready.", wanted="projects that take requests", got=got)
