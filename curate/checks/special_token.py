"""special_token: a control token of a chat template stands in the text."""

import re

from stepladder.records import Row

from ..check import check
from ..text import content_of, listed

_FAMILIES = re.compile(
    r"<\|[A-Za-z0-9_]+\|>"  # ChatML, Llama 3, Phi, Command R, gpt-oss, Zephyr
    r"|<｜[^｜\n]{1,40}｜>"  # DeepSeek
    r"|<(?:start|end)_of_turn>|<bos>|<eos>|<pad>|<unk>"  # Gemma and others
    r"|</?think(?:ing)?>"  # DeepSeek R1, Qwen3 and others: reasoning that belongs in a field of its own
    r"|\[/?INST\]|<</?SYS>>|\[/?(?:AVAILABLE_TOOLS|TOOL_RESULTS)\]|\[TOOL_CALLS\]"  # Llama 2, Mistral
)


@check("special_token", action="review", sees="row", wants=("special_tokens",))
def special_token(row: Row, *, special_tokens: frozenset[str] = frozenset(), allow: tuple[str, ...] = ()) -> str | None:
    """Name the control tokens, wherever they stand; with --model, that model's own special tokens too.

    A tokenizer turns them into real control tokens even inside quotation marks or code, so that the model learns to
    end or open turns in mid-text. No other tool reports them (research/curation.md section 8). `<s>` and `</s>` are
    also HTML and count only when they do not come in pairs.
    """
    messages = (*row.prompt, *(m for answer in row.answers.values() for m in answer))
    found: dict[str, None] = {}
    for text in map(content_of, messages):
        found |= dict.fromkeys(_FAMILIES.findall(text)) if "<" in text or "[" in text else {}
        found |= {token: None for token in sorted(special_tokens) if token.strip() and token in text}
        if text.count("<s>") != text.count("</s>"):
            found["</s>" if "</s>" in text else "<s>"] = None
    left = [token for token in found if token not in allow]
    return f"the text holds {listed(left)}, which a tokenizer reads as control tokens" if left else None
