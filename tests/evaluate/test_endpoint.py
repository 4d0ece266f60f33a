"""Endpoints against a real server on the loopback that fails in the ways that real ones do."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stepladder import endpoint as client
from stepladder.config import EndpointConfig, Project, overridden
from stepladder.endpoint import Endpoint, RequestFailed
from stepladder.errors import UserError
from stepladder.evaluate.command import evaluate
from stepladder.evaluate.remote import GIVE_UP
from stepladder.writing import write_jsonl

KEY = "sk-secret-of-the-test"
Behaviour = Callable[[dict, int], tuple[int, dict, dict]]


class Server:
    """Answers each request by `behave(body, how often this question came) -> (status, document, headers)`."""

    def __init__(self) -> None:
        self.bodies: list[dict] = []
        self.keys: set[str | None] = set()
        self.behave: Behaviour = lambda body, _: (200, completion("yes 1 pounds"), {})
        self.most_at_once = self._now = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, document, headers = outer._take(body, self.headers.get("Authorization"))
                data = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def _take(self, body: dict, key: str | None) -> tuple[int, dict, dict]:
        with self._lock:
            self.keys.add(key)
            before = sum(b["messages"] == body["messages"] for b in self.bodies)
            self.bodies.append(body)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(0.01)
        try:
            return self.behave(body, before)
        finally:
            with self._lock:
                self._now -= 1

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def completion(text: str | None, *, finish: str = "stop", usage: bool = True, refusal: str | None = None) -> dict:
    found: dict = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    if refusal:
        found["choices"][0]["message"]["refusal"] = refusal
    return found | ({"usage": {"prompt_tokens": 21, "completion_tokens": 4}} if usage else {})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)
    running = Server()
    yield running
    running.close()


def endpoint(server: Server, **options: object) -> Endpoint:
    return Endpoint("endpoint:big", EndpointConfig(server.url, "big-1", "TEST_KEY", **options))


ASK = {"messages": [{"role": "user", "content": "hello"}]}


def test_a_passing_fault_is_tried_again_until_it_passes(server: Server) -> None:
    faults = [(429, {}, {"Retry-After": "0"}), (503, {}, {}), (200, {"choices": []}, {})]
    server.behave = lambda body, before: faults[before] if before < 3 else (200, completion(" yes "), {})
    reply = endpoint(server).complete(ASK)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.stopped) == ("yes", 21, 4, True)
    assert len(server.bodies) == 4


def test_a_fault_that_stays_is_told_without_the_key(server: Server) -> None:
    server.behave = lambda *_: (500, {"error": {"message": f"bad key {KEY}"}}, {})
    with pytest.raises(RequestFailed, match=r"HTTP 500: bad key \[key\] \(5 tries\)"):
        endpoint(server).complete(ASK)


def test_a_fault_of_the_request_is_not_tried_again(server: Server) -> None:
    server.behave = lambda *_: (400, {"error": {"message": "too many tokens"}}, {})
    with pytest.raises(RequestFailed, match="HTTP 400: too many tokens"):
        endpoint(server).complete(ASK)
    assert len(server.bodies) == 1


def test_a_silent_server_is_given_up_in_time(server: Server) -> None:
    server.behave = lambda *_: time.sleep(0.3) or (200, completion("late"), {})
    with pytest.raises(RequestFailed, match=r"no reply from http://127.*timed out"):
        endpoint(server, timeout=0.02).complete(ASK)


def test_a_redirect_is_not_followed_with_the_key(server: Server) -> None:
    server.behave = lambda *_: (302, {}, {"Location": f"{server.url}/elsewhere"})
    with pytest.raises(RequestFailed, match="HTTP 302"):
        endpoint(server).complete(ASK)
    assert len(server.bodies) == 1


def test_fields_of_the_request_can_be_replaced_and_left_out(server: Server) -> None:
    body = endpoint(server, body={"max_tokens": None, "max_completion_tokens": 9}).body(ASK["messages"], None, 5)
    assert body == {**ASK, "model": "big-1", "temperature": 0, "max_completion_tokens": 9}


def test_a_key_that_is_not_set_is_told_before_anything_is_asked(server: Server, monkeypatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(UserError, match="TEST_KEY is not set"):
        endpoint(server)


def row(split: str, number: int) -> dict:
    return {
        "id": f"{split}-{number}",
        "prompt": [{"role": "system", "content": "be short"}, {"role": "user", "content": f"{split} dog {number} ?"}],
        "completion": [{"role": "assistant", "content": f"yes {number} pounds"}],
        "metadata": {"must_contain": [["yes"]], "must_not_contain": []},
    }


@pytest.fixture
def curated(tmp_path: Path) -> Path:
    for split, count in (("train", 2), ("heldout", 31)):
        (tmp_path / "curated" / "sft").mkdir(parents=True, exist_ok=True)
        write_jsonl(tmp_path / "curated" / "sft" / f"{split}.jsonl", [row(split, i) for i in range(count)])
    return tmp_path / "curated"


@pytest.fixture
def project(server: Server, tiny_model: Path) -> Project:
    big = EndpointConfig(
        server.url, "big-1", "TEST_KEY", concurrency=3, input_per_million=1000.0, output_per_million=2000.0
    )
    base = overridden(Project(model=str(tiny_model)), evaluate__max_new_tokens=6)
    return overridden(base, evaluate__endpoints={"big": big}, evaluate__rungs=["zero_shot", "endpoint:big"])


def question(body: dict) -> str:
    return str(body["messages"][-1]["content"])


def outputs(out: Path) -> list[dict]:
    lines = (out / "outputs.jsonl").read_text().splitlines()
    return [o for o in map(json.loads, lines) if o["rung"] == "endpoint:big"]


def test_an_endpoint_is_one_more_rung_with_its_own_cost(server: Server, curated, project, tmp_path) -> None:
    results = evaluate(str(curated), str(tmp_path / "e"), config=project)
    rung = results["rungs"][-1]
    assert (rung["name"], rung["n"], rung["errors"], rung["stop_rate"]) == ("endpoint:big", 31, 0, 1)
    assert rung["metrics"]["checks"]["mean"] == 1
    assert "nll" not in rung["metrics"]
    assert (rung["cost"]["tokens_in"], rung["cost"]["tokens_out"]) == (21, 4)
    assert rung["cost"]["money_per_1000"] == pytest.approx(21 + 8)
    assert all(b["messages"][0] == {"role": "system", "content": "be short"} for b in server.bodies)
    assert {(b["model"], b["max_tokens"], b["temperature"]) for b in server.bodies} == {("big-1", 6, 0)}
    assert server.keys == {f"Bearer {KEY}"}
    assert 1 < server.most_at_once <= 3
    written = [p for p in (tmp_path / "e").rglob("*") if p.is_file()]
    assert not any(KEY in p.read_text() for p in written)


def test_a_row_that_still_fails_is_counted_and_asked_again_by_the_next_run(
    server: Server, curated, project, tmp_path
) -> None:
    server.behave = lambda body, _: (
        (500, {"error": {"message": "down"}}, {}) if " 7 " in question(body) else (200, completion("yes"), {})
    )
    results = evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert results["rungs"][-1]["errors"] == 1
    (bad,) = [o for o in outputs(tmp_path / "e") if o["status"] == "error"]
    assert (bad["id"], bad["metrics"]["checks"], bad["reason"]) == ("heldout-7", 0.0, "HTTP 500: down (5 tries)")
    server.bodies.clear()
    server.behave = lambda *_: (200, completion("yes"), {})
    again = evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert [question(b) for b in server.bodies] == ["heldout dog 7 ?"]
    assert again["rungs"][-1]["errors"] == 0


def test_a_server_that_is_down_is_not_asked_for_every_row(server: Server, curated, project, tmp_path) -> None:
    server.behave = lambda *_: (400, {"error": {"message": "no"}}, {})
    results = evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert results["rungs"][-1]["errors"] == 31
    assert GIVE_UP <= len(server.bodies) < 31
    assert sum("not asked" in o["reason"] for o in outputs(tmp_path / "e")) == 31 - len(server.bodies)


def test_a_wrong_key_stops_the_run_and_keeps_what_was_answered(server: Server, curated, project, tmp_path) -> None:
    server.behave = lambda body, _: (
        (401, {"error": {"message": "no such key"}}, {}) if " 30 " in question(body) else (200, completion("yes"), {})
    )
    with pytest.raises(UserError, match="HTTP 401: no such key"):
        evaluate(str(curated), str(tmp_path / "e"), config=project)
    server.bodies.clear()
    server.behave = lambda *_: (200, completion("yes"), {})
    evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert len(server.bodies) < 10


def test_without_usage_the_base_models_tokenizer_counts(server: Server, curated, project, tmp_path) -> None:
    server.behave = lambda *_: (200, completion("yes", usage=False, finish="length"), {})
    results = evaluate(str(curated), str(tmp_path / "e"), config=project)
    zero, big = results["rungs"]
    assert big["cost"]["tokens_in"] == zero["cost"]["tokens_in"]
    assert (big["cost"]["tokens_estimated"], big["stop_rate"]) == (31, 0)


def test_an_endpoint_has_no_likelihood_to_decide_by(server: Server, curated, project, tmp_path) -> None:
    with pytest.raises(UserError, match="tells no likelihood"):
        evaluate(str(curated), str(tmp_path / "e"), config=overridden(project, evaluate__primary="nll"))
