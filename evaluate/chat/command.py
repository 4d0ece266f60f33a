"""`stepladder chat RUN`: ask, and read what every rung of the ladder answers."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError

from .asking import Asking
from .evaluated import Evaluated, reopen
from .side_by_side import side_by_side

_HELP = "Each prompt stands alone. /next asks a prompt of the dev rows, /quit ends (or Ctrl-D)."


def chat(
    directory: str, *, once: str | None = None, rungs: Sequence[str] | None = None, as_document: bool = False
) -> dict[str, Any]:
    """Ask the rungs of an evaluated run one prompt after the other, or `once`; returns what was said.

    Answers are printed side by side on stdout, or only returned with `as_document`.

    Raises:
        UserError: no evaluated run is there, a rung is not of this run, or nobody is there to type.
    """
    if once is None and (as_document or not sys.stdin.isatty()):
        raise UserError("stepladder chat", "there is no terminal to type at", 'Give the prompt: --once "..."')
    if once is not None and not once.strip():
        raise UserError("--once", "the prompt is empty", "Write a question")
    run = reopen(Path(directory), rungs or ())
    console.say(f"Loading {run.ref.name} with {len(run.adapters)} adapters for {len(run.rungs)} rungs")
    asking = Asking(run)
    prompts = _typed(run, input) if once is None else iter([once])
    return {"run": directory, "asked": [_answered(asking, text, show=not as_document) for text in prompts]}


def _answered(asking: Asking, text: str, *, show: bool) -> dict[str, Any]:
    said = []
    for one in asking.ask(text):
        console.say(f"  {one.rung}: {one.tokens_out} tokens in {one.seconds:.1f} s")
        said.append(one)
    if show:
        print(side_by_side(text, said))
    return {"prompt": text, "answers": [asdict(s) for s in said]}


def _typed(run: Evaluated, ask: Callable[[str], str]) -> Iterator[str]:
    """Prompts as a person types them, until /quit or the end of the input; empty lines are passed over."""
    console.say(_HELP)
    waiting = iter(run.dev)
    while True:
        try:
            text = ask("you> ").strip()
        except EOFError:
            return
        if text == "/quit":
            return
        if text == "/next":
            row = next(waiting, None)
            if row is None:
                console.say("no more dev rows")
                continue
            text = row.prompt_text
        if text:
            yield text
