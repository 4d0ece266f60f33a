"""The prompts on which an export is compared with the adapter: rows of dev where they are found, else a few questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder.errors import UserError
from stepladder.reading import read_rows
from stepladder.records import Message, Row
from stepladder.subset import subset

COUNT = 8
"""Prompts compared; an export that is wrong (merge, template, stop tokens, tokenizer) differs on all or most of them."""

_QUESTIONS = (
    "What can you help me with?",
    "Write one sentence about the sea.",
    "How do I ask for my money back?",
    "List three things to take on a journey.",
    "What does 17 plus 25 make?",
    "Please answer in German: where is the station?",
    "Explain in two sentences what a contract is.",
    'Give me a line of JSON with the keys "name" and "age".',
)


@dataclass(frozen=True)
class Probe:
    """A prompt, and the answer that its row gives (empty where nobody wrote one): the loss on it is compared, too."""

    prompt: tuple[Message, ...]
    reference: tuple[Message, ...] = ()
    tools: Any = None


def choose(directory: Path, given: str | None, system: str | None) -> tuple[list[Probe], str]:
    """At most COUNT probes, and where they are from.

    `given` is a file of rows. Without one, the dev rows of the run directory around the adapter (RUN/train/sft reads
    RUN/curate/sft/dev.jsonl); else questions of our own behind the system turn of the training.

    Raises:
        UserError: there is no such file, or it holds no rows.
    """
    if given is not None:
        if not Path(given).is_file():
            raise UserError(given, "there is no such file", "Name a file of rows, as `stepladder curate` reads them")
        rows = read_rows(Path(given))
        if not rows:
            raise UserError(given, "holds no rows", "Name a file with at least one")
        return _of(rows), given
    for above in list(directory.absolute().parents)[:3]:
        dev = above / "curate" / "sft" / "dev.jsonl"
        if dev.is_file() and dev.stat().st_size:
            return _of(read_rows(dev)), str(dev)
    opening = (Message(role="system", content=system),) if system else ()
    return [Probe((*opening, Message(role="user", content=q))) for q in _QUESTIONS], "questions of Stepladder's own"


def _of(rows: Sequence[Row]) -> list[Probe]:
    chosen = subset(list(rows), COUNT)
    return [
        Probe(row.prompt, row.answers["chosen" if row.kind == "preference" else "completion"], row.tools)
        for row in chosen
    ]
