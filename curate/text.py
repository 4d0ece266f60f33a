"""How curation looks at text: code apart from prose, words, lines, and the form in which two texts count as one."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from stepladder.records import Message, Row

# A fence runs to its partner or, when that is missing, to the end; inline code stays on its line.
_CODE = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^[ \t]*\1[`~]*[ \t]*\r?$|\Z)|(?<!`)(`++)[^\n]{1,1000}?(?<!`)\2(?!`)",
    re.M | re.S,
)
# Scripts written without spaces: one character is one word there.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_MARKS = "\"'“”‘’«»„¿¡().,;:!?…。，！？、；："
_EDGE_MARKS = re.compile(rf"(?<!\S)[{_MARKS}]++|(?<![{_MARKS}])(?!(?<=\d)!)[{_MARKS}]++(?!\S)")
_STRUCTURED = re.compile(r"\s*([-*+•–]\s|\d+[.)]\s|[a-zA-Z][.)]\s|#{1,6}\s|>|\||\[[ xX]\]\s)")


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """(is code, piece) in order; the pieces joined are the text."""
    end = 0
    for match in _CODE.finditer(text) if "`" in text or "~~~" in text else ():
        if match.start() > end:
            yield False, text[end : match.start()]
        yield True, match.group()
        end = match.end()
    if end < len(text):
        yield False, text[end:]


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with `change` applied to its prose; fenced and inline code stay as they are, character by character."""
    return "".join(piece if code else change(piece) for code, piece in pieces(text))


def prose(text: str) -> str:
    """The text with a blank in place of each piece of code."""
    return outside_code(text, lambda piece: piece) if "`" not in text and "~~~" not in text else _without_code(text)


def _without_code(text: str) -> str:
    return "".join(" " if code else piece for code, piece in pieces(text))


def words(text: str) -> list[str]:
    """The words in order, case kept; in scripts without spaces each character is one."""
    return _WORD.findall(text)


def lines(text: str) -> list[str]:
    """The lines that are not blank, without outer white space."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def is_structured(line: str) -> bool:
    """Whether the line is a list item, heading, quotation or table row of Markdown, or reads like one."""
    return _STRUCTURED.match(line) is not None


def is_verse(text: str) -> bool:
    """Three or more lines, half of them at most eight words long: verse, lists and dialogues repeat by design."""
    lengths = sorted(len(words(line)) for line in re.split(r"\n| / |<br ?/?>", text) if line.strip())
    return len(lengths) >= 3 and lengths[len(lengths) // 2] <= 8


def normal(text: str) -> str:
    """The form in which two texts count as the same.

    Unicode NFKC, case and white space do not matter, nor do punctuation marks at the edge of a word. Operators,
    digits, marks inside words ("2-3", "3.5", "C++", "don't") and everything inside code stay: dropping them makes
    "2+3" equal "2-3" (research/curation.md section 4, trap e).
    """
    parts = (piece if code else _normal_prose(piece) for code, piece in pieces(text))
    return " ".join(" ".join(parts).split())


def _normal_prose(text: str) -> str:
    plain = text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return _EDGE_MARKS.sub("", plain)


def last_user_text(row: Row) -> str:
    """The turn that the response answers, or "" where the prompt has no user turn with text."""
    for message in reversed(row.prompt):
        if message["role"] == "user":
            return content_of(message)
    return ""


def system_text(row: Row) -> str:
    """The content of the row's system turns."""
    return "\n".join(content_of(m) for m in row.prompt if m["role"] == "system")


def content_of(message: Message) -> str:
    """The text of one turn: a string as it is, the text parts of a list, and "" for anything else."""
    content: Any = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return ""


def shown(text: str, limit: int = 60) -> str:
    """The text on one line for a message to a person, cut in the middle of nothing longer than `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"


def listed(items: Sequence[str], limit: int = 3) -> str:
    """'a', 'b' and 2 more."""
    named = ", ".join(f"'{shown(item, 30)}'" for item in items[:limit])
    return f"{named} and {len(items) - limit} more" if len(items) > limit else named


def answer_text(row: Row) -> str:
    """What the assistant says in the response to learn from (`completion`, or `chosen`), tool results aside."""
    turns = row.answers["chosen" if row.kind == "preference" else "completion"]
    return "\n".join(content_of(m) for m in turns if m["role"] == "assistant")


_CODE_LINE = re.compile(
    r"\s*(?:def |class |import |from \w+ import |function\b|var |let |const |return\b|if ?\(|for ?\(|while ?\(|public |"
    r"private |#include|package |using |SELECT |INSERT |UPDATE |DELETE |CREATE |FROM |WHERE |</?\w+[^>]*>"
    r"|[\w.$]+\(.*\)[;{]?$|[\w.\[\]]+ [-+*/]?= \S).*|.*[;{}]$"
)


def is_code(text: str) -> bool:
    """Whether half of the lines read like a programming language, without a fence around them."""
    found = lines(text)
    return sum(_CODE_LINE.match(line) is not None for line in found) * 2 >= max(1, len(found))


def is_listing(line: str) -> bool:
    """Whether the line enumerates: three parts or more, mostly of three words at most, none over six."""
    lengths = sorted(len(words(part)) for part in re.split(r"[,;]|\band\b|\bor\b|&", line) if part.strip())
    return len(lengths) >= 3 and lengths[len(lengths) // 2] <= 3 and lengths[-1] <= 6
