"""One prompt put to every rung, by the same answerer that the evaluation used."""

from collections.abc import Iterator
from dataclasses import dataclass

from stepladder import rendering
from stepladder.records import Message

from ..answerer import Answerer, Job
from ..rung import Ask, Rung
from .evaluated import Evaluated


@dataclass(frozen=True)
class Said:
    """What a rung said. `documents`: those whose passages stood in its prompt. `stopped`: it ended by itself.

    `fault` says why there is no answer, where there is none.
    """

    rung: str
    output: str
    tokens_in: int
    tokens_out: int
    seconds: float
    stopped: bool
    documents: tuple[str, ...] = ()
    fault: str = ""


class Asking:
    """The base model with every adapter of the run beside it, loaded once."""

    def __init__(self, run: Evaluated) -> None:
        self._run = run
        self._limit = int(run.config["evaluate"]["max_new_tokens"])
        self._answerer = Answerer(run.ref, run.config["train"]["quantize"], run.adapters)

    def ask(self, text: str) -> Iterator[Said]:
        """Every rung's answer to `text` behind the task's system turn, as soon as each is there; in the run's order."""
        turn = Message(role="user", content=text)
        prompt = (self._run.system, turn) if self._run.system else (turn,)
        for rung in self._run.rungs:
            (ask,) = rung.prompting.ask([prompt], self._run.material)
            yield self._said(rung, ask)

    def _said(self, rung: Rung, ask: Ask) -> Said:
        model, documents = self._answerer, tuple(dict.fromkeys(hit.passage.document for hit in ask.retrieved))
        ids = self._ids(ask)
        if len(ids) + self._limit > model.context:
            fault = f"the prompt has {len(ids)} tokens and the model's context {model.context}"
            return Said(rung.name, "", len(ids), 0, 0.0, False, documents, fault)
        with model.using(rung.adapter):
            ((_, (answer,)),) = model.answer([Job(tuple(ids), ())], batch=1, limit=self._limit)
        output = model.text(answer.ids)
        for stop in ask.stop:
            output = output.partition(stop)[0].strip()
        return Said(rung.name, output, len(ids), len(answer.ids), answer.seconds, answer.stopped, documents)

    def _ids(self, ask: Ask) -> list[int]:
        tokenizer = self._answerer.tokenizer
        if ask.raw is None:
            return rendering.render_prompt(tokenizer, ask.messages)
        return list(tokenizer(ask.raw, add_special_tokens=False)["input_ids"])
