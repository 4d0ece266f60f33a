"""`train --preview`: the tokens that the model will see, row by row, and which of them carry loss."""

import textwrap
from collections.abc import Sequence
from typing import Any

from stepladder import console

from .examples import Example
from .prepare import Run

ROWS = 3
_BETWEEN = "·"  # parts tokens; a token's own spaces and line ends are made visible


def show(run: Run, rows: int = ROWS) -> dict[str, Any]:
    """Print the first, a middle and the longest row, and the totals; return all of it as JSON values."""
    tokenizer = run.base.tokenizer
    shown = [_as_json(tokenizer, example) for example in _chosen(run.train, rows)]
    total, trained = sum(e.tokens for e in run.train), sum(e.trained for e in run.train)
    totals = {
        "rows": len(run.train),
        "tokens": total,
        "tokens_with_loss": trained,
        "share_with_loss": round(trained / max(total, 1), 4),
        "longest": max((e.length for e in run.train), default=0),
    }
    console.heading(f"Preview: {run.method}")
    for row in shown:
        for answer in row["answers"]:
            _print(row["id"], answer)
    console.say(
        f"\n{totals['rows']} rows, {total:,} tokens, {trained:,} of them with loss ({totals['share_with_loss']:.0%});"
        f" the longest row has {totals['longest']:,}"
    )
    return {"method": run.method, "rows": shown, "totals": totals}


def _chosen(rows: Sequence[Example], count: int) -> list[Example]:
    if len(rows) <= count:
        return list(rows)
    longest = max(range(len(rows)), key=lambda i: rows[i].length)
    wanted = dict.fromkeys([0, len(rows) // 2, longest])
    return [rows[i] for i in sorted(wanted)][:count]


def _as_json(tokenizer: Any, example: Example) -> dict[str, Any]:
    names = ("chosen", "rejected") if len(example.answers) > 1 else ("completion",)
    prompt = _texts(tokenizer, example.prompt_ids)
    return {
        "id": example.id,
        "answers": [
            {
                "name": name,
                "tokens": prompt + (texts := _texts(tokenizer, answer)),
                "loss": _scored(tokenizer, example.prompt_ids + answer)
                if example.scored
                else [False] * len(prompt) + [True] * len(texts),
            }
            for name, answer in zip(names, example.answers, strict=True)
        ],
    }


def _scored(tokenizer: Any, ids: Sequence[int]) -> list[bool]:
    """Where a reward model reads its score: the last token that is not padding, which an end token may be as well."""
    last = max((at for at, token in enumerate(ids) if token != tokenizer.pad_token_id), default=len(ids) - 1)
    return [at == last for at in range(len(ids))]


def _texts(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    return [tokenizer.decode([i]) for i in ids]


def _print(identity: str, answer: dict[str, Any]) -> None:
    count = sum(answer["loss"])
    console.say(f"\n{identity} ({answer['name']}): {len(answer['tokens'])} tokens, {count} with loss")
    for carries, label in ((False, "no loss"), (True, "loss")):
        tokens = [_visible(t) for t, loss in zip(answer["tokens"], answer["loss"], strict=True) if loss == carries]
        lines = textwrap.wrap(_BETWEEN.join(tokens), 68, break_on_hyphens=False, drop_whitespace=False)
        for number, line in enumerate(lines):
            _line(label if number == 0 else "", line, carries=carries)


def _line(label: str, text: str, *, carries: bool) -> None:
    """Bold and green where a terminal can show it; the words say the same everywhere."""
    if not console.animated():
        console.say(f"  {label:<8} {text}")
        return
    from rich.console import Console
    from rich.text import Text

    style = "bold green" if carries else "dim"
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"  {label:<8} ") + Text(text, style=style))


def _visible(token: str) -> str:
    return token.replace("\n", "⏎").replace(" ", "␣").replace("\t", "⇥")
