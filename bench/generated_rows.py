"""The other side of "500 careful examples": rows as a hurried person would have a small model write them.

    python bench/generated_rows.py [--rows 2000] [--out samples/tern-ferries/generated/rows.jsonl]

Twenty examples of sft.jsonl are the seeds; each batch is shown four of them and the model goes on with a fifth, as in
Self-Instruct (Wang et al. 2023, eight of 175). Sampled at temperature 0.8 and top-p 0.95 from the default model, and left
as it comes: nothing is filtered, deduplicated or repaired, and a sample without an answer is a row with an empty one.
The same seed gives the same rows on one machine; another processor may round differently and then goes its own way.
Run again, it goes on behind the rows that are there.
"""

import argparse
import json
import random
from pathlib import Path

from stepladder import models

SEEDS, SHOWN, TOKENS, BATCH = 20, 4, 110, 64
ASKS, SAYS, END = "Customer:", "Desk:", "\n###"
OPENING = "Questions of customers to the desk of Tern Ferries, and the desk's answers.\n\n"


def main() -> None:
    """Write the rows, a batch at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("samples/tern-ferries/generated/rows.jsonl"))
    parser.add_argument("--sample", type=Path, default=Path("samples/tern-ferries/sft.jsonl"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    done = len(options.out.read_text(encoding="utf-8").splitlines()) if options.out.exists() else 0
    write = Writer(seeds(options.sample))
    with options.out.open("a", encoding="utf-8") as file:
        for start in range(done - done % BATCH, options.rows, BATCH):
            rows = write.batch(start)[done - start if done > start else 0 : options.rows - start]
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            file.flush()
            print(f"{min(start + BATCH, options.rows)} of {options.rows}", flush=True)


def seeds(sample: Path) -> list[str]:
    """Twenty examples of one turn and no passages as text, drawn over the slices, tickets aside."""
    rows = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    plain = [r for r in rows if len(r["prompt"]) == 1 and "passages" not in r and r["slice"] != "ticket"]
    chosen = random.Random(0).sample(plain, SEEDS)
    return [f"{ASKS} {r['prompt'][0]['content']}\n{SAYS} {r['completion'][0]['content']}{END}\n" for r in chosen]


class Writer:
    """The model, and what it goes on with after four of the seeds."""

    def __init__(self, seeds: list[str]) -> None:
        ref = models.resolve("smollm2-135m-instruct")
        self.seeds, self.tokenizer = seeds, models.load_tokenizer(ref)
        self.model = models.load_model(ref, "none").eval()

    def batch(self, start: int) -> list[dict[str, object]]:
        """Rows `start` to `start` + BATCH; each batch has its own seed, so that one can be made without the others."""
        import torch

        from stepladder.evaluate.growing_cache import growing

        shown = "".join(random.Random(f"generated:{start}").sample(self.seeds, SHOWN))
        ids = self.tokenizer(f"{OPENING}{shown}{ASKS}", return_tensors="pt")["input_ids"].to(self.model.device)
        torch.manual_seed(start)
        with torch.inference_mode():
            read = self.model(ids[:, :-1], use_cache=True).past_key_values  # what all rows of the batch begin with
            read.batch_repeat_interleave(BATCH)
            written = self.model.generate(
                ids.expand(BATCH, -1),
                attention_mask=torch.ones_like(ids).expand(BATCH, -1),
                past_key_values=growing(read),
                do_sample=True,
                temperature=0.8,
                top_p=0.95,
                top_k=0,
                max_new_tokens=TOKENS,
                stop_strings=[END],
                tokenizer=self.tokenizer,
                pad_token_id=self.tokenizer.pad_token_id,
            )
        texts = self.tokenizer.batch_decode(written[:, ids.shape[1] :], skip_special_tokens=True)
        return [row(start + i, text) for i, text in enumerate(texts)]


def row(number: int, text: str) -> dict[str, object]:
    """What stands before the next example, cut at the desk's turn."""
    asked, _, said = text.split(END)[0].partition(SAYS)
    turns = [{"role": "user", "content": asked.strip()}], [{"role": "assistant", "content": said.strip()}]
    return {"id": f"tx-{number + 1:04}", "prompt": turns[0], "completion": turns[1]}


if __name__ == "__main__":
    main()
