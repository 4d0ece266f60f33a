"""One row of data: an SFT example, a preference pair or an unpaired answer, always with an explicit prompt."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

Kind = Literal["sft", "preference", "unpaired"]
KINDS: tuple[Kind, ...] = ("sft", "preference", "unpaired")


class Message(TypedDict):
    """One turn; rows with tool calls carry more keys, which pass through untouched."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row came from: the file as the user named it, and its 1-based line (or record number where lines mean nothing)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Row:
    """A parsed row. `answers` maps the name of each response field to its messages.

    sft and unpaired rows have `completion`; preference rows have `chosen` and `rejected`.
    """

    id: str
    kind: Kind
    prompt: tuple[Message, ...]
    answers: Mapping[str, tuple[Message, ...]]
    label: bool | None = None
    tools: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: Source = Source("", 0)

    @property
    def prompt_text(self) -> str:
        """All turns of the prompt but the system turn, one below the other."""
        return text_of([m for m in self.prompt if m["role"] != "system"])

    @property
    def completion_text(self) -> str:
        """The response to learn from: `completion`, or `chosen` in a preference row."""
        return text_of(self.answers["chosen" if self.kind == "preference" else "completion"])

    def to_json(self) -> dict[str, Any]:
        """The row as it is written, in TRL's conversational form (DESIGN.md section 4)."""
        out: dict[str, Any] = {"id": self.id, "prompt": list(self.prompt)}
        out.update({name: list(messages) for name, messages in self.answers.items()})
        if self.label is not None:
            out["label"] = self.label
        if self.tools is not None:
            out["tools"] = self.tools
        if self.metadata:
            out["metadata"] = dict(self.metadata)
        return out


def text_of(messages: Sequence[Message]) -> str:
    """The content of the messages, one below the other; content that is not text contributes its JSON."""
    parts = (m.get("content") or "" for m in messages)
    return "\n".join(p if isinstance(p, str) else json.dumps(p, ensure_ascii=False) for p in parts)


def content_id(value: Any) -> str:
    """An id of 16 hex digits made from the row's content alone, the same on every machine (blake2b)."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
