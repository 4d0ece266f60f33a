"""Rows read as branches of one tree: a beginning that several share goes through the model once, and nothing is padded.

A batch of rows becomes one sequence of the tree's nodes, each with its row position, under a mask that lets it see its
ancestors only. What each node computes is what it would compute in its own row; the gradients add up by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

# Full attention in every layer, rotary positions, and a caller's mask used as it is (read in transformers 5).
FAMILIES = frozenset({"llama", "qwen2", "qwen3", "smollm3", "mistral", "granite", "olmo2"})


@dataclass(frozen=True, slots=True)
class Tree:
    """`tokens`, `positions` and `parents` (-1: none): one a node. `paths[r]`: the nodes of row r."""

    tokens: list[int]
    positions: list[int]
    parents: list[int]
    paths: list[list[int]]

    def mask(self) -> NDArray[np.bool_]:
        """Shape (nodes, nodes): [i, j] is true where node i attends to node j, which is i itself or an ancestor."""
        sees = np.zeros((len(self.tokens), len(self.tokens)), dtype=np.bool_)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                sees[node] = sees[parent]
            sees[node, node] = True
        return sees


def grow(rows: Sequence[Sequence[int]]) -> Tree:
    """The tree of the rows' ids: two rows share their nodes up to the first token where they differ."""
    children: dict[tuple[int, int], int] = {}
    tokens: list[int] = []
    parents: list[int] = []
    positions: list[int] = []
    paths = []
    for row in rows:
        node, path = -1, []
        for position, token in enumerate(row):
            key = (node, token)
            if key not in children:
                children[key] = len(tokens)
                tokens.append(token)
                parents.append(node)
                positions.append(position)
            node = children[key]
            path.append(node)
        paths.append(path)
    return Tree(tokens, positions, parents, paths)


def suits(config: Any) -> bool:
    """Whether a model of this configuration takes a tree's mask: a known family with full attention through SDPA."""
    text = config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ["full_attention"])
    window = getattr(text, "sliding_window", None) if getattr(text, "use_sliding_window", True) else None
    return (
        text.model_type in FAMILIES
        and kinds == {"full_attention"}
        and window is None
        and getattr(config, "_attn_implementation", "sdpa") in ("sdpa", None)
    )


def hidden_states(
    backbone: Any, input_ids: "torch.Tensor", attention_mask: "torch.Tensor", wanted: "torch.Tensor", **options: Any
) -> "torch.Tensor":
    """Last hidden states, shape (number wanted, hidden), of the places where `wanted` (batch, length - 1) is true.

    Rows are padded on the right, as TRL's collators do.
    """
    import torch

    lengths = attention_mask.sum(dim=1).tolist()
    tree = grow([row[:length] for row, length in zip(input_ids.tolist(), lengths, strict=True)])
    device = input_ids.device
    hidden: torch.Tensor = backbone(
        input_ids=torch.tensor([tree.tokens], device=device),
        position_ids=torch.tensor([tree.positions], device=device),
        attention_mask=torch.from_numpy(tree.mask())[None, None].to(device),
        **options,
    ).last_hidden_state[0]
    nodes = [tree.paths[row][place] for row, place in wanted.nonzero().tolist()]
    return hidden[torch.tensor(nodes, device=device, dtype=torch.long)]
