"""truncated: the response stops in the middle of a sentence or of a structure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, is_code, is_listing, is_structured, is_verse, last_user_text, lines, words

_END_MARKS = ".!?…。！？｡।؟۔։"
_EMPHASIS = "*_~"
_CLOSERS = "\"'”’»«)]}>）」』】$`"
_OPEN_END = ",:([{–—、，：；"
_NEEDS_MORE = """
and or but nor the a an of because which whose although your our their my
und oder der dem des eine einen et ou les des du una los las
"""
_LINKS = """
to with for from by at in on into is are was were be been will would should could can has have had than as per via
between among
"""
# English words that end a sentence in other languages: "Der Film fängt um acht Uhr an".
_OTHERS = frozenset({"an", "a", "as", "at", "by", "for", "has", "in", "is", "of", "on", "or", "to", "via", "was"})
_IN_ANOTHER = re.compile(
    r"\b(?:der|die|das|ist|und|nicht|ich|wir|het|een|det|och|og|jest|nie|się|les|des|est|los|las|una|os|não)\b", re.I
)
_DANGLING, _LINKING = frozenset(_NEEDS_MORE.split()), frozenset(_LINKS.split())
_SENTENCE_END = re.compile(rf"[{re.escape(_END_MARKS)}][\"'”’»)\]]*\s+|[。！？]")
_FENCE = re.compile(r"(?:```+|~~~+)[^`]*")
_KEY_VALUE = re.compile(r"[^\s:][^:.!?\n]{0,30}:\s")
_EMPTY_KEY = re.compile(r"\s*([^\W\d_][\w ]{1,24}):\s*")
_ADDRESS = re.compile(r"\S*(?:://|@|#|www\.|/|\\|\w\.\w)\S*$")
_NO_END_MARKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


@check("truncated", action="review", wants=("unended", "usual_keys"))
def truncated(
    row: Row,
    *,
    after: int = 6,
    alone: int = 20,
    habit: float = 0.2,
    rare: float = 0.02,
    unended: float = 0.0,
    usual_keys: Mapping[str, float] | None = None,
) -> str | Finding | None:
    """Say where the response breaks off.

    A structure left open (code fence, JSON, table row, list item), a dangling word, or a last line with nothing behind
    a key that opens a line in many responses ("Source:") counts at any length. A missing
    end mark counts in running prose alone: from `after` words beyond the last full sentence (half as many in its
    line); from `alone` words in a response of one sentence, and then only as a note; from half of `alone`, and held,
    where a share `rare` of the responses or less does without (in Dolly 3.8 % do, and nearly all are whole). Where more
    than `habit` do without, it says nothing. modelbrew counts from 20 words; such rates are 0.9 to 10.7 % on sound
    sets, mostly lists (research/curation.md section 4). Lists, verse, code, links, signatures, key-value lines and
    one-word labels may end as they like.
    """
    text = answer_text(row).rstrip()
    if not text:
        return None
    if problem := _open_structure(text):
        return problem
    if (key := _EMPTY_KEY.fullmatch(lines(text)[-1])) and " ".join(key[1].split()).casefold() in (usual_keys or {}):
        return f"the response ends with '{key[1]}:' and nothing behind it"
    if text.endswith("`") or is_code(text):
        return None
    if problem := _broken_end(text) or _announced(text, last_user_text(row)):
        return problem
    count, begun = _words_without_end(text), _SENTENCE_END.search(text) is not None
    limit = after if begun else alone if unended > rare else alone // 2
    if begun and _SENTENCE_END.search(lines(text)[-1]):
        limit = after // 2  # in the same line as full sentences, so no signature
    if unended > habit or count < limit * (2 if _UNSPACED.search(text[-20:]) else 1):
        return None
    said = f"the response ends without an end mark, {count} words into a sentence: '…{text[-40:]}'"
    return Finding(said, count, limit, action=None if begun or unended <= rare else "note")


def _open_structure(text: str) -> str | None:
    if sum(_FENCE.fullmatch(line) is not None for line in lines(text)) % 2:
        return "the response ends inside a code block"
    if re.match(r"[{\[]\s*[\"{\[\d]", text) and (depth := _depth(text)):
        return f"its JSON is not closed ({depth} bracket{'s' * (depth > 1)} open)"
    last = lines(text)
    if len(last) > 1 and re.fullmatch(r"(?:\d+[.)]|[-*•])", last[-1]):
        return f"the response ends with an empty list item ('{last[-1]}')"
    if len(last) > 1 and last[-1].startswith("|") and not last[-1].endswith("|") and last[-2].endswith("|"):
        return "the response ends inside a table row"
    return None


_ANNOUNCES = re.compile(
    r"\b(?:there are (?:two|three|four|five|six|seven|several|some|a few) (?:\w+ )?(?:things|steps|ways|points|"
    r"options|conditions|rules|"
    r"documents|items|reasons|parts|kinds|types|exceptions|possibilities|papers|requirements)(?: (?:to|you|that|for|"
    r"of|we|which)\b[^.!?:\n]{0,50})?"
    r"|(?:is|are|as) (?:as follows|the following|listed below|these)|one of the following (?:happens|applies|is true)|"
    r"(?:needs?|takes?|requires?|has|have) the following(?: \w+){0,3})(?P<mark>[.:])$",
    re.I,
)


_ASKS_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b|\b(?:is|are) there\b|\bcount\b", re.I)


def _announced(text: str, asked: str) -> str | None:
    """A body whose last sentence announces what then does not come; lines such as "Source: fares" are no body.

    With a full stop it may be the whole answer ("There are two kinds."), so then it must be the only sentence, and the
    prompt must not ask how many there are.
    """
    found = lines(text)
    while len(found) > 1 and _KEY_VALUE.match(found[-1]):
        found.pop()
    if not found or not (said := _ANNOUNCES.search(found[-1])):
        return None
    alone = len(found) == 1 and len(_SENTENCE_END.split(found[0].rstrip("."))) <= 2
    if said["mark"] == "." and (not alone or _ASKS_HOW_MANY.search(asked)):
        return None
    return f"the response announces more and ends: '…{found[-1][-60:]}'"


def _depth(text: str) -> int:
    """Brackets still open at the end, or 1 inside a string."""
    depth, inside, escaped = 0, False, False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside, escaped = True, False
        else:
            depth += (char in "{[") - (char in "}]")
    return max(depth, 0) or int(inside)


def _broken_end(text: str) -> str | None:
    """A last character or word after which something must follow."""
    found = words(text[-400:])
    if len(found) < 4:
        return None
    last_line = lines(text)[-1]
    if text[-1] in _OPEN_END and not (text[-1] in ",:：" and len(words(last_line)) <= 4 and last_line != text):
        return f"the response ends with '{text[-1]}'"  # a short last line is a signature ("Yours,") or a form ("Name:")
    if re.search(r"[a-z]{2}-$", text):
        return f"the response ends inside a word: '…{text[-20:]}'"
    open_word = found[-1] in _DANGLING or (len(found) >= 8 and found[-1] in _LINKING)
    if (
        open_word
        and not (found[-1] in _OTHERS and _IN_ANOTHER.search(text))
        and re.search(rf"[^\W\d_]{{2}} {found[-1]}$", text)
        and not is_verse(text)
    ):
        return f"the response ends with '{found[-1]}'"
    return None


def _words_without_end(text: str) -> int:
    """Words since the last end mark, 0 where the text may end without one."""
    last_line = lines(text)[-1].rstrip(_EMPHASIS)
    if not last_line or is_structured(last_line) or _KEY_VALUE.match(last_line):
        return 0
    last = last_line[-1]
    if re.search(r" = [^=]*$", last_line):  # a sum
        return 0
    odd = unicodedata.category(last)[0] in "SC" or last in "\ufe0f\u200d" or _NO_END_MARKS.match(last) is not None
    if last in _END_MARKS or last in _CLOSERS or odd or _ADDRESS.search(last_line[-200:]) or is_verse(text):
        return 0
    rest = _SENTENCE_END.split(last_line)[-1]
    found = words(rest)
    return 0 if is_listing(rest) or is_listing(last_line) or (rest == last_line and _is_title(found)) else len(found)


def _is_title(found: Sequence[str]) -> bool:
    """Whether most longer words are capitalised, or most words are figures: headlines, names and number tables."""
    longer = [word for word in found if len(word) >= 4]
    capitals = sum(word[0].isupper() for word in longer)
    return capitals * 5 >= len(longer) * 3 or sum(word.isdigit() for word in found) * 2 >= len(found)


def share_unended(rows: Sequence[Row]) -> float:
    """Share of the responses of eight words and more that end as prose without an end mark: a habit, not a fault."""
    texts = [text for row in rows if len(words((text := answer_text(row).rstrip())[-200:])) >= 8]
    return sum(_words_without_end(text) > 0 for text in texts) / len(texts) if texts else 0.0
