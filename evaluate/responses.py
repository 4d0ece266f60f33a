"""Answers with a memory: what was generated once under the same conditions is not generated again."""

import hashlib
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder import console, models, rendering
from stepladder.records import Row
from stepladder.rundir import environment
from stepladder.writing import append_jsonl

from . import answerer
from .answerer import Answerer, Job
from .rung import Ask, Rung

CACHE = "responses.jsonl"


@dataclass(frozen=True)
class Response:
    """What one rung said to one row. `status` is ok or error; an error's `output` is empty and `reason` says why."""

    output: str
    nll: float | None
    tokens_in: int
    tokens_out: int
    seconds: float
    latency: float
    stopped: bool
    status: str = "ok"
    reason: str = ""


class Responses:
    """The answers of one evaluation, appended to a file row by row, so that a killed run loses one batch at most.

    The key of an answer is everything that determines it: base and adapter hashes, quantisation, chat template, the
    rendered prompt, the reference, decoding, the code that generates, and the versions of the libraries under it.
    """

    def __init__(
        self, directory: Path, ref: models.ModelRef, quantize: models.Quantize, adapters: dict[str, Path]
    ) -> None:
        self._file = directory / CACHE
        self._known = _read(self._file)
        self._ref, self._quantize, self._adapters = ref, quantize, adapters
        self._hashes = {name: models.adapter_hash(path) for name, path in adapters.items()}
        self._tokenizer = models.load_tokenizer(ref)
        self._loaded: Answerer | None = None
        self._conditions = {
            "base": ref.sha256,
            "quantize": quantize,
            "template": models.template_hash(self._tokenizer),
            "code": _code_hash(),
            "versions": {
                k: v for k, v in environment().items() if k in ("torch", "transformers", "peft", "bitsandbytes")
            },
        }
        self.generated = 0

    def model(self) -> Answerer:
        """The loaded model; loaded at the first question that the memory cannot answer."""
        if self._loaded is None:
            console.say(f"  loading {self._ref.name} ({self._quantize}) with {len(self._adapters)} adapters")
            self._loaded = Answerer(self._ref, self._quantize, self._adapters)
        return self._loaded

    def ask(self, rung: Rung, rows: Sequence[Row], asks: Sequence[Ask], *, batch: int, limit: int) -> list[Response]:
        """One response a row, in order; progress and the time left are said on the way."""
        jobs = [self._job(ask, row) for ask, row in zip(asks, rows, strict=True)]
        keys = [self._key(rung, job, ask, limit, batch) for job, ask in zip(jobs, asks, strict=True)]
        todo = [i for i, key in enumerate(keys) if key not in self._known]
        if todo:
            self._generate(rung, todo, jobs, asks, keys, batch=batch, limit=limit)
        return [Response(**self._known[key]) for key in keys]

    def _generate(
        self,
        rung: Rung,
        todo: list[int],
        jobs: list[Job],
        asks: Sequence[Ask],
        keys: list[str],
        *,
        batch: int,
        limit: int,
    ) -> None:
        model = self.model()
        fits = [i for i in todo if len(jobs[i].prompt) + max(limit, len(jobs[i].reference)) <= model.context]
        for i in set(todo) - set(fits):
            reason = f"the prompt has {len(jobs[i].prompt)} tokens and the model's context {model.context}"
            self._keep(keys[i], Response("", None, len(jobs[i].prompt), 0, 0.0, 0.0, False, "error", reason))
        if not fits:
            return
        with console.track(rung.name, len(fits), "answers") as advance, model.using(rung.adapter):
            for places, answers in model.answer([jobs[i] for i in fits], batch=batch, limit=limit):
                for place, answer in zip(places, answers, strict=True):
                    i = fits[place]
                    text = _until(model.text(answer.ids), asks[i].stop)
                    tokens = (len(jobs[i].prompt), len(answer.ids))
                    self._keep(
                        keys[i], Response(text, answer.nll, *tokens, answer.seconds, answer.latency, answer.stopped)
                    )
                self.generated += len(answers)
                advance(len(answers))

    def _keep(self, key: str, response: Response) -> None:
        self._known[key] = {**vars(response)}
        append_jsonl(self._file, {"key": key, **self._known[key]})

    def _job(self, ask: Ask, row: Row) -> Job:
        reference = row.answers["completion"]
        rendered = rendering.render(self._tokenizer, ask.messages, reference, row.tools)
        if ask.raw is None:
            return Job(tuple(rendered.prompt_ids), tuple(rendered.completion_ids))
        ids = self._tokenizer(ask.raw, add_special_tokens=False)["input_ids"]
        return Job(tuple(ids), tuple(rendered.completion_ids))

    def _key(self, rung: Rung, job: Job, ask: Ask, limit: int, batch: int) -> str:
        parts = {
            **self._conditions,
            "adapter": self._hashes[rung.adapter] if rung.adapter else None,
            "prompt": job.prompt,
            "reference": job.reference,
            "decoding": {"greedy": True, "max_new_tokens": limit, "stop": ask.stop, "batch": batch},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Answers of earlier runs; a last line cut by a kill is left out."""
    known: dict[str, dict[str, Any]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").split("\n"):
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            known[entry.pop("key")] = entry
    return known


def _code_hash() -> str:
    """Hash of the code that decides what is generated; other changes leave the memory valid."""
    sources: list[Callable[..., Any] | Any] = [answerer, rendering, models.load_model, models.dequantise, _until]
    return hashlib.sha256("".join(inspect.getsource(s) for s in sources).encode()).hexdigest()[:16]


def _until(text: str, stop: Sequence[str]) -> str:
    ends = [place for s in stop if (place := text.find(s)) >= 0]
    return text[: min(ends)].strip() if ends else text
