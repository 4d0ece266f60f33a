"""The card of an exported model: what it is, how it is loaded, and how far it is the model that was evaluated."""

from pathlib import Path
from typing import Any

from stepladder.writing import write_text

from .origin import Origin

_LOADING = {
    "merged": """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(".", dtype="float32")  # this directory
tokenizer = AutoTokenizer.from_pretrained(".")
```

or `vllm serve .`, `transformers serve .`.""",
    "gguf": """```sh
llama-server --model model.gguf --jinja --temp 0
```

The chat template and the stop token are in the file; `--temp 0` answers greedily, as was measured.""",
}


def write(folder: Path, found: Origin, document: dict[str, Any]) -> None:
    """Write README.md in the Hugging Face form from export.json's content."""
    method = found.training.get("method", "fine-tuned")
    lines = [
        "---", f"library_name: {document['to'] if document['to'] == 'gguf' else 'transformers'}", "pipeline_tag: text-generation",
        "tags:", *(f"- {tag}" for tag in (str(method), document["to"], "stepladder")), "---", "",
        f"# {found.base}, {method}", "",
        _what(found, document), "", "## Load", "", _LOADING[document["to"]], "", "## Compared with what was evaluated", "",
        f"Loaded again and asked {_prompts(document)}, greedily and at most 64 tokens an answer:", "",
        "| loaded by | same answers | largest difference of a logit | loss before | loss after |", "|---|--:|--:|--:|--:|",
        *(_row(name, check) for name, check in document["checks"].items()), "",
        "## Limits", "",
        "What was measured is in the report of `stepladder evaluate`, on the rows of its own task alone; nothing is known"
        " about other tasks, safety or languages beyond those of its base. The licence is that of the base model and of the"
        " data.",
    ]  # fmt: skip
    write_text(folder / "README.md", "\n".join(lines) + "\n")


def _what(found: Origin, document: dict[str, Any]) -> str:
    if not found.is_adapter:
        return f"The model of `{found.directory.name}` as `{document['to']}`, written by `stepladder export`."
    into = (
        "the weights as they are" if found.quantize == "none" else "the de-quantised NF4 weights that it was trained on"
    )
    return f"An adapter (SHA-256 {found.sha256[:12]}) merged into {into}, written by `stepladder export`."


def _prompts(document: dict[str, Any]) -> str:
    count = next(iter(document["checks"].values()))["prompts"]
    return f"{count} prompts" + (" of the dev rows" if document["prompts_from"].endswith("dev.jsonl") else "")


def _row(name: str, check: dict[str, Any]) -> str:
    loss = check["loss"] or {"before": "", "after": ""}
    far = "" if check["largest_logit_difference"] is None else f"{check['largest_logit_difference']:.2g} nats"
    return f"| {name} | {check['same_answers']} of {check['prompts']} | {far} | {loss['before']} | {loss['after']} |"
