"""A model behind an OpenAI-compatible API: one request, tried again where that can help, and its reply."""

import contextlib
import http.client
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message as Headers
from typing import Any

from stepladder import __version__
from stepladder.config import EndpointConfig
from stepladder.errors import UserError
from stepladder.records import Message

TRIES = 5
"""Requests a row at most: with waits of 1, 2, 4 and 8 s, as long as a rate limit of a minute is seldom exceeded."""
FIRST_WAIT = 1.0
"""Seconds before the second try; doubled each time, and drawn between half and all of it so that threads spread out."""
LONGEST_WAIT = 60.0
"""No wait is longer, whatever the server's Retry-After asks for."""
_PASSING = {408, 409, 425, 429}  # and 5xx: the same request may succeed later
_SETTING = {401, 403, 404}  # no row can succeed: the key, the address or the model's name is wrong
_LARGEST = 16_000_000  # bytes of a reply


@dataclass(frozen=True)
class Reply:
    """`tokens_*` are None where the endpoint tells no usage; `seconds` is the successful request's own time."""

    text: str
    refused: bool
    stopped: bool
    tokens_in: int | None
    tokens_out: int | None
    seconds: float


class RequestFailed(Exception):
    """A row got no reply; the message says why, without the key."""


class _Passing(Exception):
    """A fault that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key along to wherever a redirect points."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


class Endpoint:
    """POST {base_url}/chat/completions. `stop` ends all waits between tries, so that an interrupted run ends soon."""

    def __init__(self, name: str, config: EndpointConfig) -> None:
        """Read the key from its environment variable.

        Raises:
            UserError: the variable is not set.
        """
        self.name, self.config = name, config
        self.stop = threading.Event()
        self._key = os.environ.get(config.api_key_env, "") if config.api_key_env else ""
        if config.api_key_env and not self._key:
            raise UserError(name, f"the environment variable {config.api_key_env} is not set", "Put the key in it")
        self._opener = urllib.request.build_opener(_NoRedirect)

    def body(self, messages: Sequence[Message], tools: Any, limit: int) -> dict[str, Any]:
        """The request: greedy, at most `limit` tokens; the endpoint's `body` wins, and a null there takes a field out."""
        fields = {"model": self.config.model, "messages": list(messages), "max_tokens": limit, "temperature": 0}
        if tools is not None:
            fields["tools"] = tools
        return {k: v for k, v in {**fields, **self.config.body}.items() if v is not None}

    def complete(self, body: Mapping[str, Any]) -> Reply:
        """The reply to a request.

        Raises:
            RequestFailed: no reply after `TRIES` tries, or a fault of this request alone.
            UserError: a fault that every request would meet, such as a wrong key.
        """
        for number in range(TRIES):
            try:
                return self._once(body)
            except _Passing as fault:
                if number + 1 == TRIES:
                    raise RequestFailed(f"{fault} ({TRIES} tries)") from fault
                longest = FIRST_WAIT * 2**number
                wait = fault.wait if fault.wait is not None else longest * random.uniform(0.5, 1)
                if self.stop.wait(min(wait, LONGEST_WAIT)):
                    raise RequestFailed("interrupted") from fault
        raise AssertionError("unreachable")

    def _once(self, body: Mapping[str, Any]) -> Reply:
        headers = {"Content-Type": "application/json", "User-Agent": f"stepladder/{__version__}"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = json.dumps(body).encode()
        url = f"{self.config.base_url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(url, data, headers, method="POST")
        started = time.perf_counter()
        try:
            with self._opener.open(request, timeout=self.config.timeout) as answer:
                text = answer.read(_LARGEST)
        except urllib.error.HTTPError as error:
            raise self._fault(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise _Passing(self._clean(f"no reply from {self.config.base_url}: {_words(error)}")) from None
        return _reply(text, time.perf_counter() - started)

    def _fault(self, error: urllib.error.HTTPError) -> Exception:
        said = f"HTTP {error.code}: {self._clean(_message_of(error))}"
        if error.code in _PASSING or error.code >= 500:
            return _Passing(said, _seconds(error.headers))
        if error.code in _SETTING:
            todo = "Check base_url, model and the key in api_key_env"
            return UserError(self.name, said, todo)
        return RequestFailed(said)

    def _clean(self, text: str) -> str:
        """Servers may repeat the key in their complaint."""
        return text.replace(self._key, "[key]") if self._key else text


def _reply(text: bytes, seconds: float) -> Reply:
    """https://platform.openai.com/docs/api-reference/chat/object; a body that is not one counts as a passing fault."""
    try:
        document = json.loads(text)
        choice = document["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        refusal = message.get("refusal")
        said = _text(refusal or message.get("content"))
        usage = document.get("usage") or {}
        counts = [
            int(n) if isinstance(n := usage.get(k), int) else None for k in ("prompt_tokens", "completion_tokens")
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _Passing("the reply is no chat completion") from None
    refused = bool(refusal) or finish == "content_filter"
    return Reply(said.strip(), refused, finish != "length", counts[0], counts[1], seconds)


def _text(content: Any) -> str:
    """Text, or the text parts of a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content if isinstance(content, str) else ""


def _message_of(error: urllib.error.HTTPError) -> str:
    """The server's own words, 200 characters at most."""
    try:
        text = error.read(10_000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return str(error.reason)
    with contextlib.suppress(ValueError, LookupError, TypeError):
        text = json.loads(text)["error"]["message"]
    return " ".join(str(text).split())[:200] or str(error.reason)


def _seconds(headers: Headers) -> float | None:
    """Retry-After in seconds; its other form, a date, is left to our own waits (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _words(error: BaseException) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__
