"""OpenAI's fine-tuning files: chat JSONL for supervised tuning, and pairs for direct preference optimisation.

Supervised rows are {"messages", "tools"?}, where `weight: 0` takes the loss off an earlier turn of the assistant; pairs are
{"input": {"messages", "tools"?}, "preferred_output", "non_preferred_output"} with one assistant message on each side
(developers.openai.com/api/docs/guides/direct-preference-optimization). Other keys are not documented there, so ids and
metadata stay behind.
"""

from typing import Any

from stepladder.records import Row

from .curated import Curated
from .form import Export, Forms, Unfit, one_turn, waits

_METHODS = {
    "sft": '{"type": "supervised"}',
    "preference": '{"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}',
}


def openai(curated: Curated) -> Export:
    """The rows of every split; the README has the calls that upload train and dev and start a job."""
    export = Export(use=["Upload `train.jsonl` and `dev.jsonl`, never `heldout.jsonl`, and start a job:"])
    forms: Forms = {"sft": _messages, "preference": _pair, "unpaired": _no_form}
    for kind, form in forms.items():
        counts = export.add_splits(curated, kind, form)
        if counts["train"]:
            export.use += _call(kind, has_dev=counts["dev"] > 0)
    return export


def _messages(row: Row) -> dict[str, Any]:
    prompt = [{**turn, "weight": 0} if turn["role"] == "assistant" else turn for turn in waits(row.prompt)]
    return {"messages": [*prompt, *row.answers["completion"]], **_tools(row)}


def _pair(row: Row) -> dict[str, Any]:
    chosen, rejected = (one_turn(row.answers[side]) for side in ("chosen", "rejected"))
    asked = {"messages": list(row.prompt), **_tools(row)}
    return {"input": asked, "preferred_output": [chosen], "non_preferred_output": [rejected]}


def _no_form(row: Row) -> dict[str, Any]:
    raise Unfit("OpenAI has no form for unpaired answers")


def _tools(row: Row) -> dict[str, Any]:
    return {} if row.tools is None else {"tools": row.tools}


def _call(kind: str, *, has_dev: bool) -> list[str]:
    named = {"training_file": "train", **({"validation_file": "dev"} if has_dev else {})}
    files = [f'    {key}=client.files.create(file=open("{kind}/{split}.jsonl", "rb"), purpose="fine-tune").id,'
             for key, split in named.items()]  # fmt: skip
    return ["", "```python", "from openai import OpenAI", "", "client = OpenAI()", "client.fine_tuning.jobs.create(",
            '    model="MODEL",  # one that their page lists for this method', *files, f"    method={_METHODS[kind]},", ")",
            "```"]  # fmt: skip
