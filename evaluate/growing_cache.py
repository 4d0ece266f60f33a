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
        super().__init__()  # type: ignore[no-untyped-call]
        self.__dict__.update(layer.__dict__)
        self._room: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new tokens behind the old ones, in place where there is room."""
        keys, values = self.keys, self.values
        if keys is None or values is None or keys.numel() == 0:
            return super().update(key_states, value_states)
        before, after = keys.shape[-2], keys.shape[-2] + key_states.shape[-2]
        if not self._has_room(keys, after):
            self._room = [_with_room(old, after + _ROOM) for old in (keys, values)]
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[:, :, before:after] = new
        here = self._room[0][:, :, :after], self._room[1][:, :, :after]
        self.keys, self.values = here
        return here

    def _has_room(self, keys: torch.Tensor, length: int) -> bool:
        """Whether the keys are still a view of the room (rows that leave the batch make new tensors), and it is long enough."""
        if not self._room or self._room[0].data_ptr() != keys.data_ptr():
            return False
        return self._room[0].shape[0] == keys.shape[0] and self._room[0].shape[2] >= length


def _with_room(old: torch.Tensor, length: int) -> torch.Tensor:
    room = old.new_empty((*old.shape[:2], length, old.shape[3]))
    room[:, :, : old.shape[2]] = old
    return room


def growing(cache: DynamicCache) -> DynamicCache:
    """The same cache, its plain layers with room; sliding-window and other layers stay as they are."""
    cache.layers = [GrowingLayer(layer) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
