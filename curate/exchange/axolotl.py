"""Axolotl: JSONL of messages, and a YAML file for SFT and one for DPO.

SFT is `type: chat_template` with `message_field_training`, so that earlier turns of the assistant carry no loss here
either (docs/dataset-formats/conversation.qmd, example 5). Pairs are `type: chat_template.default` (docs/rlhf.qmd), whose
reader takes one turn an answer and drops a turn's other keys (prompt_strategies/dpo/chat_template.py).
"""

from typing import Any

import yaml

from stepladder.records import Row
from stepladder.writing import dumps

from .curated import Curated
from .form import Export, Forms, Unfit, one_turn, plain, waits, without_tools

_SFT = {
    "type": "chat_template",
    "field_messages": "messages",
    "message_field_training": "train",
    "roles_to_train": [],
    "train_on_eos": "turn",
}
_PAIRS = {
    "type": "chat_template.default",
    "field_messages": "messages",
    "field_chosen": "chosen",
    "field_rejected": "rejected",
    "message_property_mappings": {"role": "role", "content": "content"},
}
_WHY = (
    "# A part of an Axolotl configuration: add base_model, adapter and the rest. Paths are relative to the folder that\n"
    "# Axolotl is started in. heldout.jsonl is named nowhere: it is for measuring when training is over.\n"
)


def axolotl(curated: Curated) -> Export:
    """The rows of every split, `sft.yaml` and `preference.yaml`."""
    export = Export(
        use=["Put the lines of `sft.yaml` or `preference.yaml` into your configuration, then `axolotl train`."]
    )
    forms: Forms = {"sft": _messages, "preference": _pair, "unpaired": _no_form}
    for kind, form in forms.items():
        counts = export.add_splits(curated, kind, form)
        if counts["train"]:
            export.files[f"{kind}.yaml"] = _WHY + _configuration(kind, has_dev=counts["dev"] > 0)
    return export


def _messages(row: Row) -> dict[str, Any]:
    prompt = [{**turn, "train": False} for turn in waits(row.prompt)]
    answer = [{**turn, "train": turn["role"] == "assistant"} for turn in row.answers["completion"]]
    return _with_rest(row, {"messages": [*prompt, *answer]})


def _pair(row: Row) -> dict[str, Any]:
    chosen, rejected = (one_turn(plain(row.answers[side])) for side in ("chosen", "rejected"))
    prompt = plain(waits(without_tools(row).prompt))
    return _with_rest(row, {"messages": prompt, "chosen": chosen, "rejected": rejected})


def _no_form(row: Row) -> dict[str, Any]:
    raise Unfit("Axolotl's forms for unpaired answers fix the template and hold no conversations")


def _with_rest(row: Row, said: dict[str, Any]) -> dict[str, Any]:
    """Metadata as JSON text: a column of objects that differ from row to row is more than Arrow can type."""
    tools = {} if row.tools is None else {"tools": row.tools}
    metadata = {"metadata": dumps(dict(row.metadata))} if row.metadata else {}
    return {"id": row.id, **said, **tools, **metadata}


def _configuration(kind: str, *, has_dev: bool) -> str:
    form = _SFT if kind == "sft" else _PAIRS
    named = {"ds_type": "json", "split": "train", **form}
    lines: dict[str, Any] = {} if kind == "sft" else {"rl": "dpo"}
    lines["datasets"] = [{"path": f"{kind}/train.jsonl", **named}]
    if has_dev:
        lines["test_datasets"] = [{"path": f"{kind}/dev.jsonl", **named}]
    return yaml.dump(lines, Dumper=_Plain, sort_keys=False)


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which nobody reads with pleasure."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out wherever it stands."""
        return True
