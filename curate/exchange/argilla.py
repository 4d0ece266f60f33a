"""Argilla: records as `Dataset.records.to_json` writes them, and a script that makes the data set and loads them.

A record is {"id", "fields", "metadata", "suggestions", "responses"} (argilla 2.8, records/_resource.py): what stands
fixed is a field, what a person may change is a question with the row's own answer as the suggestion.
"""

import re
from collections.abc import Mapping
from typing import Any

from stepladder.records import Kind, Row
from stepladder.writing import dumps

from .curated import Curated
from .form import Export, Forms, one_turn, plain, without_tools

_QUESTIONS: Mapping[Kind, tuple[str, str]] = {
    "sft": ("", 'rg.TextQuestion(name="completion")'),
    "preference": (
        ', rg.TextField(name="chosen"), rg.TextField(name="rejected")',
        'rg.LabelQuestion(name="preferred", labels=["chosen", "rejected"])',
    ),
    "unpaired": (', rg.TextField(name="completion")', 'rg.LabelQuestion(name="label", labels=["good", "bad"])'),
}
_SCRIPT = '''"""Makes an Argilla data set of the {kind} rows and loads them; give the address, the key and a file:

    python {kind}.py http://localhost:6900 API_KEY {kind}/train.json
"""

import sys

import argilla as rg

address, key, file = sys.argv[1:]
rg.Argilla(api_url=address, api_key=key)  # becomes the client of everything below
settings = rg.Settings(
    fields=[rg.ChatField(name="prompt"){fields}],
    questions=[{question}],
    allow_extra_metadata=True,
)
dataset = rg.Dataset(name={name} + "-" + file.replace("/", "-").removesuffix(".json"), settings=settings)
dataset.create()
dataset.records.from_json(file)
'''


def argilla(curated: Curated) -> Export:
    """The rows of every split and those held for review, and one script a type."""
    export = Export(
        use=[
            "`python sft.py ADDRESS KEY sft/review.json` loads a file; start with the rows held for review.",
            "What people answered comes back with `dataset.records.to_json(FILE)` and `stepladder curate FILE`.",
        ]
    )
    forms: Forms = {"sft": _sft, "preference": _pair, "unpaired": _judged}
    for kind, form in forms.items():
        written = sum(export.add_splits(curated, kind, form, suffix=".json").values())
        written += export.add_held(curated, kind, form, f"{kind}/review.json")
        if written:
            export.files[f"{kind}.py"] = _script(kind, curated.name)
    return export


def _script(kind: Kind, name: str) -> str:
    fields, question = _QUESTIONS[kind]
    return _SCRIPT.format(kind=kind, fields=fields, question=question, name=dumps(_allowed(name)))


def _sft(row: Row) -> dict[str, Any]:
    return _record(row, {}, {"completion": _text(row, "completion")})


def _pair(row: Row) -> dict[str, Any]:
    return _record(row, {side: _text(row, side) for side in ("chosen", "rejected")}, {"preferred": "chosen"})


def _judged(row: Row) -> dict[str, Any]:
    return _record(row, {"completion": _text(row, "completion")}, {"label": "good" if row.label else "bad"})


def _record(row: Row, fields: dict[str, str], suggested: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "fields": {"prompt": plain(without_tools(row).prompt), **fields},
        "metadata": {key: _scalar(value) for key, value in row.metadata.items()},
        "suggestions": {
            name: {"value": value, "score": None, "agent": "stepladder"} for name, value in suggested.items()
        },
        "responses": {},
        "vectors": {},
    }


def _text(row: Row, answer: str) -> str:
    return plain([one_turn(row.answers[answer])])[0]["content"]


def _allowed(name: str) -> str:
    """A data set's name as Argilla's server takes it: letters, digits, space, - and _, and no - or _ in front."""
    return re.sub(r"[^A-Za-z0-9_ -]", "-", name).lstrip("-_ ") or "rows"


def _scalar(value: Any) -> Any:
    """Argilla's metadata are texts and numbers; anything else becomes JSON text."""
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else dumps(value)
