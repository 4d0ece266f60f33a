"""What changed between two texts, word by word."""

import re
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

Part: TypeAlias = tuple[Literal["same", "out", "in"], str]

_WORD = re.compile(r"\S+\s*|\s+")
_MOST = 4_000_000  # pairs of words: about a second in the worst case


def difference(old: str, new: str) -> list[Part] | None:
    """The parts that stay, go and come, in order; None where the texts are too long to be compared.

    The words are matched by Python's `difflib` (Ratcliff and Obershelp), with the white space behind them.
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) * len(after) > _MOST:
        return None
    parts: list[Part] = []
    for how, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how == "equal":
            parts.append(("same", "".join(after[c:d])))
            continue
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        parts += [("out", gone)] if gone else []
        parts += [("in", come)] if come else []
    return parts
