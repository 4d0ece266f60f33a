"""The tokenizer as GGUF metadata: tokens, types, merges, and how llama.cpp splits text before it merges."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepladder.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# How the text is split -> llama.cpp's name of it (llama-vocab.cpp, `tokenizer.ggml.pre`).
_SPLITS = {
    ("ByteLevel",): "gpt-2",
    ("Digits", "ByteLevel"): "smollm",
    (_LLAMA3, "ByteLevel"): "llama-bpe",
    (_QWEN2, "ByteLevel"): "qwen2",
}


@dataclass(frozen=True)
class Vocabulary:
    """`types` are GGUF's token types; `tokens` and `types` are as long as the model's embedding."""

    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str]


def vocabulary(tokenizer: "PreTrainedTokenizerBase", rows: int) -> Vocabulary:
    """The byte-level BPE vocabulary; `rows` of the embedding that no token has are filled with unused ones.

    Raises:
        UserError: a tokenizer of another kind, or one whose splitting llama.cpp has no name for here.
    """
    from gguf import TokenType

    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    pre = _pre(backend)
    tokens = [f"[PAD{i}]" for i in range(rows)]
    types = [int(TokenType.UNUSED)] * rows
    for text, number in backend["model"]["vocab"].items():
        tokens[number], types[number] = text, int(TokenType.NORMAL)
    for added in backend["added_tokens"]:
        kind = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
        tokens[added["id"]], types[added["id"]] = added["content"], int(kind)
    merges = [m if isinstance(m, str) else " ".join(m) for m in backend["model"]["merges"]]
    return Vocabulary(pre, tokens, types, merges)


def _pre(backend: dict[str, Any]) -> str:
    parts = (backend["pre_tokenizer"] or {}).get("pretokenizers") or [backend["pre_tokenizer"] or {}]
    split = tuple(str(p["pattern"].get("Regex")) if p.get("type") == "Split" else str(p.get("type")) for p in parts)
    if backend["model"]["type"] != "BPE" or split not in _SPLITS:
        what = f"has a tokenizer that is not written here ({backend['model']['type']}, {', '.join(split)[:60]})"
        todo = "Export --to merged, and convert that folder with llama.cpp's convert_hf_to_gguf.py"
        raise UserError("the model", what, todo)
    return _SPLITS[split]
