"""Label Studio: tasks with the row's own answer as a prediction, and the labelling configuration for each type.

A task is {"data", "predictions": [{"model_version", "result": [{"id", "from_name", "to_name", "type", "value"}]}]}
(labelstud.io/guide/predictions). The answer also stands in `data`, since an export of tasks that nobody has touched holds
their predictions by number only (issue 9709). Which of two answers is better is asked by Choices, not by Pairwise: the
server refuses a Pairwise result as the page writes it (label_studio_sdk 2.1, `LabelInterface.validate_prediction`).
"""

from collections.abc import Mapping
from typing import Any

from stepladder.records import Kind, Row

from .curated import Curated
from .form import HELD, Export, Forms, one_turn, plain, without_tools

_PROMPT = '  <Paragraphs name="prompt" value="$prompt" layout="dialogue" nameKey="role" textKey="content"/>'
_HELD = '  <Header value="$held_because"/>'
_CONTROLS: Mapping[Kind, tuple[str, ...]] = {
    "sft": (
        '  <TextArea name="completion" toName="prompt" editable="true" rows="6" maxSubmissions="1" showSubmitButton="true"/>',
    ),
    "preference": (
        '  <Header value="chosen"/>',
        '  <Text name="chosen" value="$chosen"/>',
        '  <Header value="rejected"/>',
        '  <Text name="rejected" value="$rejected"/>',
        '  <Choices name="preferred" toName="prompt" choice="single-radio">',
        '    <Choice value="chosen"/>',
        '    <Choice value="rejected"/>',
        "  </Choices>",
    ),
    "unpaired": (
        '  <Text name="completion" value="$completion"/>',
        '  <Choices name="label" toName="completion" choice="single-radio">',
        '    <Choice value="good"/>',
        '    <Choice value="bad"/>',
        "  </Choices>",
    ),
}


def label_studio(curated: Curated) -> Export:
    """The tasks of every split and those held for review, and one labelling configuration a type."""
    export = Export(
        use=[
            "Make a project with the labelling configuration TYPE.xml and import a file of that TYPE. Start with the rows held "
            "for review: TYPE/review.json, with TYPE-review.xml, which shows why they are held.",
            "What people answered comes back with Export, JSON, and `stepladder curate FILE`.",
        ]
    )
    forms: Forms = {"sft": _sft, "preference": _pair, "unpaired": _judged}
    for kind, form in forms.items():
        if any(export.add_splits(curated, kind, form, suffix=".json").values()):
            export.files[f"{kind}.xml"] = _configuration(kind)
        if export.add_held(curated, kind, form, f"{kind}/review.json"):
            export.files[f"{kind}-review.xml"] = _configuration(kind, _HELD)
    return export


def _configuration(kind: Kind, *more: str) -> str:
    return "\n".join(["<View>", *more, _PROMPT, *_CONTROLS[kind], "</View>"]) + "\n"


def _sft(row: Row) -> dict[str, Any]:
    text = _text(row, "completion")
    return _task(row, {"completion": text}, "completion", "prompt", "textarea", {"text": [text]})


def _pair(row: Row) -> dict[str, Any]:
    sides = {side: _text(row, side) for side in ("chosen", "rejected")}
    return _task(row, sides, "preferred", "prompt", "choices", {"choices": ["chosen"]})


def _judged(row: Row) -> dict[str, Any]:
    choice = {"choices": ["good" if row.label else "bad"]}
    return _task(row, {"completion": _text(row, "completion")}, "label", "completion", "choices", choice)


def _task(
    row: Row, data: Mapping[str, str], control: str, shown: str, kind: str, value: Mapping[str, Any]
) -> dict[str, Any]:
    """One task: `control` is what a person answers with, `shown` the name of what it is about."""
    metadata = {"metadata": dict(row.metadata)} if row.metadata else {}
    if HELD in row.metadata:  # where the configuration can show it
        metadata = {"metadata": {k: v for k, v in row.metadata.items() if k != HELD}, HELD: row.metadata[HELD]}
    result = {"id": "stepladder", "from_name": control, "to_name": shown, "type": kind, "value": dict(value)}
    return {
        "data": {"id": row.id, "prompt": plain(without_tools(row).prompt), **data, **metadata},
        "predictions": [{"model_version": "stepladder", "result": [result]}],
    }


def _text(row: Row, answer: str) -> str:
    return plain([one_turn(row.answers[answer])])[0]["content"]
