"""base and zero_shot: the prompt as it is, without and with the model's chat template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from stepladder.records import Message, text_of

from ..rung import Ask, Material, Settings, rung


@rung("base")
@dataclass(frozen=True)
class Base:
    """Raw completion: what a model without a chat template would be given. The system turn comes first, as instruction."""

    needs_documents: ClassVar[bool] = False
    needs_examples: ClassVar[bool] = False

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """Turns as labelled paragraphs that end in an open answer."""
        return [Ask(tuple(prompt), raw=self._text(prompt), stop=("\nQuestion:", "\nAnswer:")) for prompt in prompts]

    def variants(self, settings: Settings) -> list[Self]:
        """One form only."""
        return [self]

    @staticmethod
    def _text(prompt: Sequence[Message]) -> str:
        labels = {"user": "Question", "assistant": "Answer"}
        parts = [
            text_of([m]) if m["role"] == "system" else f"{labels.get(m['role'], m['role'])}: {text_of([m])}"
            for m in prompt
        ]
        return "\n\n".join([*parts, "Answer:"])


@rung("zero_shot")
@dataclass(frozen=True)
class ZeroShot:
    """The prompt through the chat template, nothing added."""

    needs_documents: ClassVar[bool] = False
    needs_examples: ClassVar[bool] = False

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """The messages unchanged."""
        return [Ask(tuple(prompt)) for prompt in prompts]

    def variants(self, settings: Settings) -> list[Self]:
        """One form only."""
        return [self]
