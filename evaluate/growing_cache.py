"""A key-value cache with room at its end, so that writing a token copies a token and not all that stands before it.

transformers' DynamicLayer joins old and new into a fresh tensor at each step, which a CPU's memory pays for: with
64 rows behind 450 tokens, half of a step's time (bench/decode_cache.py).
"""

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

_ROOM = 64  # tokens; what is not used is memory held for nothing, a smaller room is copied more often


class GrowingLayer(DynamicLayer):
    """One layer's keys and values, each of shape (batch, heads, tokens, head size), as views of larger tensors."""

    def __init__(self, layer: DynamicLayer) -> None:
        super().__init__()
        self.__dict__.update(layer.__dict__)
        self._room: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new tokens behind the old ones, in place where there is room."""
        if not self.is_initialized or self.keys.numel() == 0:
            return super().update(key_states, value_states)
        before, after = self.keys.shape[-2], self.keys.shape[-2] + key_states.shape[-2]
        if not self._has_room(after):
            self._room = [_with_room(old, after + _ROOM) for old in (self.keys, self.values)]
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[:, :, before:after] = new
        self.keys, self.values = (room[:, :, :after] for room in self._room)
        return self.keys, self.values

    def _has_room(self, length: int) -> bool:
        """Whether the keys are still a view of the room (rows that leave the batch make new tensors), and it is long enough."""
        return bool(self._room) and self._room[0].data_ptr() == self.keys.data_ptr() and (
            self._room[0].shape[0] == self.keys.shape[0] and self._room[0].shape[2] >= length
        )  # fmt: skip


def _with_room(old: torch.Tensor, length: int) -> torch.Tensor:
    room = old.new_empty((*old.shape[:2], length, old.shape[3]))
    room[:, :, : old.shape[2]] = old
    return room


def growing(cache: DynamicCache) -> DynamicCache:
    """The same cache, its plain layers with room; sliding-window and other layers stay as they are."""
    cache.layers = [GrowingLayer(layer) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
