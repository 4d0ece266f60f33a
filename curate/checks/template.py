"""template: the model's chat template cannot carry the row."""

from stepladder.lost_text import lost_thinking, lost_tools
from stepladder.records import Row
from stepladder.rendering import Rendered, TemplateFault

from ..check import Finding, check
from ..tokens import Tokens


@check("template", action="drop", sees="row", needs=("tokens",))
def template(row: Row, *, tokens: Tokens) -> str | Finding | None:
    """Pass on what the template of --model does to the row: refuses it, drops or alters a turn, or leaves its end open.

    Hard error: what is trained would not be what stands in the file (unsloth #1128, #2095, #2364 and five more).
    Asked about: a response after which generation would not stop, and tools that the model is never told of. A note:
    what earlier turns think, which Qwen3 and others leave out on purpose, in training as when they are asked.
    """
    try:
        rendered = tokens.rendered(row)
    except TemplateFault as fault:
        return str(fault)
    found = (_left_open(one, tokens) or _left_out(row, tokens.text(one)) for one in rendered.values())
    return next(filter(None, found), None)


def _left_open(rendered: Rendered, tokens: Tokens) -> Finding | None:
    last = tokens.open_end(rendered)
    if last is None:
        return None
    said = f"the template ends the response with {last!r}, at which generation does not stop: the model would never "
    said += "learn to end. Name its end token as eos_token_id in generation_config.json, or choose another model"
    return Finding(said, action="review")


def _left_out(row: Row, rendering: str) -> Finding | None:
    if what := lost_tools(row.tools, rendering):
        return Finding(f"the template leaves out {what}, so the model is not told of it", action="review")
    if what := lost_thinking(row.prompt, rendering):
        return Finding(f"the template leaves out {what}, in training as when the model is asked", action="note")
    return None
