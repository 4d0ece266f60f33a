"""The project's documents as curation uses them: what they state, so that a response can be held against it."""

import re
from dataclasses import dataclass
from functools import cached_property

from stepladder.records import Row

from .duplicates.decisive import one_spelling
from .private.personal import personal
from .repairs.pii import datum
from .text import content_of

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True)
class Knowledge:
    """The text of every document."""

    texts: tuple[str, ...]

    @classmethod
    def read(cls, folder: str) -> "Knowledge":
        """The documents of a folder. Raises UserError where it holds none."""
        from stepladder.retrieval.documents import load_documents

        return cls(tuple(document.text for document in load_documents(folder)))

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
        return [part for text in self.texts for part in re.split(r"\n\s*\n", text) if part.strip() and part[0] != "#"]

    def unsupported(self, row: Row, text: str) -> list[str]:
        """Figures of a text that neither the documents nor the row's prompt state, in order."""
        asked = {figure for turn in row.prompt for figure in figures(content_of(turn))}
        return [figure for figure in figures(text) if figure not in asked and figure not in self.figures]


def figures(text: str) -> list[str]:
    """The figures of a text in order, 1,000 as 1000 and 12.50 as 12.5; those of one digit say too little."""
    found = [one_spelling(match.group()) for match in _FIGURE.finditer(text)]
    return [figure for figure in found if len(figure) > 1]
