"""duplicate_exact: another row is the same, in every respect that training sees."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from stepladder.records import Message, Row

from ..check import Finding, dataset_check
from ..text import content_of, normal
from .best import Standings, why


@dataset_check("duplicate_exact", action="drop", needs=("standings",))
def duplicate_exact(rows: Sequence[Row], *, standings: Standings) -> Iterator[tuple[str, Finding]]:
    """Name the row that stays.

    Equal in kind, turns, responses, label and tools once case, white space and punctuation at the edge of words are
    set aside (text.normal); operators, digits and code count. System turns do not. Removing exact duplicates makes a
    model repeat training text ten times less (Lee et al. 2022).
    """
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_key(row)].append(row)
    for group in groups.values():
        best = min(group, key=lambda row: standings(row.id))
        for row in group:
            if row.id != best.id:
                reason = why(standings(best.id), standings(row.id))
                yield row.id, Finding(f"the same row as {best.id} ({best.source}), {reason}", 1.0, 1.0, best.id)


def _key(row: Row) -> str:
    prompt = _turns([m for m in row.prompt if m["role"] != "system"])
    answers = [[name, _turns(messages)] for name, messages in row.answers.items()]
    return json.dumps([row.kind, prompt, answers, row.label, row.tools], sort_keys=True)


def _turns(messages: Sequence[Message]) -> list[object]:
    """Role, text and anything else of each turn."""
    rest = ({k: v for k, v in m.items() if k not in ("role", "content") or isinstance(v, list)} for m in messages)
    return [[m["role"], normal(content_of(m)), other] for m, other in zip(messages, rest, strict=True)]
