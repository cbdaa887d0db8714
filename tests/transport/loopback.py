"""A server on loopback that does what it is told, request by request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Deed = Callable[["Handler"], None]
"""How one request is dealt with."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived: `target` is the raw path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: tuple[str, int]


@dataclass
class Server:
    """Does `deeds` in order, the last one for ever; remembers what it saw."""

    url: str
    deeds: list[Deed] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def will(self, *deeds: Deed) -> None:
        self.deeds = list(deeds)
        self.seen.clear()

    def next_deed(self) -> Deed:
        with self.lock:
            return self.deeds.pop(0) if len(self.deeds) > 1 else self.deeds[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    owner: Server
    body: bytes = b""

    def handle_one(self) -> None:
        deed = self.owner.next_deed()
        if deed is not hang_up:
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): text for name, text in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.body, self.client_address)
        self.owner.seen.append(seen)
        deed(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def answer(status: int = 200, body: Any = None, headers: Sequence[tuple[str, str]] = ()) -> Deed:
    """Answer with JSON, or with a text as it is."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    return raw(status, text.encode(), headers)


def raw(status: int, content: bytes, headers: Sequence[tuple[str, str]] = ()) -> Deed:
    def deed(handler: Handler) -> None:
        handler.send_response(status)
        for name, text in headers:
            handler.send_header(name, text)
        if status != 204:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return deed


def hang_up(handler: Handler) -> None:
    """Hang up before the body is read."""
    drop(handler)


def drop(handler: Handler) -> None:
    """Hang up without an answer, after the request was read."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def truncate(handler: Handler) -> None:
    """Promise more than is sent, then hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"value": [')
    handler.wfile.flush()
    drop(handler)


def keep_waiting(handler: Handler) -> None:
    """Say nothing until the test is over."""
    handler.close_connection = True
    handler.owner.released.wait(30)


@contextmanager
def served() -> Iterator[Server]:
    """A running server."""
    owner = Server(url="")
    handler = type("Bound", (Handler,), {"owner": owner})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        owner.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield owner
        finally:
            owner.released.set()
            http.shutdown()
            thread.join()


def closed_port() -> str:
    """A URL where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
