"""What a token costs with transformers' own cache and with evaluate/growing_cache.py, and that both say the same.

    python bench/decode_cache.py [--tokens 450] [--batch 64] [--steps 16]

The default model goes on with random tokens; seconds are those of the processor, so that other work on the machine counts
little.
"""

import argparse
import copy
import time

from stepladder import models


def main() -> None:
    """Print seconds a step, and the largest difference between the logits."""
    import torch

    from stepladder.evaluate.growing_cache import growing

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=450)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=16)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = models.load_model(models.resolve("smollm2-135m-instruct"), "none").eval()
    ids = torch.randint(5, 40_000, (1, options.tokens))
    logits = []
    with torch.inference_mode():
        read = model(ids[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
        read.batch_repeat_interleave(options.batch)
        for name, cache in (("transformers", copy.deepcopy(read)), ("growing", growing(read))):
            last, start = ids[:, -1:].expand(options.batch, 1), time.process_time()
            for _ in range(options.steps):
                out = model(last, past_key_values=cache, use_cache=True).logits[:, -1]
                last = out.argmax(-1, keepdim=True)
            print(f"{name:13} {(time.process_time() - start) / options.steps:.3f} s a step")
            logits.append(out)
    print(f"largest difference of the logits: {(logits[0] - logits[1]).abs().max().item():g}")


if __name__ == "__main__":
    main()
