"""Answers with a memory: what was generated once under the same conditions is not generated again."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stepladder import console, models, rendering
from stepladder.endpoint import Endpoint
from stepladder.records import Row
from stepladder.rundir import environment

from . import answerer
from .adapters import is_whole
from .answerer import Answerer, Job
from .memory import Memory
from .remote import ask_endpoint
from .response import Response
from .rung import Ask, Rung


class Responses:
    """The answers of one evaluation, appended to a file row by row, so that a killed run loses one batch at most.

    The key of an answer is everything that determines it: base and adapter hashes, quantisation, chat template, the
    rendered prompt, the reference, decoding, the code that generates, and the versions of the libraries under it.
    """

    def __init__(
        self,
        directory: Path,
        ref: models.ModelRef,
        quantize: models.Quantize,
        adapters: dict[str, Path],
        endpoints: Mapping[str, Endpoint] | None = None,
    ) -> None:
        self._memory = Memory(directory)
        self._endpoints = endpoints or {}
        self._whole = {name: models.resolve(str(path)) for name, path in adapters.items() if is_whole(path)}
        self._ref, self._quantize = ref, quantize
        self._adapters = {name: path for name, path in adapters.items() if name not in self._whole}
        self._hashes = {name: models.adapter_hash(path) for name, path in self._adapters.items()}
        self._tokenizer = models.load_tokenizer(ref)
        self._loaded: tuple[models.ModelRef, Answerer] | None = None
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

    def model(self, rung: Rung) -> Answerer:
        """The model that answers on this rung, loaded at the first question that the memory cannot answer.

        One is held at a time: the base with all of its adapters, or a model of which every weight was trained.
        """
        whole = self._whole.get(rung.adapter or "")
        ref = whole or self._ref
        if self._loaded is None or self._loaded[0] != ref:
            self._loaded = None  # the last one's memory is free before the next one is read
            quantize, adapters = ("none" if whole else self._quantize), ({} if whole else self._adapters)
            console.say(f"  loading {ref.name} ({quantize}) with {len(adapters)} adapters")
            self._loaded = ref, Answerer(ref, quantize, adapters)
        return self._loaded[1]

    def ask(self, rung: Rung, rows: Sequence[Row], asks: Sequence[Ask], *, batch: int, limit: int) -> list[Response]:
        """One response a row, in order; progress and the time left are said on the way."""
        if rung.endpoint is not None:
            endpoint = self._endpoints[rung.endpoint]
            return ask_endpoint(endpoint, rows, asks, self._memory, limit=limit, count=self._count)
        jobs = [self._job(ask, row) for ask, row in zip(asks, rows, strict=True)]
        keys = [self._key(rung, job, ask, limit, batch) for job, ask in zip(jobs, asks, strict=True)]
        todo = [i for i, key in enumerate(keys) if key not in self._memory]
        if todo:
            self._generate(rung, todo, jobs, asks, keys, batch=batch, limit=limit)
        return [Response(**self._memory[key]) for key in keys]

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
        model = self.model(rung)
        fits = [i for i in todo if len(jobs[i].prompt) + max(limit, len(jobs[i].reference)) <= model.context]
        for i in set(todo) - set(fits):
            reason = f"the prompt has {len(jobs[i].prompt)} tokens and the model's context {model.context}"
            self._keep(keys[i], Response("", None, len(jobs[i].prompt), 0, 0.0, 0.0, False, "error", reason))
        if not fits:
            return
        with console.track(rung.name, len(fits), "answers") as advance, model.using(self._adapter(rung)):
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

    def _adapter(self, rung: Rung) -> str | None:
        """The adapter that the loaded model answers with."""
        return None if rung.adapter in self._whole else rung.adapter

    def _keep(self, key: str, response: Response) -> None:
        self._memory.keep(key, vars(response))

    def _count(self, ask: Ask, row: Row, text: str) -> tuple[int, int]:
        """Tokens of a prompt and of an answer, as the base model would count them."""
        prompt = rendering.render_prompt(self._tokenizer, ask.messages, row.tools)
        return len(prompt), len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _job(self, ask: Ask, row: Row) -> Job:
        reference = row.answers["completion"]
        rendered = rendering.render(self._tokenizer, ask.messages, reference, row.tools)
        if ask.raw is None:
            return Job(tuple(rendered.prompt_ids), tuple(rendered.completion_ids))
        ids = self._tokenizer(ask.raw, add_special_tokens=False)["input_ids"]
        return Job(tuple(ids), tuple(rendered.completion_ids))

    def _key(self, rung: Rung, job: Job, ask: Ask, limit: int, batch: int) -> str:
        whole, adapter = self._whole.get(rung.adapter or ""), self._adapter(rung)
        parts = {
            **self._conditions,
            **({"base": whole.sha256, "quantize": "none"} if whole else {}),
            "adapter": self._hashes[adapter] if adapter else None,
            "prompt": job.prompt,
            "reference": job.reference,
            "decoding": {"greedy": True, "max_new_tokens": limit, "stop": ask.stop, "batch": batch},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _code_hash() -> str:
    """Hash of the code that decides what is generated; other changes leave the memory valid."""
    sources: list[Callable[..., Any] | Any] = [answerer, rendering, models.load_model, models.dequantise, _until]
    return hashlib.sha256("".join(inspect.getsource(s) for s in sources).encode()).hexdigest()[:16]


def _until(text: str, stop: Sequence[str]) -> str:
    ends = [place for s in stop if (place := text.find(s)) >= 0]
    return text[: min(ends)].strip() if ends else text
