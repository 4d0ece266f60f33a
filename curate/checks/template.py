"""template: the model's chat template cannot carry the row."""

from stepladder.records import Row
from stepladder.rendering import TemplateFault

from ..check import check
from ..tokens import Tokens


@check("template", action="drop", sees="row", needs=("tokens",))
def template(row: Row, *, tokens: Tokens) -> str | None:
    """Pass on what the template of --model does to the row: refuses it, or drops or alters a turn.

    Hard error: what is trained would not be what stands in the file (unsloth #1128, #2095, #2364 and five more).
    """
    try:
        tokens.rendered(row)
    except TemplateFault as fault:
        return str(fault)
    return None
