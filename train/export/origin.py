"""What is exported: the model as it was evaluated, in float32 on the CPU, its tokenizer, and what its training wrote down."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stepladder import console, models
from stepladder.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Origin:
    """`base`: the model's name as the user gave it. `training`: training.json, {} where someone else trained it.

    `sha256` is of the adapter's files, or of the weights of a whole model.
    """

    directory: Path
    base: str
    quantize: models.Quantize
    training: dict[str, Any]
    sha256: str
    is_adapter: bool


def find(directory: Path) -> Origin:
    """What `directory` holds: an adapter that PEFT can load, or a whole model that transformers can load.

    Raises:
        UserError: the adapter's files are not all there.
    """
    training = _json(directory / "training.json")
    if not (directory / "adapter_config.json").is_file():
        ref = models.resolve(str(directory))
        return Origin(directory, str(training.get("base", directory.name)), "none", training, ref.sha256, False)
    sha256 = models.adapter_hash(directory)
    base = training.get("base") or _json(directory / "adapter_config.json").get("base_model_name_or_path")
    if not base:
        raise UserError(str(directory), "names no base model", "Write base_model_name_or_path into adapter_config.json")
    if not training:
        console.warn(
            f"{directory} has no training.json: taken to be trained on {base} as it is, not on a quantised one"
        )
    return Origin(directory, str(base), training.get("quantize", "none"), training, sha256, True)


def load(origin: Origin) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """The model that answers as the evaluated one did: NF4 layers de-quantised, adapter beside them; and its tokenizer.

    Merging into the weights that the adapter was never trained on makes another model, so the base is quantised as in
    training and de-quantised before the merge (issue peft#2321 reports a drop of 6 points of AUC for a 4-bit merge).

    Raises:
        UserError: base weights or chat template are not those of the training, or the adapter does not fit them.
    """
    if not origin.is_adapter:
        ref = models.ModelRef(origin.base, origin.directory, origin.sha256)
        return plain(models.load_model(ref, "none")), models.load_tokenizer(ref)
    ref = models.resolve(origin.base)
    tokenizer = models.load_tokenizer(ref)
    _check_same(origin, ref, tokenizer)
    model = models.load_model(ref, origin.quantize)
    models.dequantise(model)
    return _adapted(plain(model), origin.directory), tokenizer


def plain(model: "PreTrainedModel") -> "PreTrainedModel":
    """The model as an unquantised one in float32 on the CPU, which can be merged into and saved without loss."""
    quantizer: Any = getattr(model, "hf_quantizer", None)
    if quantizer is not None:
        quantizer.remove_quantization_config(model)  # the layers are plain by now; its marks forbid a cast
    model.to("cpu").float()  # type: ignore[arg-type]
    return model


def _check_same(origin: Origin, ref: models.ModelRef, tokenizer: "PreTrainedTokenizerBase") -> None:
    here = {"base_sha256": ref.sha256, "template_sha256": models.template_hash(tokenizer)}
    for key, words in (("base_sha256", "weights"), ("template_sha256", "chat template")):
        if origin.training.get(key, here[key]) != here[key]:
            what = f"was trained on {origin.base} with another {words} than it has now"
            raise UserError(str(origin.directory), what, "Restore the base model of the training, or train again")


def _adapted(model: "PreTrainedModel", directory: Path) -> "PreTrainedModel":
    from peft import PeftModel

    try:
        adapted = PeftModel.from_pretrained(model, str(directory))
    except (RuntimeError, ValueError) as error:
        what = f"does not fit its base model ({str(error).splitlines()[0]})"
        raise UserError(str(directory), what, "Name the base it was trained on in its training.json") from error
    return cast("PreTrainedModel", adapted.eval())


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
