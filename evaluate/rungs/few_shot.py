"""few_shot: training rows as turns before the question, the same ones for every question."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from stepladder.records import Message, Row

from ..rung import Ask, Material, Settings, rung


@rung("few_shot")
@dataclass(frozen=True)
class FewShot:
    """Fields are the config: `shots` training rows stand before each question.

    The rows are the same for every question, so that their part of the prompt is computed once.
    """

    shots: int = 4
    needs_documents: ClassVar[bool] = False
    needs_examples: ClassVar[bool] = True

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """System turn, then the examples, then the question's own turns."""
        turns = example_turns(material.examples, self.shots)
        return [Ask(behind(prompt, turns)) for prompt in prompts]

    def variants(self, settings: Settings) -> list[Self]:
        """One a number of shots."""
        return [replace(self, shots=k) for k in settings.shots]


def example_turns(examples: Sequence[Row], shots: int) -> list[Message]:
    """`shots` short training rows as turns: one a slice in turn, short answers first, ties by a hash of the id.

    Short rows because the context is shared; one a slice because examples that all look alike teach one thing only.
    """
    groups: dict[str, list[Row]] = {}
    for row in sorted((r for r in examples if r.kind == "sft"), key=lambda r: (_length(r) // 80, _order(r))):
        groups.setdefault(str(row.metadata.get("slice", "")), []).append(row)
    chosen: list[Row] = []
    while len(chosen) < shots and any(groups.values()):
        for name in sorted(groups):
            if groups[name] and len(chosen) < shots:
                chosen.append(groups[name].pop(0))
    turns: list[Message] = []
    for row in chosen:
        turns += [m for m in row.prompt if m["role"] != "system"]
        turns += row.answers["completion"]
    return turns


def behind(prompt: Sequence[Message], turns: Sequence[Message]) -> tuple[Message, ...]:
    """The prompt with `turns` between its system turn and its own turns."""
    system = [m for m in prompt if m["role"] == "system"]
    return (*system, *turns, *(m for m in prompt if m["role"] != "system"))


def _length(row: Row) -> int:
    return len(row.prompt_text) + len(row.completion_text)


def _order(row: Row) -> str:
    return hashlib.blake2b(row.id.encode(), digest_size=8).hexdigest()
