"""The coverage map: what the rows are about, where they are thin or crowded, and what to write more of."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stepladder.records import Row

from .context import Context
from .knowledge import Knowledge
from .ledger import SPLITS, Entry, chosen
from .meaning import Matrix, asked_text
from .rates import wilson
from .text import answer_text, shown, words
from .topics import names, topics
from .wordspace import WordSpace

LEAST = 30  # rows under which clusters are chance
MAPPED = 5000  # rows from which shares are known to 1 %
FULL = 2.0  # times an even share from which a topic is crowded
_PASSAGE = 8  # words from which a paragraph says something that can be asked about
_LISTED = 20  # passages named in summary.json
_SUGGESTED = 3  # sentences of each kind


@dataclass(frozen=True)
class Topic:
    """Rows about one thing."""

    name: str
    sizes: Mapping[str, int]
    """Rows by split."""
    example: str
    """Id of a row of it."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.sizes.values())


def coverage(entries: Sequence[Entry], context: Context) -> dict[str, Any]:
    """What summary.json says of the rows that are kept: topics, passages that no row comes near, and suggestions.

    Rows are told apart by embeddings of prompt and response where an embedder is at hand, else by their words: with
    words, clusters of the sample's 500 rows share 0.58 of their information with the documents that the rows name as
    their source (normalised mutual information; 0.37 by chance; prompts alone 0.41). Under LEAST rows there is no map;
    of more than MAPPED as many are drawn, so that the cost has an end.
    """
    kept = [e for e in chosen(entries, context.project.curate.review, "keep", "fixed") if e.row and e.split]
    mapped = kept if len(kept) <= MAPPED else random.Random(context.seed).sample(kept, MAPPED)
    texts = [_text(entry.row) for entry in mapped if entry.row]
    found, passages = [], None
    if len(mapped) >= LEAST:
        space = WordSpace(texts)
        by_words = space.encode(texts)
        found = _topics(mapped, texts, context.meaning.texts(texts) if context.meaning else by_words, context.seed)
        passages = unasked(by_words, space, context.knowledge) if context.knowledge else None
    return {
        "compared_by": context.meaning.name if context.meaning else "words (TF-IDF)",
        "rows": len(mapped),
        "topics": [
            {"name": t.name, "rows": t.rows, "share": round(t.rows / len(mapped), 4), **t.sizes, "example": t.example}
            for t in found
        ],
        "passages": passages,
        "suggestions": [*_thin(found), *_missing(passages), *_crowded(found)],
    }


def _text(row: Row) -> str:
    return f"{asked_text(row)}\n{answer_text(row)}"


def _topics(mapped: Sequence[Entry], texts: Sequence[str], vectors: Matrix, seed: int) -> list[Topic]:
    place_of = topics(vectors, seed).tolist()
    out = []
    for number, telling in enumerate(names(texts, place_of)):
        mine = [entry for entry, place in zip(mapped, place_of, strict=True) if place == number]
        sizes = Counter(entry.split for entry in mine)
        name = ", ".join(telling) or f"like {mine[0].id}"
        out.append(Topic(name, {split: sizes[split] for split in SPLITS}, mine[0].id))
    return out


def unasked(rows: Matrix, space: WordSpace, knowledge: Knowledge) -> dict[str, Any]:
    """Passages of the documents that no row comes near, and the documents of which that is true of half.

    `rows` are the rows' vectors in `space`. A passage counts when its nearest row is farther than three quarters of the
    rows are from their nearest passage, by TF-IDF of all their words. Measured on the sample by taking all rows about a
    subject out, eight times: 25 of their 36 passages are then among the 8 to 13 % that are named. By MiniLM 15 are, so
    words are compared here even where there is an embedder.
    """
    found = [(name, part) for name, whole in zip(knowledge.ids, knowledge.texts, strict=True) for part in _parts(whole)]
    if not found:
        return {"of": 0, "unasked": 0, "documents": [], "listed": []}
    alike = space.encode([passage for _, passage in found]) @ rows.T
    to_row, to_passage = alike.max(axis=1), alike.max(axis=0)
    far = np.flatnonzero(to_row < np.quantile(to_passage, 0.25)).tolist()
    empty = [found[place] for place in sorted(far, key=lambda place: (to_row[place], place))]
    sizes, bare = Counter(name for name, _ in found), Counter(name for name, _ in empty)
    return {
        "of": len(found),
        "unasked": len(empty),
        "documents": sorted(name for name in bare if bare[name] * 2 >= sizes[name]),
        "listed": [{"document": name, "text": shown(passage, 120)} for name, passage in empty[:_LISTED]],
    }


def _parts(document: str) -> list[str]:
    """The paragraphs of a document that say something, headings aside."""
    return [p for p in document.split("\n\n") if not p.lstrip().startswith("#") and len(words(p)) >= _PASSAGE]


def _thin(found: Sequence[Topic]) -> list[str]:
    """Topics that are asked about in the held-out rows and not, or surely less often, in training."""
    trained, asked = (sum(topic.sizes[split] for topic in found) for split in ("train", "heldout"))
    out = []
    for topic in sorted(found, key=lambda topic: topic.sizes["train"]):
        mine, theirs = topic.sizes["train"], topic.sizes["heldout"]
        if theirs and (not mine or wilson(mine, trained)[1] < wilson(theirs, asked)[0]):
            out.append(
                f"Write more about '{topic.name}': {theirs} of {asked} held-out rows are about it, and "
                f"{mine} of {trained} training rows (see {topic.example})."
            )
    return out[:_SUGGESTED]


def _missing(passages: Mapping[str, Any] | None) -> list[str]:
    """Documents and passages that no row asks about."""
    if not passages or not passages["unasked"]:
        return []
    out = []
    if passages["documents"]:
        named, more = passages["documents"][:5], len(passages["documents"]) - 5
        told = ", ".join(f"'{name}'" for name in named) + (f" and {more} more" if more > 0 else "")
        out.append(f"Write rows about {told}: no row comes near half or more of what stands there.")
    first = passages["listed"][0]
    out.append(
        f"No row comes near {passages['unasked']} of {passages['of']} passages of the documents, least of all "
        f"'{shown(first['text'], 60)}' ({first['document']})."
    )
    return out


def _crowded(found: Sequence[Topic]) -> list[str]:
    """Topics whose share of the training rows is surely more than FULL times an even one."""
    trained = sum(topic.sizes["train"] for topic in found)
    out = []
    for topic in found:
        mine = topic.sizes["train"]
        if len(found) > 2 and wilson(mine, trained)[0] > FULL / len(found):
            out.append(
                f"'{topic.name}' is crowded: {mine} of {trained} training rows ({mine / trained:.0%}) are about it, an "
                f"even share would be {trained / len(found):.0f}. Take fewer (--keep chooses), or write about the rest."
            )
    return out[:_SUGGESTED]


def coverage_lines(found: Mapping[str, Any]) -> list[str]:
    """The map on a few lines: how many topics there are, the largest, and what to write more of."""
    if not found["topics"]:
        return []
    largest = "; ".join(f"{topic['name']} ({topic['share']:.0%})" for topic in found["topics"][:3])
    head = f"topics: {len(found['topics'])}, told apart by {found['compared_by']}; the largest: {largest}"
    return [head, *(f"coverage: {sentence}" for sentence in found["suggestions"])]
