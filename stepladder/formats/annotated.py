"""Exports of annotation tools: an Argilla record or a Label Studio task, laid flat into a row with plain columns.

Argilla writes {"id", "fields", "metadata", "suggestions", "responses"} (`to_json`; argilla/records/_resource.py) or, for
`datasets`, the columns NAME, NAME.suggestion and NAME.responses. Label Studio writes {"id", "data", "annotations",
"predictions"} (labelstud.io/guide/task_format). What people answered wins over what a model suggested.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from stepladder.inputs.item import RowFault
from stepladder.writing import dumps

_ANSWERED, _SUGGESTED = ".responses", ".suggestion"
_OF_TOOL = (_ANSWERED, _SUGGESTED, ".responses.users", ".responses.status", ".suggestion.agent", ".suggestion.score")
_PROMPTS = frozenset(["prompt", "messages", "conversations", "instruction", "question", "query", "input"])
_BESIDE = frozenset(["id", "metadata", "system", "system_prompt", "tools", "context"])


def plain_columns(columns: Iterable[str]) -> list[str]:
    """The columns that `flat` makes of a table with `columns`."""
    return list(dict.fromkeys(name.removesuffix(_ANSWERED).removesuffix(_SUGGESTED) for name in columns))


def is_annotated(value: Mapping[str, Any]) -> bool:
    """Whether a row is an export of one of the two tools."""
    return _is_record(value) or _is_task(value) or _is_flattened(value)


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """An annotated row with its answers as columns beside its fields; any other row unchanged.

    An answer that names one of two answers (a label with the name of a field, or Label Studio's left or right) makes
    that one `chosen` and the other `rejected`.

    Raises:
        RowFault: as many people gave one answer as another.
    """
    if _is_record(row):
        return _record(row)
    if _is_task(row):
        return _task(row)
    return _flattened(row) if _is_flattened(row) else row


def _is_record(row: Mapping[str, Any]) -> bool:
    if not isinstance(row.get("fields"), dict):
        return False
    suggestions, responses = row.get("suggestions"), row.get("responses")
    return (isinstance(suggestions, dict) and all(isinstance(one, dict) for one in suggestions.values())) or (
        isinstance(responses, dict) and all(map(_is_objects, responses.values()))
    )


def _is_task(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("data"), dict) and any(
        isinstance(row.get(key), list) for key in ("annotations", "predictions")
    )


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_flattened(row: Mapping[str, Any]) -> bool:
    return _name_answers(tuple(row))


@lru_cache(maxsize=1024)
def _name_answers(columns: tuple[Any, ...]) -> bool:
    return any(isinstance(name, str) and name.endswith((_ANSWERED, _SUGGESTED)) for name in columns)


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    suggestions, responses = row.get("suggestions") or {}, row.get("responses") or {}
    suggested = {name: given.get("value") for name, given in suggestions.items()}
    answered = {name: _agreed(name, [one.get("value") for one in given]) for name, given in responses.items()}
    metadata = {"metadata": row["metadata"]} if row.get("metadata") else {}
    return {"id": row.get("id"), **_answered(row["fields"], {**suggested, **answered}), **metadata}


def _flattened(row: Mapping[str, Any]) -> dict[str, Any]:
    suggested, answered = {}, {}
    for name, value in row.items():
        if name.endswith(_SUGGESTED) and value is not None:
            suggested[name.removesuffix(_SUGGESTED)] = value
        elif name.endswith(_ANSWERED) and value:
            question = name.removesuffix(_ANSWERED)
            answered[question] = _agreed(question, value if isinstance(value, list) else [value])
    fields = {name: value for name, value in row.items() if not name.endswith(_OF_TOOL) and name != "_server_id"}
    return _answered(fields, {**suggested, **answered})


def _task(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was submitted; without that, the first prediction. `data.id` names the row before the tool's own number does.

    Predictions may stand there as numbers, which say nothing (HumanSignal/label-studio, issue 9709).
    """
    annotations, predictions = (
        [one for one in row.get(key) or [] if isinstance(one, dict)] for key in ("annotations", "predictions")
    )
    submitted = [_results(one) for one in annotations if not one.get("was_cancelled")]
    names = dict.fromkeys(name for given in submitted for name in given)
    answers = {name: _agreed(name, [given[name] for given in submitted if name in given]) for name in names}
    if not submitted and predictions:
        answers = _results(predictions[0])
    sides = {name: _on_side(picked, row["data"]) for name, picked in answers.items() if picked in ("left", "right")}
    return {"id": row.get("id"), **_answered(row["data"], {**answers, **sides})}


def _on_side(side: Any, data: Mapping[str, Any]) -> str:
    """The name of the answer that stood left or right: an export does not say it, so the names must.

    Raises:
        RowFault: they do not, as `chosen` and `rejected`, or `text1` and `text2`, would.
    """
    rivals = sorted(_rivals(data))
    if len(rivals) != 2 or (rivals != ["chosen", "rejected"] and rivals[0][:-1] != rivals[1][:-1]):
        named = " and ".join(f"'{name}'" for name in rivals) or "nothing"
        raise RowFault(
            f"{side} was picked, but of {named} nobody knows which stood there; name them as text1 and text2"
        )
    return rivals[0 if side == "left" else 1]


def _results(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """Control -> answer: the texts of a text area, one choice, or which of two things was picked."""
    found: dict[str, Any] = {}
    results: Any = annotation.get("result")
    for result in results if _is_objects(results) else ():
        name, kind, value = str(result.get("from_name")), result.get("type"), result.get("value")
        if not isinstance(value, dict):
            continue
        if kind == "textarea":
            text = value.get("text")
            found[name] = "\n".join(map(str, text)) if isinstance(text, list) else text
        elif kind == "choices" and len(value.get("choices") or []) == 1:
            found[name] = value["choices"][0]
        elif kind == "pairwise" and value.get("selected") in ("left", "right"):
            found[name] = value["selected"]
    return found


def _agreed(question: str, answers: Sequence[Any]) -> Any:
    """The answer that more people gave than any other."""
    ranked = Counter(dumps(answer) for answer in answers).most_common()
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        raise RowFault(f"{len(answers)} people answered '{question}' in different ways, and none of them prevails")
    return next((answer for answer in answers if dumps(answer) == ranked[0][0]), None)


def _answered(fields: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    row = {**fields, **{name: value for name, value in answers.items() if value is not None}}
    rivals = _rivals(fields)
    for question, picked in answers.items():
        if len(rivals) == 2 and picked in rivals and question not in rivals:
            other = rivals[1 - rivals.index(picked)]
            rest = {name: value for name, value in row.items() if name not in (*rivals, question)}
            return {**rest, "chosen": fields[picked], "rejected": fields[other]}
    return row


def _rivals(fields: Mapping[str, Any]) -> list[str]:
    """The two answers among the fields: `chosen` and `rejected`, or all fields that are no part of the prompt."""
    pair = ["chosen", "rejected"]
    return pair if fields.keys() >= set(pair) else [name for name in fields if name not in _PROMPTS | _BESIDE]
