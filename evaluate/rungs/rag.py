"""rag and rag_few_shot: passages from the documents in the prompt, in the wording that raft is trained with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from stepladder.records import Message
from stepladder.retrieval import Hit, query_of, with_passages

from ..rung import Ask, Material, Settings, rung
from .few_shot import behind, example_turns


@rung("rag")
@dataclass(frozen=True)
class Rag:
    """Fields are the config: the `passages` best passages stand in the question's turn."""

    passages: int = 2
    needs_documents: ClassVar[bool] = True
    needs_examples: ClassVar[bool] = False

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """The last user turn carries the passages."""
        return [
            Ask(tuple(with_passages(prompt, [h.passage for h in hits])), retrieved=tuple(hits))
            for prompt, hits in zip(prompts, search(prompts, material, self.passages), strict=True)
        ]

    def variants(self, settings: Settings) -> list[Self]:
        """One a number of passages."""
        return [replace(self, passages=k) for k in settings.passages]


@rung("rag_few_shot")
@dataclass(frozen=True)
class RagFewShot:
    """Examples as turns, then the question with its passages: the strongest rung that trains nothing."""

    passages: int = 1
    shots: int = 4
    needs_documents: ClassVar[bool] = True
    needs_examples: ClassVar[bool] = True

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """System turn, examples without passages (so that their part is computed once), question with passages."""
        turns = example_turns(material.examples, self.shots)
        return [
            Ask(behind(with_passages(prompt, [h.passage for h in hits]), turns), retrieved=tuple(hits))
            for prompt, hits in zip(prompts, search(prompts, material, self.passages), strict=True)
        ]

    def variants(self, settings: Settings) -> list[Self]:
        """The smallest and the middle number of shots, each with one and two passages."""
        shots = sorted({settings.shots[0], settings.shots[len(settings.shots) // 2]})
        return [replace(self, shots=s, passages=p) for p in settings.passages[:2] for s in shots]


def search(prompts: Sequence[Sequence[Message]], material: Material, k: int) -> list[list[Hit]]:
    """The k best passages for each prompt; the query is the prompt's `query_of`."""
    assert material.retriever is not None
    return material.retriever.search_many([query_of(prompt) for prompt in prompts], k)
