"""The answers of an endpoint to many rows: several requests at a time, each answer kept as soon as it is there."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

from stepladder import console
from stepladder.endpoint import Endpoint, Reply, RequestFailed
from stepladder.records import Row

from .memory import Memory
from .response import Response
from .rung import Ask

GIVE_UP = 8
"""Failures in a row after which the other rows are not asked: a server that is down costs minutes, not hours."""

Count = Callable[[Ask, Row, str], tuple[int, int]]


def ask_endpoint(
    endpoint: Endpoint, rows: Sequence[Row], asks: Sequence[Ask], memory: Memory, *, limit: int, count: Count
) -> list[Response]:
    """One response a row, in order. A row without a reply is in error, and is asked again by the next run.

    `count(ask, row, text)` gives tokens in and out where the endpoint tells none.

    Raises:
        UserError: a fault that every request would meet; what was answered before is kept.
    """
    bodies = [endpoint.body(ask.messages, row.tools, limit) for ask, row in zip(asks, rows, strict=True)]
    keys = [_key(endpoint, body) for body in bodies]
    todo = list({key: i for i, key in enumerate(keys) if key not in memory}.values())  # equal requests are sent once
    failed: dict[str, Response] = {}
    if todo:
        with console.track(endpoint.name, len(todo), "answers") as advance:
            for i, result in _sent(endpoint, {i: bodies[i] for i in todo}):
                if isinstance(result, Reply):
                    memory.keep(keys[i], vars(_response(result, count(asks[i], rows[i], result.text))))
                else:
                    failed[keys[i]] = Response("", None, 0, 0, 0.0, 0.0, False, "error", result)
                advance()
    return [failed[key] if key in failed else Response(**memory[key]) for key in keys]


def _sent(endpoint: Endpoint, bodies: dict[int, dict[str, Any]]) -> Iterator[tuple[int, Reply | str]]:
    """(place, reply or the reason why there is none), as they come in."""
    pool = ThreadPoolExecutor(endpoint.config.concurrency)
    places: dict[Future[Reply], int] = {pool.submit(endpoint.complete, body): i for i, body in bodies.items()}
    running = 0
    try:
        for future in as_completed(places):
            result = _result(future)
            running = 0 if isinstance(result, Reply) else running + 1
            if running == GIVE_UP:
                for waiting in places:
                    waiting.cancel()
            yield places[future], result
    finally:
        endpoint.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        endpoint.stop.clear()


def _result(future: Future[Reply]) -> Reply | str:
    if future.cancelled():
        return f"not asked, since {GIVE_UP} requests in a row failed"
    try:
        return future.result()
    except RequestFailed as failure:
        return str(failure)


def _response(reply: Reply, counted: tuple[int, int]) -> Response:
    told = reply.tokens_in is not None and reply.tokens_out is not None
    tokens = (reply.tokens_in or 0, reply.tokens_out or 0) if told else counted
    status, reason = ("refused", "the endpoint says so") if reply.refused else ("ok", "")
    return Response(
        reply.text, None, *tokens, reply.seconds, reply.seconds, reply.stopped, status, reason, estimated=not told
    )


def _key(endpoint: Endpoint, body: dict[str, Any]) -> str:
    """The request and where it goes; the key of the API is no part of it."""
    parts = {"endpoint": endpoint.config.base_url, "body": body}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
