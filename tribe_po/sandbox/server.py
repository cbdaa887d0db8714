"""Serves both APIs on loopback, and applies what a test ordered to either."""

import socket
import threading
import time
from types import TracebackType
from typing import Self

import flask
from werkzeug.http import http_date
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from tribe_po.sandbox.clock import Clock, SystemClock
from tribe_po.sandbox.faults import Delay, DropAfter, DropBefore, Faults, Run, Status
from tribe_po.sandbox.poweroffice import http as poweroffice_http
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.requests_log import Request, RequestLog, System
from tribe_po.sandbox.tribe import routes as tribe_routes
from tribe_po.sandbox.tribe.tenant import TribeTenant

HOST = "127.0.0.1"


class Sandbox:
    """A PowerOffice Go client and a Tribe tenant, served from memory while started.

    `requests_per_second` is PowerOffice's limit (None: none), `token_seconds` the life of its
    tokens, `latency` the seconds by which every answer is late, `port` 0 any free port.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        requests_per_second: int | None = 10,
        token_seconds: int = 1200,
        latency: float = 0,
        port: int = 0,
    ) -> None:

        self.clock: Clock = clock or SystemClock()
        self.latency = latency
        self.requests = RequestLog()
        self.faults = Faults()
        self.poweroffice = PowerOfficeTenant(
            self.clock, requests_per_second=requests_per_second, token_seconds=token_seconds
        )
        self.tribe = TribeTenant(self.clock)
        self.app = flask.Flask("tribe_po.sandbox", static_folder=None)
        self.app.register_blueprint(
            poweroffice_http.blueprint(self.poweroffice), url_prefix="/poweroffice"
        )
        self.app.register_blueprint(tribe_routes.blueprint(self.tribe), url_prefix="/tribe")
        self.app.before_request(self._receive)
        self.app.after_request(self._send)
        self._port = port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Return the address without a final slash. Raise RuntimeError if not started."""
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        """Serve in a background thread until `stop`."""
        if self._server is not None:
            raise RuntimeError("the sandbox has been started already")
        self._server = _Server(self._port, self.app)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        ).start()

    def stop(self) -> None:
        """Stop serving and close all connections; what the tenants hold stays."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """Return the settings with which a client reaches both APIs."""
        keys = self.poweroffice.keys
        return {
            "POWEROFFICE_API_URL": f"{self.url}/poweroffice/v2",
            "POWEROFFICE_TOKEN_URL": f"{self.url}/poweroffice/OAuth/Token",
            "POWEROFFICE_APP_KEY": keys.app,
            "POWEROFFICE_CLIENT_KEY": keys.client,
            "POWEROFFICE_SUBSCRIPTION_KEY": keys.subscription,
            "TRIBECRM_API_URL": f"{self.url}/tribe",
            "TRIBECRM_AUTH_URL": f"{self.url}/tribe",
            "TRIBECRM_CLIENT_ID": self.tribe.client_id,
            "TRIBECRM_CLIENT_SECRET": self.tribe.client_secret,
        }

    def _receive(self) -> flask.Response | None:
        request, system = flask.request, _system(flask.request.path)
        request.get_data()  # an unread body would be taken for the connection's next request
        kind = self.faults.take(system, request.method, request.path) if system else None
        match kind:
            case Status(code, body, headers, content_type):
                return flask.Response(body, code, dict(headers), content_type=content_type)
            case DropBefore():
                flask.g.drop = kind
                return flask.Response(status=500)
            case DropAfter():
                flask.g.drop = kind
            case Delay(seconds):
                time.sleep(seconds)
            case Run(action):
                action()
        return None

    def _send(self, response: flask.Response) -> flask.Response:
        """Log, date, delay, and perhaps lose, every answer of either system."""
        request, system = flask.request, _system(flask.request.path)
        response.headers["Date"] = http_date(self.clock.now())
        drop: DropBefore | DropAfter | None = flask.g.get("drop")
        if system:
            self.requests.add(
                Request(
                    system,
                    request.method,
                    request.path,
                    request.query_string.decode(),
                    0 if isinstance(drop, DropBefore) else response.status_code,
                    request.get_data(),
                )
            )
        if self.latency:
            time.sleep(self.latency)
        if drop:
            _hang_up(request.environ["werkzeug.socket"])
        return response


def _system(path: str) -> System | None:
    if path.startswith("/poweroffice/"):
        return "poweroffice"
    return "tribe" if path.startswith("/tribe/") else None


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was quicker


class _Server(ThreadedWSGIServer):
    """Knows its open connections, so that a stopped server is silent on them too."""

    def __init__(self, port: int, app: flask.Flask) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(HOST, port, app, _Handler)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in self.open.copy():
            _hang_up(connection)


class _Handler(WSGIRequestHandler):
    """Keeps connections alive, which werkzeug's own handler refuses to do, and is silent."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        app_iter, status, headers = run_wsgi_app(
            self.server.app, self.make_environ(), buffered=True
        )
        body = b"".join(app_iter)
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if "Content-Length" not in headers and not status.startswith("204"):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        try:
            self.wfile.write(head if self.command == "HEAD" else head + body)
        except ConnectionError:
            self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is the test's."""
