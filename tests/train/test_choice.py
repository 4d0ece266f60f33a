"""Which methods are trained, where they go, and what a dpo starts from."""

from pathlib import Path

import pytest

from stepladder.errors import UserError
from stepladder.train import choice

ALL = {"sft": True, "preference": True, "unpaired": True, "knowledge": True}


@pytest.mark.parametrize(
    ("method", "there", "expected"),
    [
        ("auto", ALL, ("sft", "dpo", "raft")),
        ("auto", {**ALL, "preference": False}, ("sft", "raft")),
        ("auto", {**ALL, "preference": False, "knowledge": False}, ("sft",)),
        ("sft", ALL, ("sft",)),
        ("raft+dpo+sft", ALL, ("sft", "dpo", "raft")),
        ("dpo", {**ALL, "sft": False}, ("dpo",)),
        ("full+kto+sft", ALL, ("sft", "kto", "full")),
        ("pretrain", {**ALL, "sft": False}, ("pretrain",)),
    ],
)
def test_methods_in_the_order_of_training(method: str, there: dict[str, bool], expected: tuple[str, ...]) -> None:
    assert choice.methods_for(method, **there) == expected


@pytest.mark.parametrize(
    ("method", "missing", "says"),
    [
        ("auto", "sft", "no sft rows"),
        ("sft", "sft", "sft needs sft rows"),
        ("sft+dpo", "preference", "dpo needs preference rows"),
        ("raft", "knowledge", "folder of documents"),
        ("kto", "unpaired", "kto needs unpaired rows"),
        ("pretrain", "knowledge", "folder of documents"),
        ("reward", "preference", "reward needs preference rows"),
        ("sft+rag", "", "'rag' is not a method"),
    ],
)
def test_what_is_missing_is_named(method: str, missing: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        choice.methods_for(method, **{name: name != missing for name in ALL})


def test_one_method_fills_the_directory_and_several_a_folder_each() -> None:
    assert choice.directory_of("sft", Path("out"), ("sft",)) == Path("out")
    assert choice.directory_of("dpo", Path("out"), ("sft", "dpo")) == Path("out/dpo")


def test_dpo_starts_from_this_run_the_named_adapter_or_a_sibling(tmp_path: Path) -> None:
    assert choice.starting_adapter("dpo", None, tmp_path, ("sft", "dpo")) == tmp_path / "sft"
    with pytest.raises(UserError, match="starts from an SFT adapter"):
        choice.starting_adapter("dpo", None, tmp_path / "dpo", ("dpo",))
    with pytest.raises(UserError, match=r"--adapter: .*nowhere holds no adapter_model"):
        choice.starting_adapter("dpo", "nowhere", tmp_path, ("sft", "dpo"))
    (tmp_path / "sft").mkdir()
    (tmp_path / "sft" / "adapter_model.safetensors").touch()
    assert choice.starting_adapter("dpo", None, tmp_path / "dpo", ("dpo",)) == tmp_path / "sft"
    assert choice.starting_adapter("dpo", str(tmp_path), tmp_path / "x", ("dpo",)) == tmp_path / "sft"
    assert choice.starting_adapter("dpo", str(tmp_path / "sft"), tmp_path / "x", ("dpo",)) == tmp_path / "sft"


def test_kto_starts_from_an_sft_adapter_where_there_is_one_and_the_others_from_the_base(tmp_path: Path) -> None:
    assert choice.starting_adapter("kto", None, tmp_path / "kto", ("kto",)) is None
    assert choice.starting_adapter("kto", None, tmp_path, ("sft", "kto")) == tmp_path / "sft"
    with pytest.raises(UserError, match="holds no adapter_model"):
        choice.starting_adapter("kto", "nowhere", tmp_path, ("kto",))
    for method in ("sft", "raft", "full", "pretrain"):
        assert choice.starting_adapter(method, "nowhere", tmp_path, ("sft", method)) is None
