"""leak_knowledge: the row copies a passage from a knowledge document."""

from stepladder.records import Row

from ..check import Finding, check
from ..knowledge import Knowledge
from ..text import answer_text, normal, shown

_FINE = "fine where responses should quote; a rung with retrieval finds the same passage"


@check("leak_knowledge", action="note", sees="row", needs=("knowledge",))
def leak_knowledge(row: Row, *, knowledge: Knowledge, at_least: int = 25) -> Finding | None:
    """Name the document that prompt or response copies `at_least` words in a row from, and how much of the text is copied.

    Value: words in the longest run. GPT-3 and lm-eval take runs of 13 words for contamination (research/curation.md
    section 4), but a sentence of a fare table has as many and is quoted by right; twice that is a passage. Only a note:
    copying is fine where responses should quote, and where the project trains with passages in the prompt (raft). It is
    worth knowing, since such a row rewards copying, and the adapter then knows by heart what retrieval brings anyway.
    """
    told: list[tuple[int, str, str]] = []
    for side, text in (("response", answer_text(row)), ("prompt", row.prompt_text)):
        tokens = normal(text).split()
        length, start, document = knowledge.longest_copy(tokens, at_least)
        if length:
            copied = shown(" ".join(tokens[start : start + length]), 80)
            said = f"its {side} copies {length} words in a row from document '{document}'"
            told.append((length, document, f"{said} ({length / len(tokens):.0%} of it): '{copied}'; {_FINE}"))
    if not told:
        return None
    length, document, said = max(told)
    return Finding(said, length, at_least, document)
