"""The local server: one page and two addresses behind it, for this machine alone.

What keeps others out: it listens on the loopback address, every address starts with a random token, a foreign Host
header (DNS rebinding) gets 400, a foreign Origin 403, and a POST must be JSON, which no form of another page can send.
"""

import hmac
import ipaddress
import json
import secrets
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stepladder.errors import UserError
from stepladder.pages.document import json_text

from .desk import Desk
from .edit import BadEdit
from .page import page, policy

_MOST_BYTES = 20_000_000  # of one request


class ReviewServer(ThreadingHTTPServer):
    """Serves one desk. `port` 0 takes a free one.

    Raises:
        UserError: the port is taken or not allowed, or the host is none of this machine's.
    """

    daemon_threads = True
    allow_reuse_address = True  # a port that was closed a moment ago; never one that is listened on

    def __init__(self, desk: Desk, host: str = "127.0.0.1", port: int = 0) -> None:
        self.desk, self.host, self.token = desk, host, secrets.token_urlsafe(16)
        if not 0 <= port <= 65535:
            raise UserError("--port", f"{port} is not a port", "Choose one from 1024 to 65535, or leave it out")
        try:
            self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            where, todo = ("--port", "Leave --port out for a free one") if port else ("--host", "Leave --host out")
            raise UserError(where, f"cannot listen on {host}:{port} ({error})", todo) from error

    @property
    def url(self) -> str:
        """The address of the page."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.server_port}/{self.token}/"

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this machine. An IP address does: rebinding needs a name."""
        name = urlsplit(f"//{header}").hostname or ""
        if name in ("localhost", self.host, socket.gethostname().lower()):
            return True
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Stepladder"
    sys_version = ""
    timeout = 60  # seconds without a word from a browser
    server: ReviewServer

    def do_GET(self) -> None:
        """The page, or the decisions since a number."""
        where = self._inside()
        if where is None:
            return
        address = urlsplit(where)
        if address.path == "":
            self._page()
        elif address.path == "changes":
            since = parse_qs(address.query).get("since", ["0"])[0]
            self._json(HTTPStatus.OK, self.server.desk.changes(int(since) if since.isdecimal() else 0))
        else:
            self._json(HTTPStatus.NOT_FOUND, {"error": "there is nothing here"})

    def do_POST(self) -> None:
        """A decision; the answer holds all decisions since the number that the page knows."""
        where = self._inside()
        if where is None:
            return
        origin, size = self.headers.get("Origin"), self.headers.get("Content-Length", "")
        if origin is not None and origin != f"http://{self.headers['Host']}":
            self._refuse(HTTPStatus.FORBIDDEN, "this request comes from another page")
        elif self.headers.get_content_type() != "application/json" or not size.isdecimal():
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a decision is sent as JSON")
        elif int(size) > _MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too large for one row")
        elif where != "decide":
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
        else:
            self._decide(self.rfile.read(int(size)))

    def _decide(self, body: bytes) -> None:
        desk = self.server.desk
        try:
            asked = json.loads(body)
            if not isinstance(asked, dict):
                raise BadEdit("a decision is a JSON object")
            desk.decide(asked)
            since = asked.get("since")
            self._json(HTTPStatus.OK, desk.changes(since if isinstance(since, int) and since >= 0 else 0))
        except (BadEdit, json.JSONDecodeError) as error:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except OSError as error:
            told = f"the decision cannot be written to {desk.store.path} ({error.strerror})"
            self._json(HTTPStatus.INSUFFICIENT_STORAGE, {"error": told})

    def _page(self) -> None:
        try:
            html = page(self.server.desk.page_data())
        except UserError as error:
            self._json(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
            return
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", html.encode(), {"Content-Security-Policy": policy()})

    def _inside(self) -> str | None:
        """The address behind the token, or None when the request has been refused."""
        if not self.server.knows_host(self.headers.get("Host", "")):
            self._refuse(HTTPStatus.BAD_REQUEST, "this server answers to the names of this machine only")
            return None
        token, slash, rest = self.path.lstrip("/").partition("/")
        if not slash or not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "open the address that `stepladder review` printed in the terminal")
            return None
        return rest

    def _refuse(self, status: HTTPStatus, told: str) -> None:
        """Say no, and close: the body of the request, if any, is not read."""
        self.close_connection = True
        self._json(status, {"error": told})

    def _json(self, status: HTTPStatus, value: Any) -> None:
        self._send(status, "application/json", json_text(value).encode(), {})

    def _send(self, status: HTTPStatus, kind: str, body: bytes, more: dict[str, str]) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", **more,
        }  # fmt: skip
        headers |= {"Connection": "close"} if self.close_connection else {}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the terminal is for what a person wants to know."""
