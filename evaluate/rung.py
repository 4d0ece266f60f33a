"""A rung: how a held-out prompt becomes what the model is asked, and with which adapter the answer is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self, TypeVar

from stepladder.errors import UserError
from stepladder.plugins import Table
from stepladder.records import Message, Row
from stepladder.retrieval import Hit, Retriever


@dataclass(frozen=True)
class Material:
    """What a rung may draw on besides the prompt: training rows, and the documents where there are some."""

    examples: Sequence[Row] = ()
    retriever: Retriever | None = None


@dataclass(frozen=True)
class Ask:
    """What the model is asked: messages for its chat template, or `raw` text to continue without one.

    An answer to raw text ends before the first of the `stop` strings, since a model without a template may go on asking.
    """

    messages: tuple[Message, ...]
    raw: str | None = None
    stop: tuple[str, ...] = ()
    retrieved: tuple[Hit, ...] = ()


class Prompting(Protocol):
    """A way to ask. Its fields are its configuration; it sees the prompts, never the references."""

    needs_documents: ClassVar[bool]
    needs_examples: ClassVar[bool]

    def ask(self, prompts: Sequence[Sequence[Message]], material: Material) -> list[Ask]:
        """One Ask a prompt, in order; all prompts at once, so that a retriever can work in batches."""

    def variants(self, settings: "Settings") -> list[Self]:
        """The configurations to choose from on dev; the first is used where dev cannot choose."""


@dataclass(frozen=True)
class Settings:
    """The project's choices that rungs tune over."""

    shots: tuple[int, ...] = (2, 4, 8)
    passages: tuple[int, ...] = (1, 2, 3)


PromptingClass = TypeVar("PromptingClass", bound=type)
promptings: Table[Callable[..., Any]] = Table("rung")


def rung(name: str) -> Callable[[PromptingClass], PromptingClass]:
    """Register a frozen dataclass with `ask` and `variants` as a rung that can be named in `evaluate.rungs`."""

    def register(prompting: PromptingClass) -> PromptingClass:
        promptings.add(name, prompting)
        return prompting

    return register


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: a name, a way to ask, and who answers: an adapter, an endpoint, or else the base model."""

    name: str
    prompting: Any
    adapter: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    endpoint: str | None = None


# The ladder from cheap to costly, used as the order where the user gives no prices.
LADDER = (
    "base", "zero_shot", "few_shot", "rag", "rag_few_shot",
    "sft", "dpo", "kto", "sft_rag", "dpo_rag", "kto_rag", "raft",
    "full", "full_rag", "pretrain", "pretrain_rag",
)  # fmt: skip


def ladder(
    wanted: Sequence[str], adapters: Sequence[str], endpoints: Sequence[str] = (), *, documents: bool, examples: bool
) -> list[Rung]:
    """The rungs to climb, in the ladder's order: those `wanted`, or all for which adapters, documents and examples are there.

    An adapter NAME answers the bare prompt (rung NAME) and the prompt with passages (NAME_rag); raft, trained with
    passages in its prompts, always gets them. An endpoint NAME is asked like zero_shot (rung endpoint:NAME); endpoints
    stand last, as listed.

    Raises:
        UserError: a wanted rung is unknown or lacks its adapter, documents or training rows.
    """
    possible: dict[str, Rung] = {}
    for name, prompting in promptings.items():
        possible[name] = Rung(name, prompting())
    for name in adapters:
        possible[name] = Rung(name, promptings["rag" if name == "raft" else "zero_shot"](), name)
        if name != "raft":
            possible[f"{name}_rag"] = Rung(f"{name}_rag", promptings["rag"](), name)
    for name in endpoints:
        possible[f"endpoint:{name}"] = Rung(f"endpoint:{name}", promptings["zero_shot"](), endpoint=name)
    lacking = {n: why for n, r in possible.items() if (why := _lacks(r, documents=documents, examples=examples))}
    for name in wanted:
        if name not in possible:
            hint = f"Choose among {', '.join(possible)}, or give its adapter with --adapter"
            raise UserError(f"rung '{name}'", "cannot be run here", hint)
        if name in lacking:
            raise UserError(f"rung '{name}'", f"needs {lacking[name]}", "Give it, or leave the rung out")
    chosen = [r for n, r in possible.items() if (n in wanted if wanted else n not in lacking)]
    return sorted(chosen, key=lambda r: LADDER.index(r.name) if r.name in LADDER else len(LADDER))


def _lacks(candidate: Rung, *, documents: bool, examples: bool) -> str | None:
    if candidate.prompting.needs_documents and not documents:
        return "a folder of documents (--knowledge)"
    if candidate.prompting.needs_examples and not examples:
        return "training rows in the curated directory"
    return None
