"""Responses rated by a model behind an OpenAI-compatible API."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stepladder import console
from stepladder.config import EndpointConfig, PriceConfig
from stepladder.endpoint import Endpoint, Reply, RequestFailed
from stepladder.records import Message, Row, content_id

from ..text import answer_text, content_of
from .rows_judged import Judged
from .store import Store

_TASK = (
    "You rate training examples for an assistant. Read the conversation and the response, then judge the response alone: "
    "is it right, does it do what the last turn asks, is anything missing, is anything in it that was not asked for? "
    "A short response that is right is as good as a long one. 5: nothing to improve. 4: small flaws. 3: of some use. "
    "2: mostly wrong or beside the point. 1: wrong, harmful or empty. Write one digit from 1 to 5 and nothing else."
)
_FIGURE = re.compile(r"\D*([1-5](?:\.\d+)?)(?:\s*/\s*5)?\D*")
_LIMIT = 16  # tokens of the reply
_GIVE_UP = 8  # failures in a row after which nobody else is asked


class EndpointJudge:
    """A figure from 1 to 5 a row, asked once and kept in the user's cache; a row that fails is asked again by the next run.

    LLM ratings lean to short, checkable responses (AlpaGasus' best of Alpaca have a median of 15 words against 31,
    research/curation.md section 4), which the task names; how far they still do is in summary.json under `selectors`.
    """

    name = "judge"

    def __init__(self, config: EndpointConfig, prices: PriceConfig) -> None:
        """Raises UserError where the variable that holds the key is not set."""
        self._endpoint = Endpoint("curate.judge", config)
        self._prices = prices
        self._store = Store(f"judge-{content_id([config.base_url, config.model, _TASK])}")

    def of(self, rows: Sequence[Row]) -> Judged:
        """Ask for what is not known, several at a time.

        Raises:
            UserError: a fault that every request would meet, such as a wrong key; what was rated before is kept.
        """
        bodies = {row.id: self._endpoint.body(_question(row), None, _LIMIT) for row in rows}
        keys = {row_id: content_id(body) for row_id, body in bodies.items()}
        todo = {keys[row_id]: bodies[row_id] for row_id in bodies if keys[row_id] not in self._store}
        reasons = self._ask(todo) if todo else {}
        known = {row_id: self._store[key] for row_id, key in keys.items() if key in self._store}
        failed = {row_id: reasons.get(key, "not asked") for row_id, key in keys.items() if key not in self._store}
        scores = {row_id: float(entry["rating"]) for row_id, entry in known.items()}
        return Judged(scores, failed, self._cost([self._store[key] for key in todo if key in self._store], len(todo)))

    def _ask(self, todo: dict[str, dict[str, Any]]) -> dict[str, str]:
        """Keep each rating as it comes in; returns key -> reason for those that did not come."""
        failed: dict[str, str] = {}
        running = 0
        with (
            ThreadPoolExecutor(self._endpoint.config.concurrency) as pool,
            console.track("asking the judge", len(todo)) as advance,
        ):
            futures = {key: pool.submit(self._rated, body) for key, body in todo.items()}
            try:
                for key, future in futures.items():
                    if running >= _GIVE_UP and future.cancel():
                        failed[key] = f"not asked, since {_GIVE_UP} requests in a row failed"
                        continue
                    found = future.result()
                    running = running + 1 if isinstance(found, str) else 0
                    if isinstance(found, str):
                        failed[key] = found
                    else:
                        self._store.keep(key, found)
                    advance()
            except BaseException:
                self._endpoint.stop.set()  # no waiting between tries any more
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return failed

    def _rated(self, body: dict[str, Any]) -> dict[str, Any] | str:
        try:
            reply = self._endpoint.complete(body)
        except RequestFailed as failure:
            return str(failure)
        rating = rating_of(reply)
        if rating is None:
            return f"the judge gave no figure from 1 to 5: '{' '.join(reply.text.split())[:60]}'"
        return {"rating": rating, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}

    def _cost(self, asked: Sequence[dict[str, Any]], requests: int) -> dict[str, Any]:
        """What this run took; tokens and price are None where the endpoint tells no usage or no price is known."""
        told = all(entry["tokens_in"] is not None and entry["tokens_out"] is not None for entry in asked)
        tokens = [sum(entry[name] for entry in asked) if told else None for name in ("tokens_in", "tokens_out")]
        out = {"requests": requests, "rated": len(asked), "tokens_in": tokens[0], "tokens_out": tokens[1]}
        prices = (self._prices.input_per_million, self._prices.output_per_million)
        if told and None not in prices:
            spent = sum((count or 0) * (price or 0) for count, price in zip(tokens, prices, strict=True)) / 1e6
            return {**out, "price": round(spent, 6), "currency": self._prices.currency}
        return out


def rating_of(reply: Reply) -> float | None:
    """The figure that the reply consists of, words around it aside; None where there is none or more than one."""
    found = _FIGURE.fullmatch(reply.text.strip())
    return min(float(found[1]), 5.0) if found and not reply.refused else None


def _question(row: Row) -> list[Message]:
    turns = "\n\n".join(f"[{message['role']}]\n{content_of(message)}" for message in row.prompt)
    asked = f"{turns}\n\n[response to rate]\n{answer_text(row)}"
    return [Message(role="system", content=_TASK), Message(role="user", content=asked)]
