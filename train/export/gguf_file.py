"""gguf: the merged model as one file for llama.cpp and Ollama, with tokenizer, chat template and stop token inside."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stepladder.errors import UserError

from .gguf_tokenizer import vocabulary

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Weights = Literal["f16", "q8_0"]
ALLOWED: dict[Weights, float] = {"f16": 0.25, "q8_0": 2.0}
"""How far a logit may be off, in nats. float16 keeps 11 bits of each weight; 0.07 nats were measured on the 135 M model
(research/foundation.md section 8). q8_0 keeps 8 bits of the largest of 32 weights; 0.85 were measured on two dev rows."""

_ARCHITECTURES = {"llama": "LLAMA", "mistral": "LLAMA", "qwen2": "QWEN2", "qwen3": "QWEN3"}


def check(config: Any) -> None:
    """Stop before any work where the architecture is not written here.

    Raises:
        UserError: names another way.
    """
    scaled = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default") != "default"
    if config.model_type not in _ARCHITECTURES or scaled:
        what = (
            f"is a {config.model_type}{' with scaled positions' if scaled else ''}, which is not written as GGUF here"
        )
        todo = "Export --to merged, and convert that folder with llama.cpp's convert_hf_to_gguf.py"
        raise UserError("the model", what, todo)


def write(
    path: Path, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", *, name: str, weights: Weights
) -> None:
    """Write `path` in GGUF version 3: matrices in `weights`, vectors in float32.

    Raises:
        UserError: an architecture or a tokenizer that is not written here.
    """
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, GGUFWriter, get_tensor_name_map

    check(model.config)
    arch = MODEL_ARCH[_ARCHITECTURES[model.config.model_type]]
    writer = GGUFWriter(path, MODEL_ARCH_NAMES[arch])
    _describe(writer, model.config, name, weights)
    embedding: Any = model.get_input_embeddings().weight
    _add_tokenizer(writer, tokenizer, embedding.shape[0])
    names = get_tensor_name_map(arch, model.config.num_hidden_layers)
    tied = model.config.tie_word_embeddings
    for key, tensor in model.state_dict().items():
        if tied and key == "lm_head.weight":
            continue  # a file without an output matrix shares the embedding
        target = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise UserError("the model", f"has a weight that GGUF has no name for ({key})", "Export --to merged")
        _add(writer, target, _as_gguf(key, tensor.float().numpy(), model.config), weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: "GGUFWriter", config: Any, name: str, weights: Weights) -> None:
    from gguf import LlamaFileType

    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_type("model")
    writer.add_name(name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(LlamaFileType.MOSTLY_F16 if weights == "f16" else LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(2)  # the only one in use


def _add_tokenizer(writer: "GGUFWriter", tokenizer: "PreTrainedTokenizerBase", rows: int) -> None:
    words = vocabulary(tokenizer, rows)
    writer.add_tokenizer_model("gpt2")  # llama.cpp's word for byte-level BPE
    writer.add_tokenizer_pre(words.pre)
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.types)
    writer.add_token_merges(words.merges)
    for add, number in (
        (writer.add_bos_token_id, tokenizer.bos_token_id),
        (writer.add_eos_token_id, tokenizer.eos_token_id),
        (writer.add_unk_token_id, tokenizer.unk_token_id),
        (writer.add_pad_token_id, tokenizer.pad_token_id),
    ):
        if number is not None:
            add(int(number))
    writer.add_add_bos_token(False)  # the chat template writes every control token itself
    writer.add_add_space_prefix(False)
    writer.add_chat_template(str(tokenizer.chat_template))


def _as_gguf(key: str, weight: "np.ndarray[Any, Any]", config: Any) -> "np.ndarray[Any, Any]":
    """The weight in llama.cpp's order.

    Its `llama` rotates neighbouring pairs where transformers rotates halves, so the rows of q and k are interleaved: row
    (head, half, i) becomes row (head, i, half). qwen2 and qwen3 rotate halves in both.
    """
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    projection = next((p for p in heads if f".{p}." in key), None)
    if projection is None or _ARCHITECTURES[config.model_type] != "LLAMA":
        return weight
    count = heads[projection]
    halves = weight.reshape(count, 2, weight.shape[0] // count // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def _add(writer: "GGUFWriter", name: str, weight: "np.ndarray[Any, Any]", weights: Weights) -> None:
    import numpy as np
    from gguf import GGMLQuantizationType, quants

    if weight.ndim == 1:
        writer.add_tensor(name, weight.astype(np.float32))
    elif weights == "q8_0" and weight.shape[-1] % 32 == 0:  # it stores 32 weights and their scale together
        kind = GGMLQuantizationType.Q8_0
        writer.add_tensor(name, quants.quantize(weight, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, weight.astype(np.float16))


def load(path: Path) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """The file as transformers reads it: weights de-quantised, tokenizer and template rebuilt from the metadata."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    where = str(path.parent)
    model: Any = AutoModelForCausalLM.from_pretrained(
        where, gguf_file=path.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(where, gguf_file=path.name)
    return model.eval(), tokenizer
