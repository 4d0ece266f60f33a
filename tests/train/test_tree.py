"""Rows as branches of one tree: the nodes, the mask, and that the model computes the same for them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stepladder import models
from stepladder.train import head, tree


def test_rows_share_their_beginning_and_see_only_their_own_branch() -> None:
    grown = tree.grow([[5, 6, 7], [5, 6, 8, 9], [4]])
    assert grown.tokens == [5, 6, 7, 8, 9, 4]
    assert grown.positions == [0, 1, 2, 2, 3, 0]
    assert grown.paths == [[0, 1, 2], [0, 1, 3, 4], [5]]
    assert [[int(j) for j in line.nonzero()[0]] for line in grown.mask()] == [
        [0],
        [0, 1],
        [0, 1, 2],
        [0, 1, 3],
        [0, 1, 3, 4],
        [5],
    ]


def test_equal_rows_are_one_branch_and_no_rows_no_tree() -> None:
    assert tree.grow([[1, 2], [1, 2]]).paths == [[0, 1], [0, 1]]
    assert tree.grow([]).mask().shape == (0, 0)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "llama"}, True),
        ({"model_type": "qwen2", "use_sliding_window": False, "sliding_window": 4096}, True),
        ({"model_type": "mistral", "sliding_window": 4096}, False),
        ({"model_type": "gemma3_text"}, False),
        ({"model_type": "qwen3", "layer_types": ["full_attention", "sliding_attention"]}, False),
        ({"model_type": "llama", "_attn_implementation": "eager"}, False),
    ],
)
def test_only_families_with_full_attention_are_packed(config: dict[str, Any], expected: bool) -> None:
    made = SimpleNamespace(**config)
    made.get_text_config = lambda: made
    assert tree.suits(made) is expected


def test_a_model_that_ignores_the_mask_does_not_agree(tiny_model: Path) -> None:
    model = models.load_model(models.resolve(str(tiny_model)), "none")
    rows = [[1, 10, 11, 12, 13], [1, 10, 20, 21, 22, 23]]
    assert head.agrees(model, rows)
    backbone = model.model.forward
    model.model.forward = lambda **given: backbone(**{**given, "attention_mask": None})
    assert not head.agrees(model, rows)
