"""The format rule that answers must follow (`format` in the project file), for curation and evaluation alike."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn

from stepladder.config import FormatConfig
from stepladder.json_schema import json_faults
from stepladder.sentences import sentences


@dataclass(frozen=True)
class FormatRule:
    """What is set is checked, what is not set is free; FormatConfig says what each field means."""

    max_sentences: int | None = None
    lines: tuple[re.Pattern[str], ...] = ()
    regex: re.Pattern[str] | None = None
    json_schema: dict[str, Any] | None = None
    except_when: Mapping[str, Any] = field(default_factory=dict)
    otherwise: "FormatRule | None" = None

    @classmethod
    def from_config(cls, config: FormatConfig) -> "FormatRule":
        """The rule with its regexes compiled.

        Raises:
            re.error: a regex that does not compile; `load_project` has told the user before it comes to that.
        """
        return cls(
            max_sentences=config.max_sentences,
            lines=tuple(re.compile(line) for line in config.lines),
            regex=None if config.regex is None else re.compile(config.regex),
            json_schema=config.json_schema,
            except_when=config.except_when,
            otherwise=None if config.otherwise is None else cls.from_config(config.otherwise),
        )

    def faults(self, text: str, metadata: Mapping[str, Any]) -> list[str]:
        """Everything in which an answer departs from the rule for a row with these metadata; empty: nothing."""
        rule = self.rule_for(metadata)
        if rule is None:
            return []
        positions = [rule._hits(text, line) for line in rule.lines]
        answer = _before(text, min((hit for hits in positions for hit in hits), default=None))
        return [*rule._line_faults(text, positions), *rule._answer_faults(answer), *rule._whole_faults(text)]

    def rule_for(self, metadata: Mapping[str, Any]) -> "FormatRule | None":
        """The rule that judges a row: this one, for excepted rows `otherwise`, or None where there is none."""
        excepted = self.except_when and all(
            key in metadata and _is_any_of(metadata[key], wanted) for key, wanted in self.except_when.items()
        )
        if not excepted:
            return self
        return None if self.otherwise is None else self.otherwise.rule_for(metadata)

    @staticmethod
    def _hits(text: str, line: re.Pattern[str]) -> list[int]:
        """0-based numbers of the lines that match as a whole, whitespace at their end aside."""
        return [number for number, found in enumerate(text.split("\n")) if line.fullmatch(found.rstrip())]

    def _line_faults(self, text: str, positions: list[list[int]]) -> list[str]:
        """Rule lines that are missing, there twice or out of order, and text that follows them."""
        found = []
        for line, hits in zip(self.lines, positions, strict=True):
            if len(hits) != 1:
                found.append(f"{len(hits) or 'no'} line{'s' * (len(hits) > 1)} match{'es' * (not hits)} {line.pattern}")
        if found or not self.lines:
            return found
        order = [hits[0] for hits in positions]
        for number, (before, after) in enumerate(pairwise(order)):
            if before >= after:
                first, second = self.lines[number].pattern, self.lines[number + 1].pattern
                found.append(f"the line for {second} does not follow the one for {first}")
        for number, stray in enumerate(text.split("\n")):
            if number > min(order) and number not in order and stray.strip():
                found.append(f"line {number + 1} is none of the closing lines: {_short(stray)}")
        return found

    def _answer_faults(self, answer: str) -> list[str]:
        """A limit of sentences also asks for one at least."""
        if self.max_sentences is None:
            return []
        count = len(sentences(answer))
        if count == 0:
            return ["there is no answer" + (" before the closing lines" if self.lines else "")]
        return [f"{count} sentences, at most {self.max_sentences}"] if count > self.max_sentences else []

    def _whole_faults(self, text: str) -> list[str]:
        found = []
        if self.regex is not None and not self.regex.fullmatch(text.strip()):
            found.append(f"the text does not match {self.regex.pattern}")
        if self.json_schema is not None:
            found += _json_text_faults(text, self.json_schema)
        return found


class _NotJsonError(ValueError):
    """A constant that Python's parser takes and JSON does not know."""


def _json_text_faults(text: str, schema: dict[str, Any]) -> list[str]:
    """The text must be one JSON value with nothing around it but whitespace; NaN and Infinity are not JSON."""
    try:
        return json_faults(json.loads(text, parse_constant=_refuse), schema)
    except json.JSONDecodeError as error:
        reason = f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
    except _NotJsonError as error:
        reason = f"{error} is no JSON"
    except RecursionError:
        reason = "it is nested too deeply"
    except ValueError:  # Python's limit of 4,300 digits
        reason = "an integer in it is too long"
    return [f"not one JSON value: {reason}"]


def _refuse(constant: str) -> NoReturn:
    raise _NotJsonError(constant)


def _before(text: str, line: int | None) -> str:
    """The lines before the given one; all of them for None."""
    return text if line is None else "\n".join(text.split("\n")[:line])


def _is_any_of(value: Any, wanted: Any) -> bool:
    """Whether a metadata value is the wanted one, or one of a wanted list. CSV files know only text: "1" is 1 here."""
    options = wanted if isinstance(wanted, list | tuple) else [wanted]
    return any(_as_text(value) == _as_text(option) for option in options)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:37] + "..."
