"""LLaMA-Factory: JSONL of messages, dataset_info.json, and a YAML file for each stage.

`formatting: sharegpt` with OpenAI's names as tags (data/README.md). Its converter (data/converter.py) skips in silence a
row whose turns do not alternate between user and assistant, so such a row is left out here, and said.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import yaml

from stepladder.records import Message, Row
from stepladder.writing import dumps

from .curated import Curated
from .form import Export, Forms, Unfit, one_turn, plain, without_tools

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
_COLUMNS = {
    "sft": {"messages": "messages"},
    "preference": {"messages": "messages", "chosen": "chosen", "rejected": "rejected"},
    "unpaired": {"messages": "messages", "kto_tag": "kto_tag"},
}
_STAGES = {"sft": "sft", "preference": "dpo", "unpaired": "kto"}
_WHY = (
    "# A part of a LLaMA-Factory configuration: add model_name_or_path, template and the rest. Start it in this folder.\n"
    "# The held-out rows are not in dataset_info.json: they are for measuring when training is over.\n"
)


def llama_factory(curated: Curated) -> Export:
    """The rows of every split, `dataset_info.json` for train and dev, and one YAML file a stage."""
    export = Export(use=["`llamafactory-cli train sft.yaml` (or `preference.yaml`, `unpaired.yaml`), in this folder."])
    forms: Forms = {"sft": _messages, "preference": _pair, "unpaired": _judged}
    info: dict[str, Any] = {}
    for kind, form in forms.items():
        counts = export.add_splits(curated, kind, form)
        described = {split: _entry(kind, split) for split in ("train", "dev") if counts[split]}
        info |= {f"{kind}_{split}": entry for split, entry in described.items()}
        if counts["train"]:
            export.files[f"{kind}.yaml"] = _WHY + _configuration(kind, has_dev="dev" in described)
    export.files["dataset_info.json"] = dumps(info, indent=2) + "\n"
    return export


def _messages(row: Row) -> dict[str, Any]:
    answer = one_turn(plain(row.answers["completion"]))
    return _with_rest(row, {"messages": [*_alternating(row), answer]})


def _pair(row: Row) -> dict[str, Any]:
    chosen, rejected = (one_turn(plain(row.answers[side])) for side in ("chosen", "rejected"))
    return _with_rest(row, {"messages": _alternating(row), "chosen": chosen, "rejected": rejected})


def _judged(row: Row) -> dict[str, Any]:
    return {**_messages(row), "kto_tag": bool(row.label)}


def _alternating(row: Row) -> Sequence[Message]:
    turns = plain(without_tools(row).prompt)
    spoken = turns[1:] if turns and turns[0]["role"] == "system" else turns
    fits = all(turn["role"] == role for turn, role in zip(spoken, cycle(("user", "assistant")), strict=False))
    if not fits or len(spoken) % 2 == 0:
        raise Unfit("their turns do not alternate between user and assistant, and LLaMA-Factory would skip them")
    return turns


def _with_rest(row: Row, said: dict[str, Any]) -> dict[str, Any]:
    """Metadata as JSON text: a column of objects that differ from row to row is more than Arrow can type."""
    return {"id": row.id, **said, **({"metadata": dumps(dict(row.metadata))} if row.metadata else {})}


def _entry(kind: str, split: str) -> dict[str, Any]:
    ranking = {"ranking": True} if kind == "preference" else {}
    columns = _COLUMNS[kind]
    return {
        "file_name": f"{kind}/{split}.jsonl",
        "formatting": "sharegpt",
        **ranking,
        "columns": columns,
        "tags": _TAGS,
    }


def _configuration(kind: str, *, has_dev: bool) -> str:
    """`mask_history`: earlier turns of the assistant carry no loss, as in Stepladder; without it they do."""
    lines: dict[str, Any] = {"stage": _STAGES[kind], "dataset_dir": ".", "dataset": f"{kind}_train"}
    if has_dev:
        lines["eval_dataset"] = f"{kind}_dev"
    if kind == "sft":
        lines["mask_history"] = True
    return yaml.safe_dump(lines, sort_keys=False)
