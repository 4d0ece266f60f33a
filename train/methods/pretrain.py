"""Continued pre-training: the documents as running text, of which every token is learnt."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stepladder.errors import UserError
from stepladder.retrieval import Document

from ..examples import Example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def blocks(tokenizer: "PreTrainedTokenizerBase", documents: Sequence[Document], *, length: int) -> list[Example]:
    """The documents one behind the other, each closed by the end token, cut into blocks of `length` tokens.

    The last block is as long as what is left; a single token, which has nothing to be predicted from, is left out. What
    looks like a special token in a document is read as the text that it is. A block is named by the document that it
    begins in.

    Raises:
        UserError: the tokenizer has no end token.
    """
    end = tokenizer.eos_token_id
    if end is None:
        raise UserError("--model", "has no end token to put between documents", "Set eos_token in its tokenizer")
    tokens: list[int] = []
    begins: list[str] = []
    for document in documents:
        text = f"{document.title}\n\n{document.text}" if document.title else document.text
        ids = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        tokens += [*ids, end]
        begins += [document.id] * (len(ids) + 1)
    starts = range(0, len(tokens) - 1, length)
    return [Example(f"{begins[at]}:{at}", [], (tokens[at : at + length],)) for at in starts]
