"""The project's documents as curation uses them: what they state, so that a response can be held against it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from stepladder.records import Row

from .duplicates.decisive import one_spelling
from .private.personal import personal
from .repairs.pii import datum
from .text import content_of, normal

_RUN = 8  # words; shorter runs are phrases
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True)
class Knowledge:
    """The text of every document, and its id."""

    texts: tuple[str, ...]
    ids: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: str) -> "Knowledge":
        """The documents of a folder. Raises UserError where it holds none."""
        from stepladder.retrieval.documents import load_documents

        documents = load_documents(folder)
        return cls(tuple(document.text for document in documents), tuple(document.id for document in documents))

    @cached_property
    def personal(self) -> frozenset[str]:
        """Addresses and numbers that the documents give, so that they are public."""
        return frozenset(datum(text[f.start : f.end]) for text in self.texts for f in personal(text))

    @cached_property
    def figures(self) -> frozenset[str]:
        """Every figure that the documents state, in one spelling."""
        return frozenset(figure for text in self.texts for figure in figures(text))

    @cached_property
    def paragraphs(self) -> list[str]:
        """The paragraphs of all documents, headings aside."""
        return [part for text in self.texts for part in _paragraphs(text)]

    @cached_property
    def owners(self) -> list[str]:
        """The id of the document that each of `paragraphs` stands in; none where the documents have no ids."""
        return [name for text, name in zip(self.texts, self.ids, strict=False) for _ in _paragraphs(text)]

    @cached_property
    def _words(self) -> list[list[str]]:
        return [normal(text).split() for text in self.texts]

    @cached_property
    def _runs(self) -> dict[tuple[str, ...], list[tuple[int, int]]]:
        """Every run of eight words -> the documents and places where it stands."""
        where: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for number, words in enumerate(self._words):
            for place in range(len(words) - _RUN + 1):
                where.setdefault(tuple(words[place : place + _RUN]), []).append((number, place))
        return where

    def longest_copy(self, words: Sequence[str], at_least: int) -> tuple[int, int, str]:
        """Words of the longest run that a document holds too, where it starts, and the document's id.

        (0, 0, "") where no run has `at_least` words, which must be 8 or more. `words` in the form of `text.normal`.
        """
        best = (0, 0, "")
        for start in range(len(words) - _RUN + 1):
            for number, place in self._runs.get(tuple(words[start : start + _RUN]), ()):
                if start and place and words[start - 1] == self._words[number][place - 1]:
                    continue  # inside a run that began earlier
                length = _shared(words, start, self._words[number], place)
                if length >= at_least and length > best[0]:
                    best = length, start, self.ids[number]
        return best

    def unsupported(self, row: Row, text: str) -> list[str]:
        """Figures of a text that neither the documents nor the row's prompt state, in order."""
        asked = {figure for turn in row.prompt for figure in figures(content_of(turn))}
        return [figure for figure in figures(text) if figure not in asked and figure not in self.figures]


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip() and part[0] != "#"]


def _shared(a: Sequence[str], start: int, b: Sequence[str], place: int) -> int:
    """How many words the two have in common from these places on."""
    length = 0
    while start + length < len(a) and place + length < len(b) and a[start + length] == b[place + length]:
        length += 1
    return length


def figures(text: str) -> list[str]:
    """The figures of a text in order, 1,000 as 1000 and 12.50 as 12.5; those of one digit say too little."""
    found = [one_spelling(match.group()) for match in _FIGURE.finditer(text)]
    return [figure for figure in found if len(figure) > 1]
