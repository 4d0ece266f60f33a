"""Documents cut into passages along their headings and paragraphs, so that a passage can be read on its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stepladder.retrieval.documents import Document
from stepladder.retrieval.words import count_words
from stepladder.sentences import sentences

WORDS, OVERLAP = 120, 0

_HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*$")
_UNDERLINE = re.compile(r"(?m)^(\S.*)\n(=+|-{3,})[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])[ \t]+|\|")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_UNSPACED_END = "。！？｡"


@dataclass(frozen=True, slots=True)
class Passage:
    """What retrieval finds and a prompt shows. `id` is the document's, with '#2' for its second passage of several.

    `text` starts with the document's title, then the heading of the section where there is one.
    """

    id: str
    document: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, list item or sentence; `section` is the headings above it, `glue` parts it from the one before."""

    text: str
    section: str
    glue: str
    words: int


def chunk(document: Document, *, words: int = WORDS, overlap: int = OVERLAP) -> list[Passage]:
    """The passages of a document: at most `words` long unless one stretch without spaces is longer, and about equal.

    A document of at most `words` is one passage. A cut falls before a heading where that is possible, else between
    paragraphs or list items, else between sentences. At most `overlap` words, in whole sentences of the same section,
    are said again at the start of the next passage, on top of its own. Title and headings do not count.
    """
    pieces = [small for piece in _pieces(document.text) for small in _small(piece, words)]
    groups = _groups(pieces, words)
    several = len(groups) > 1
    passages = []
    for number, group in enumerate(groups, start=1):
        repeated = _tail(groups[number - 2], group[0].section, overlap) if number > 1 else []
        id = f"{document.id}#{number}" if several else document.id
        passages.append(Passage(id, document.id, document.title, _text(document.title, [*repeated, *group])))
    return passages


def _pieces(text: str) -> Iterator[_Piece]:
    """Paragraphs, list items and table rows, each with the headings it stands under; a fenced block is one piece."""
    headings: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    text = _UNDERLINE.sub(lambda m: f"{'#' if m[2][0] == '=' else '##'} {m[1]}", text)
    glue = "\n\n"

    def flush() -> Iterator[_Piece]:
        nonlocal glue
        if lines:
            block = "\n".join(lines).strip("\n")
            yield _Piece(block, " / ".join(h for _, h in headings), glue, count_words(block))
            lines.clear()
            glue = "\n"

    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        if heading or (not fenced and not line.strip()):
            yield from flush()
            glue = "\n\n"
            if heading:
                headings = [h for h in headings if h[0] < len(heading[1])] + [(len(heading[1]), heading[2])]
            continue
        if not fenced and _ITEM.match(line):
            yield from flush()
        lines.append(line.rstrip())
    yield from flush()


def _small(piece: _Piece, words: int) -> Iterator[_Piece]:
    """The piece, or its sentences (lines, in a fenced block), or where one is too long its words."""
    if piece.words <= words:
        yield piece
        return
    glue, code = piece.glue, _FENCE.match(piece.text)
    for sentence in piece.text.split("\n") if code else sentences(piece.text):
        part: list[str] = []
        for word in sentence.split(" ") if count_words(sentence) > words else [sentence]:
            if part and count_words(" ".join([*part, word])) > words:
                yield _Piece(" ".join(part), piece.section, glue, count_words(" ".join(part)))
                part, glue = [], " "
            part.append(word)
        if text := " ".join(part):
            yield _Piece(text, piece.section, glue, count_words(text))
            glue = "\n" if code else "" if text[-1] in _UNSPACED_END else " "


def _groups(pieces: list[_Piece], words: int) -> list[list[_Piece]]:
    """Pieces gathered into passages: near the mean length that the fewest passages would have, never above `words`."""
    total = sum(piece.words for piece in pieces)
    target = total / max(1, -(-total // words))
    groups: list[list[_Piece]] = [[]]
    held = 0
    for piece in pieces:
        new_section = bool(groups[-1]) and groups[-1][-1].section != piece.section
        full = held + piece.words > words or held + piece.words / 2 > target or (new_section and held > target / 2)
        if groups[-1] and full and total > words:
            groups.append([])
            held = 0
        groups[-1].append(piece)
        held += piece.words
    return groups


def _tail(group: list[_Piece], section: str, overlap: int) -> list[_Piece]:
    """The last sentences of a passage that fit into `overlap` words and belong to `section`."""
    tail: list[_Piece] = []
    for piece in reversed(group):
        for sentence in reversed(sentences(piece.text)):
            size = count_words(sentence)
            if piece.section != section or size > overlap:
                return tail
            overlap -= size
            tail.insert(0, _Piece(sentence, section, " ", size))
    return tail


def _text(title: str, pieces: list[_Piece]) -> str:
    parts, section = [title], ""
    for piece in pieces:
        if piece.section != section:
            section = piece.section
            parts.append(f"\n\n{section}\n{piece.text}")
        else:
            parts.append(piece.glue + piece.text if len(parts) > 1 else f"\n{piece.text}")
    return "".join(parts)
