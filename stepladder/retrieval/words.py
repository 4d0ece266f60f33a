"""Text as the terms that BM25 counts: the same for documents and questions, and the same rule for every language.

A term is a whole word or one of its character 4-grams with the word's edges marked. The 4-grams match plurals,
compounds and misspellings without a stemmer or a stop list (McNamee and Mayfield 2004, "Character N-Gram Tokenization
for European Language Text Retrieval", Information Retrieval 7: n = 4 is a good choice for all of them). Scripts that
put no spaces between words give characters and pairs of them, and so does Hangul, whose particles are glued to the noun
(pairs are the practice of Lucene's CJKAnalyzer).
"""

import unicodedata

import regex  # type: ignore[import-untyped]

GRAM = 4

_PAIRED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"(?P<paired>[{_PAIRED}]+)|\p{{N}}+(?:[.,:]\p{{N}}+)*|(?:(?![{_PAIRED}])[\p{{L}}\p{{M}}\p{{N}}])+"
)
_LATIN_MARK = regex.compile(r"(?<=\p{Latin}\p{M}*)\p{M}")
_APOSTROPHE = regex.compile(r"(?<=\p{L})['’](?=\p{L})")


def terms(text: str) -> list[str]:
    """The terms of a text in order, repeated ones repeated; accents on Latin letters, case and width do not count."""
    found: list[str] = []
    for match in _WORD.finditer(_folded(text)):
        word = match[0]
        if match["paired"]:
            found += [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
        else:
            edged = f"_{word}_"
            found += [word, *(edged[i : i + GRAM] for i in range(max(1, len(edged) - GRAM + 1)))]
    return found


def count_words(text: str) -> int:
    """How many words a text has; in scripts without spaces two characters count as one word."""
    return sum((len(m[0]) + 1) // 2 if m["paired"] else 1 for m in _WORD.finditer(text))


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _APOSTROPHE.sub("", _LATIN_MARK.sub("", apart)))
