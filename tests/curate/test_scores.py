"""Scores: of text, by the model that is trained, by a judge; one order out of them, beside length and chance."""

import json
import math
import random
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepladder import endpoint as client
from stepladder.config import CurateConfig, JudgeConfig, Project, load_project
from stepladder.curate.command import curate
from stepladder.curate.scores import losses as losses_module
from stepladder.curate.scores.combined import average_ranks, combined, ranks
from stepladder.curate.scores.ifd import length_residual
from stepladder.curate.scores.judge import rating_of
from stepladder.curate.scores.losses import Job, Losses, batches, forward
from stepladder.curate.scores.richness import richness
from stepladder.curate.scores.selectors import drawn, selectors, spearman
from stepladder.curate.scores.slop import _ANCHORS, _PHRASES, slop
from stepladder.curate.scores.specificity import has_name, specificity
from stepladder.curate.scores.store import Store
from stepladder.curate.scores.structure import structure
from stepladder.curate.text import words
from stepladder.endpoint import Reply
from stepladder.errors import UserError
from stepladder.records import Message, Row, Source

# Of the text alone


def naive_mattr(tokens: list[str], window: int) -> float:
    runs = [tokens[i : i + window] for i in range(len(tokens) - window + 1)]
    return sum(len(set(run)) / window for run in runs) / len(runs)


def test_richness_is_the_mean_over_all_runs_of_one_length() -> None:
    rng = random.Random(0)
    for size in (20, 21, 57):
        tokens = [rng.choice("abcdefghijklmnop") for _ in range(size)]
        assert richness(tokens) == pytest.approx(naive_mattr(tokens, 20))
    assert richness(["A", "a"] * 20) == pytest.approx(1 / 20)
    assert richness(["a"] * 19) is None


def test_richness_does_not_fall_as_a_text_grows() -> None:
    rng = random.Random(1)
    vocabulary = [f"w{i}" for i in range(200)]
    means = [np.mean([richness(rng.choices(vocabulary, k=n)) or 0 for _ in range(60)]) for n in (25, 100, 400)]
    assert max(means) - min(means) < 0.01


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("It costs 4.50 for each dog.", 1 / 7),
        ("We meet Anna there today.", 1 / 5),
        ('Press "save as" and wait now please.', 1 / 7),
        ("Write to a@b.org or call today then.", 1 / 9),
        ("Here is what I'd do. Then I stop.", 0.0),
        ("First line here\nSecond line here", 0.0),
        ("It is 5 MB big.", 1 / 5),
    ],
)
def test_specific_is_what_can_be_looked_up(text: str, share: float) -> None:
    assert specificity(text, len(words(text))) == pytest.approx(share)


def test_a_text_without_words_has_no_specificity() -> None:
    assert specificity("😀", 0) is None
    assert has_name("See Bergen.")
    assert not has_name("See it. Then go.")


def test_laid_out_lines_are_structure_and_prose_is_not() -> None:
    assert structure("Two things:\n- one\n- two\nSource: fares") == 3 / 4
    assert structure("```py\na = 1\n```") == 1
    assert structure("Use `x` here.") == 0
    assert structure("") == 0


SLOP = [
    "It is important to note that rain falls.",
    "In today's fast-paced world we hurry.",
    "It is a testament to care.",
    "Navigating the complexities of tax is hard.",
    "Unlock your full potential now.",
    "Embark on a culinary journey.",
    "Salt plays a crucial role here.",
    "I hope this helps!",
    "Great question, thank you.",
    "Feel free to reach out.",
    "Don't hesitate to ask.",
    "Certainly! Here it is.",
    "Let me know if you have any more.",
    "This is a game-changer.",
    "In conclusion, eat well.",
    "Let us dive deep into it.",
    "We delve into soup.",
]


@pytest.mark.parametrize("text", SLOP)
def test_worn_phrases_are_counted(text: str) -> None:
    assert slop(text, words(text)) == pytest.approx(100 / len(words(text)))


def test_plain_words_that_only_share_a_word_with_a_worn_phrase_are_not_counted() -> None:
    for text in (
        "The world record stands.",
        "Put it into the oven.",
        "This is important.",
        "Is it worth it?",
        "Das ist wichtig.",
    ):
        assert slop(text, words(text)) == 0
    assert all(not _ANCHORS.isdisjoint(w.lower() for w in words(t)) for t in SLOP if _PHRASES.search(t.lower()))


# By the model


def sft(prompt: str, answer: str, id: str = "a") -> Row:
    turns = (Message(role="user", content=prompt),)
    return Row(id, "sft", turns, {"completion": (Message(role="assistant", content=answer),)}, source=Source("f", 1))


def pair(prompt: str, chosen: str, rejected: str, id: str = "p") -> Row:
    sides = {n: (Message(role="assistant", content=t),) for n, t in (("chosen", chosen), ("rejected", rejected))}
    return Row(id, "preference", (Message(role="user", content=prompt),), sides, source=Source("f", 1))


VOCABULARY = "the ferry leaves at nine and ten from north to south bring your dog on a lead for four pounds"


def some_rows(count: int) -> list[Row]:
    rng = random.Random(3)
    vocabulary = VOCABULARY.split()
    text = lambda low, high: " ".join(rng.choices(vocabulary, k=rng.randint(low, high)))  # noqa: E731
    rows = [sft(text(1, 30), text(1, 60), f"s{i}") for i in range(count)]
    return [*rows, *(pair(text(3, 9), text(1, 20), text(1, 20), f"p{i}") for i in range(4))]


def by_hand(model: Any, context: tuple[int, ...], labels: tuple[int, ...]) -> float:
    """One row by itself, unpadded, all logits."""
    import torch

    with torch.no_grad():
        logits = model(torch.tensor([[*context, *labels]])).logits[0].log_softmax(dim=-1)
    return -sum(float(logits[len(context) + i - 1, label]) for i, label in enumerate(labels)) / len(labels)


def test_losses_in_batches_are_those_of_each_row_by_itself(tiny_model: Path) -> None:
    losses, rows = Losses(str(tiny_model), 512), some_rows(40)
    found = losses.of(rows)
    assert len(list(batches([job for row in rows for job in losses.jobs(row).values()]))) > 1
    for row in rows:
        jobs = losses.jobs(row)
        assert set(jobs) == {"loss", "loss_alone"} | ({"loss_rejected"} if row.kind == "preference" else set())
        for name, job in jobs.items():
            assert found[row.id][name] == pytest.approx(by_hand(losses._model, job.context, job.labels), abs=1e-4)


def test_both_losses_are_over_the_same_tokens_and_alone_has_the_opening_before_it(tiny_model: Path) -> None:
    losses = Losses(str(tiny_model), 512)
    jobs = losses.jobs(sft("when does it leave ?", "at nine ."))
    assert jobs["loss"].labels == jobs["loss_alone"].labels
    assert losses._tokenizer.decode(jobs["loss_alone"].context) == "<|im_start|>assistant\n"
    assert losses._tokenizer.decode(jobs["loss"].labels) == "at nine .<|im_end|>"
    losses._tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    del losses._opening
    assert losses._tokenizer.decode(losses._opening) == "<|im_start|>"  # the token that begins a text


def test_a_row_that_training_would_cut_has_no_loss(tiny_model: Path) -> None:
    losses = Losses(str(tiny_model), 60)
    assert losses.of([sft("hello", "hello " * 80, "long"), sft("hello", "hello", "short")]).keys() == {"short"}


def test_batches_keep_to_their_size_and_lose_nothing() -> None:
    rng = random.Random(0)
    jobs = [Job((1,) * rng.randint(1, 400), (n,) * rng.randint(1, 300)) for n in range(200)]
    made = list(batches(jobs))
    assert sorted(job.key for batch in made for job in batch) == sorted(job.key for job in jobs)
    for batch in made:
        longest = max(len(job.context) + len(job.labels) for job in batch)
        labels = max(len(job.labels) for job in batch)
        assert len(batch) == 1 or (len(batch) * longest <= 2048 and len(batch) * labels <= 1024)
    assert all(len(b[0].context) + len(b[0].labels) >= len(c[0].context) + len(c[0].labels) for b, c in pairwise(made))


def test_a_killed_run_computes_only_what_is_missing(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, calls = some_rows(30), []

    def killed(model: Any, batch: list[Job]) -> list[float]:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(len(batch))
        return forward(model, batch)

    monkeypatch.setattr(losses_module, "forward", killed)
    monkeypatch.setattr(losses_module, "_BATCH_TOKENS", 300)
    with pytest.raises(KeyboardInterrupt):
        Losses(str(tiny_model), 512).of(rows)
    kept = sum(calls)
    assert kept
    again: list[Job] = []
    monkeypatch.setattr(losses_module, "forward", lambda model, batch: again.extend(batch) or forward(model, batch))
    second = Losses(str(tiny_model), 512)
    wanted = {job.key for row in rows for job in second.jobs(row).values()}
    second.of(rows)
    assert len(again) == len(wanted) - kept
    monkeypatch.setattr(losses_module, "forward", lambda *_: pytest.fail("everything is known"))
    third = Losses(str(tiny_model), 512)
    third.of(rows)
    assert "_model" not in third.__dict__


def test_a_line_cut_off_by_a_kill_is_left_out_of_the_store() -> None:
    Store("x").keep("a", {"loss": 1.0})
    file = Store("x")._file
    file.write_text(file.read_text() + '{"key": "b", "lo')
    assert "a" in Store("x")
    assert "b" not in Store("x")
    Store("x").keep("c", {"loss": 2.0})
    assert Store("x")["c"] == {"loss": 2.0}


def test_the_residual_of_a_length_effect_is_nothing() -> None:
    lengths = [3.0, 10.0, 40.0, 200.0]
    assert length_residual([2 - 0.3 * math.log(n) for n in lengths], lengths) == pytest.approx([0] * 4, abs=1e-9)
    assert length_residual([1.0, 2.0], [5.0, 5.0]) == pytest.approx([-0.5, 0.5])


def ledger(out: Path) -> dict[str, dict[str, Any]]:
    return {e["id"]: e for e in map(json.loads, (out / "ledger.jsonl").read_text(encoding="utf-8").splitlines())}


def written(rows: list[Row], tmp_path: Path) -> str:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row.to_json()) + "\n" for row in rows), encoding="utf-8")
    return str(tmp_path / "rows.jsonl")


def words_only(**more: Any) -> Project:
    return Project(curate=CurateConfig(embedder="none", **more))


def test_curate_scores_rows_with_the_model_and_drops_none_for_it(tiny_model: Path, tmp_path: Path) -> None:
    rows, out = some_rows(40), tmp_path / "out"
    data = written(rows, tmp_path)
    summary = curate([data], str(out), model=str(tiny_model), config=words_only(), scores="model")
    plain = curate([data], str(tmp_path / "plain"), model=str(tiny_model), config=words_only())
    assert {n: summary[n] for n in ("kept", "review", "dropped")} == {
        n: plain[n] for n in ("kept", "review", "dropped")
    }
    entries = ledger(out)
    scored = [e for e in entries.values() if e["verdict"] != "drop"]
    for entry in scored:
        found = entry["scores"]
        assert found["ifd"] == pytest.approx(found["loss"] / found["loss_alone"], abs=1e-3)
        assert found["combined"] == pytest.approx(sum(entry["ranks"].values()) / len(entry["ranks"]), abs=1e-4)
        noted = any(r["code"] == "low_score" and "IFD" in r["detail"] for r in entry["reasons"])
        assert noted == (found["ifd"] > 1)
        if entry["kind"] == "preference":
            assert found["margin"] == pytest.approx(found["loss_rejected"] - found["loss"], abs=2e-4)
    assert {"ifd", "ifd_residual", "combined"} <= summary["selectors"]["scores"].keys()
    assert "ifd would choose" in summary["selectors"]["sentence"]
    assert {r["action"] for e in scored for r in e["reasons"] if r["code"] == "low_score"} <= {"note"}
    assert "What each score would choose" in (out / "report.html").read_text(encoding="utf-8")


def test_scores_by_a_model_need_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model is given"):
        curate([written(some_rows(1), tmp_path)], str(tmp_path / "out"), scores="model")


# One order, beside length and chance


def test_ranks_share_ties_and_point_the_good_way() -> None:
    found = ranks([{"richness": 0.9, "slop": 0.0}, {"richness": 0.5, "slop": 0.0}, {"slop": 3.0}, {}])
    assert found == [
        {"richness": 0.75, "slop": 0.6667},
        {"richness": 0.25, "slop": 0.6667},
        {"slop": 0.1667},
        {},
    ]
    assert combined(found[0]) == pytest.approx(0.7083, abs=1e-4)
    assert combined({}) is None
    assert list(average_ranks(np.array([3.0, 1.0, 3.0]))) == [2.5, 1.0, 2.5]


def test_a_row_whose_prompt_is_in_the_way_ranks_last() -> None:
    rows = [{"ifd": 1.2, "ifd_residual": 0.5}, {"ifd": 0.8, "ifd_residual": 0.1}, {"ifd": 0.6, "ifd_residual": -0.2}]
    assert [r["ifd_residual"] for r in ranks(rows)] == [0.1667, 0.8333, 0.5]


def test_a_selector_that_is_length_is_shown_as_length() -> None:
    rows = [{"response_words": float(n), "ifd": n / 100, "specificity": 0.5} for n in range(100)]
    found = selectors(rows)
    assert found["ifd"]["length_correlation"] == 1
    assert found["ifd"]["overlap_longest"] == 1
    assert found["ifd"]["overlap_random"]["share"] == 0.1
    assert found["specificity"]["length_correlation"] is None
    assert found["specificity"]["overlap_longest"] == pytest.approx(0.1)  # all tie: a draw
    assert selectors(rows[:19]) == {}


def test_the_range_of_a_draw_is_the_hypergeometric_one() -> None:
    from scipy.stats import hypergeom

    for n, top in ((20, 2), (100, 10), (650, 65)):
        assert drawn(n, top) == (hypergeom.ppf(0.025, n, top, top), hypergeom.ppf(0.975, n, top, top))


def test_spearman_is_scipys() -> None:
    from scipy.stats import spearmanr

    a, b = np.array([1.0, 2, 2, 5, 3]), np.array([2.0, 1, 4, 4, 4])
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)


# By a judge


class Server:
    """A chat-completions server: `behave(body, how often it came before) -> (status, text)`."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.keys: set[str | None] = set()
        self.behave: Callable[[Any, int], tuple[int, str]] = lambda body, before: (200, "4")
        outer, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    before = outer.bodies.count(body)
                    outer.bodies.append(body)
                    outer.keys.add(self.headers.get("Authorization"))
                status, text = outer.behave(body, before)
                document = {
                    "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 100, "completion_tokens": 1},
                }
                data = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def asked(body: Any) -> str:
    return str(body["messages"][-1]["content"])


ROWS = [
    sft(f"Which port is number {word}?", f"It is the port of {word}, on the quay.", word)
    for word in ("Ark", "Bow", "Cay")
]


def test_the_judge_rates_each_row_once_and_its_tokens_are_counted(server: Server, tmp_path: Path) -> None:
    server.behave = lambda body, before: (
        (503, "") if "Bow" in asked(body) and before == 0 else (200, " 2/5" if "Ark" in asked(body) else "5")
    )
    config = words_only(judge=JudgeConfig("m", server.url))
    data, out = written(ROWS, tmp_path), tmp_path / "out"
    summary = curate([data], str(out), config=config)
    entries = ledger(out)
    assert {i: entries[i]["scores"]["judge"] for i in entries} == {"Ark": 2, "Bow": 5, "Cay": 5}
    assert [r["detail"] for r in entries["Ark"]["reasons"]] == ["the judge gives it 2 of 5"]
    assert entries["Ark"]["verdict"] == "keep"
    assert summary["selectors"]["judge"] == {"requests": 3, "rated": 3, "tokens_in": 300, "tokens_out": 3}
    assert len(server.bodies) == 4
    curate([data], str(out), config=config)
    assert len(server.bodies) == 4  # all from the cache


def test_a_row_that_the_judge_fails_on_says_why_and_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.behave = lambda body, before: (
        (500, "") if "Bow" in asked(body) else (200, "fine, I think" if "Cay" in asked(body) else "4")
    )
    data, out, config = written(ROWS, tmp_path), tmp_path / "out", words_only(judge=JudgeConfig("m", server.url))
    summary = curate([data], str(out), config=config)
    entries = ledger(out)
    assert "HTTP 500" in entries["Bow"]["unscored"]["judge"]
    assert "gave no figure" in entries["Cay"]["unscored"]["judge"]
    assert all("judge" not in entries[i]["scores"] for i in ("Bow", "Cay"))
    assert summary["selectors"]["unscored"] == {"judge": 2}
    assert "2 rows have no judge" in summary["selectors"]["sentence"]
    server.behave = lambda body, before: (200, "5")
    curate([data], str(out), config=config)
    assert {e["scores"]["judge"] for e in ledger(out).values()} == {4, 5}


def test_a_wrong_key_stops_with_one_message(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = words_only(judge=JudgeConfig("m", server.url, "JUDGE_KEY"))
    with pytest.raises(UserError, match="JUDGE_KEY is not set"):
        curate([written(ROWS, tmp_path)], str(tmp_path / "out"), config=config)
    monkeypatch.setenv("JUDGE_KEY", "sk-of-the-test")
    server.behave = lambda body, before: (401, "")
    with pytest.raises(UserError, match=r"curate\.judge: HTTP 401") as error:
        curate([written(ROWS, tmp_path)], str(tmp_path / "out"), config=config)
    assert server.keys == {"Bearer sk-of-the-test"}
    assert "sk-of-the-test" not in str(error.value)


def test_a_key_that_nobody_is_sent_is_a_fault_of_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("data: x\ncurate: {judge: {model: m, api_key_env: KEY}}\n")
    with pytest.raises(UserError, match="is never used without base_url"):
        load_project(tmp_path / "project.yaml")


@pytest.mark.parametrize(
    ("text", "rating"),
    [("4", 4), ("Rating: 3", 3), ("3/5", 3), ("2.5", 2.5), ("", None), ("7", None), ("3 or 4", None), ("good", None)],
)
def test_a_reply_is_a_rating_only_when_it_holds_one_figure(text: str, rating: float | None) -> None:
    assert rating_of(Reply(text, False, True, 1, 1, 0.1)) == rating


def reward_model(folder: Path, tiny_model: Path, outputs: int) -> Path:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    torch.manual_seed(5)
    config = LlamaConfig.from_pretrained(tiny_model, num_labels=outputs)
    LlamaForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


def test_a_local_reward_model_scores_the_end_of_the_conversation(tiny_model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = reward_model(tmp_path / "reward", tiny_model, 1)
    config = words_only(judge=JudgeConfig(str(folder)))
    summary = curate([written(ROWS, tmp_path)], str(tmp_path / "out"), config=config)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    for row in ROWS:
        text = tokenizer.apply_chat_template([*row.prompt, *row.answers["completion"]], tokenize=False).rstrip("\n")
        ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
        with torch.no_grad():
            end = float(model.score(model.model(ids).last_hidden_state)[0, -1, 0])
        assert ledger(tmp_path / "out")[row.id]["scores"]["reward"] == pytest.approx(end, abs=1e-4)
    assert summary["selectors"]["judge"] == {"rows": 3}


def test_a_classifier_with_several_outputs_is_no_reward_model(tiny_model: Path, tmp_path: Path) -> None:
    config = words_only(judge=JudgeConfig(str(reward_model(tmp_path / "two", tiny_model, 2))))
    with pytest.raises(UserError, match="has 2 outputs"):
        curate([written(ROWS, tmp_path)], str(tmp_path / "out"), config=config)
