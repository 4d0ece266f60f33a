import copy
from pathlib import Path

import pytest

from stepladder import models


@pytest.fixture(scope="module")
def model(tiny_model: Path):
    return models.load_model(models.resolve(str(tiny_model)), "none").eval()


def steps(model, cache, last, count: int):
    """Logits of `count` steps; a row leaves after the third, and the last two tokens are taken back after the fifth."""
    import torch

    seen = []
    for step in range(count):
        out = model(last, past_key_values=cache, use_cache=True).logits[:, -1]
        seen.append(out)
        last = out.argmax(-1, keepdim=True)
        if step == 2:
            cache.batch_select_indices(torch.tensor([0, 2]))
            last = last[[0, 2]]
        if step == 4:
            cache.crop(-2)
    return seen


def test_it_says_what_the_plain_cache_says_to_the_last_bit(model):
    """Also past its room, when a row leaves the batch, and when tokens are taken back and others written over them."""
    import torch

    from stepladder.evaluate.growing_cache import _ROOM, GrowingLayer, growing

    ids = torch.arange(5, 17).reshape(3, 4)
    with torch.inference_mode():
        read = model(ids[:, :-1], use_cache=True).past_key_values
        plain = steps(model, copy.deepcopy(read), ids[:, -1:], _ROOM + 20)
        cache = growing(read)
        assert all(isinstance(layer, GrowingLayer) for layer in cache.layers)
        room = steps(model, cache, ids[:, -1:], _ROOM + 20)
    assert all(torch.equal(a, b) for a, b in zip(plain, room, strict=True))


def test_writing_a_token_does_not_move_the_old_ones(model):
    import torch

    from stepladder.evaluate.growing_cache import growing

    with torch.inference_mode():
        cache = growing(model(torch.arange(5, 9)[None], use_cache=True).past_key_values)
        model(torch.tensor([[3]]), past_key_values=cache, use_cache=True)
        place = cache.layers[0].keys.data_ptr()
        model(torch.tensor([[4]]), past_key_values=cache, use_cache=True)
    assert cache.layers[0].keys.data_ptr() == place
