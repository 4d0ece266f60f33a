"""The format that nearly all answers keep, as a rule for `format:` in the project file.

Looked for are one JSON object, one of a few fixed labels, and closing lines such as "Source: ...". A rule is taken only
when `answer_format` itself finds at least 90 % of the answers to keep it: it is what curation will judge by.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stepladder.answer_format import FormatRule
from stepladder.config import FormatConfig
from stepladder.records import Row

_KEPT = 0.9  # share of the answers: of data that nobody has curated yet, one in ten may be damaged
_WITHOUT = 0.5  # a kind of rows of which fewer keep the rule does not know it
_FEWEST = 20  # answers that make a habit
_LABELS = (20, 40)  # most different labels, and the longest in characters
_LINE = re.compile(r"([^\W\d_][\w ]{0,24}): \S.*")
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}

Rule = dict[str, Any]


@dataclass(frozen=True)
class Habit:
    """`rule` as the keys of FormatConfig; of `judged` answers `kept` keep it."""

    rule: Rule
    kept: int
    judged: int


def habit_of(rows: Sequence[Row], slices: Sequence[str] = ()) -> Habit | None:
    """The rule of nearly all answers, or of nearly all outside some kinds of rows, which `slices` are the columns for."""
    answers = [row for row in rows if row.kind != "unpaired" or row.label]
    if rule := _rule_of([row.completion_text for row in answers]):
        return _counted(rule, answers)
    for column in slices:
        if rule := _rule_but_for(answers, column):
            return _counted(rule, answers)
    return None


def _rule_but_for(rows: Sequence[Row], column: str) -> Rule | None:
    """The rule that most kinds of rows in `column` keep, with the kinds that do not excepted."""
    kinds: dict[Any, list[str]] = {}
    for row in rows:
        kinds.setdefault(row.metadata.get(column), []).append(row.completion_text)
    rules = {kind: _rule_of(texts) for kind, texts in kinds.items()}
    weights: Counter[str] = Counter()
    for kind, rule in rules.items():
        if rule and kind is not None:
            weights[json.dumps(rule)] += len(kinds[kind])
    if not weights or 2 * weights.most_common(1)[0][1] < len(rows):
        return None
    main: Rule = json.loads(weights.most_common(1)[0][0])
    excepted = [kind for kind, texts in kinds.items() if _share(main, texts) < _WITHOUT]
    others = [text for kind, texts in kinds.items() if kind not in excepted for text in texts]
    if None in excepted or not excepted or _share(main, others) < _KEPT:
        return None
    other = _rule_of([text for kind in excepted for text in kinds[kind]])
    rest = {"otherwise": other} if other else {}
    return {**main, "except_when": {column: excepted[0] if len(excepted) == 1 else excepted}, **rest}


def _rule_of(texts: Sequence[str]) -> Rule | None:
    if len(texts) < _FEWEST:
        return None
    return next((rule for rule in _candidates(texts) if _share(rule, texts) >= _KEPT), None)


def _candidates(texts: Sequence[str]) -> Iterator[Rule]:
    objects = [value for value in map(_object, texts) if value is not None]
    if len(objects) >= _KEPT * len(texts):
        yield {"json_schema": _schema(objects)}
    labels = Counter(text.strip() for text in texts)
    if len(labels) <= min(_LABELS[0], len(texts) // 10) and max(map(len, labels)) <= _LABELS[1]:
        yield {"regex": "|".join(re.escape(label) for label in sorted(labels))}
    endings = Counter(map(_ending, texts))
    keys, _ = endings.most_common(1)[0]
    if keys:
        yield {"lines": [f"{key}: .+" for key in keys]}


def _share(rule: Rule, texts: Sequence[str]) -> float:
    judge = _judge(rule)
    return sum(not judge.faults(text, {}) for text in texts) / len(texts)


def _counted(rule: Rule, rows: Sequence[Row]) -> Habit:
    judge = _judge(rule)
    judged = [row for row in rows if judge.rule_for(row.metadata) is not None]
    kept = sum(not judge.faults(row.completion_text, row.metadata) for row in judged)
    return Habit(rule, kept, len(judged))


def _judge(rule: Rule) -> FormatRule:
    otherwise = FormatConfig(**_fields(rule["otherwise"])) if "otherwise" in rule else None
    return FormatRule.from_config(FormatConfig(**{**_fields(rule), "otherwise": otherwise}))


def _fields(rule: Rule) -> Rule:
    return {**rule, **({"lines": tuple(rule["lines"])} if "lines" in rule else {})}


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _schema(objects: Sequence[dict[str, Any]]) -> Rule:
    """The keys that are in one object of ten or more, required where they are in nine of ten; the types of their values."""
    counts = Counter(key for value in objects for key in value)
    keys = [key for key, count in counts.items() if count >= (1 - _KEPT) * len(objects)]
    required = [key for key in keys if counts[key] >= _KEPT * len(objects)]
    properties = {key: _values([value[key] for value in objects if key in value]) for key in keys}
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _values(values: Sequence[Any]) -> Rule:
    """The types of one value of ten or more; a few texts that come again and again are all that there may be."""
    counts = Counter("null" if value is None else _JSON_TYPES[type(value)] for value in values)
    types = sorted(kind for kind, count in counts.items() if count >= (1 - _KEPT) * len(values))
    texts = Counter(value for value in values if isinstance(value, str))
    if types == ["string"] and len(texts) <= min(_LABELS[0], len(values) // 10):
        return {"enum": sorted(texts)}
    return {"type": types[0] if len(types) == 1 else types}


def _ending(text: str) -> tuple[str, ...]:
    """The keys of the "Key: value" lines that close a text; the first line is the answer and no closing line."""
    keys: list[str] = []
    for line in reversed(text.rstrip().split("\n")[1:]):
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            break
        keys.insert(0, match[1])
    return tuple(keys)
