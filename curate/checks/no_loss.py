"""no_loss: after the cut no token of the response is left to learn from."""

from stepladder.records import Row

from ..check import Finding, check
from ..tokens import Tokens


@check("no_loss", action="drop", sees="row", needs=("tokens",))
def no_loss(row: Row, *, tokens: Tokens) -> Finding | None:
    """Say that the prompt alone fills what training takes.

    Hard error: trl #6320 and #6321 filter such rows unnamed; before, they gave NaN.
    """
    rendered = tokens.fitting(row)
    prompt = max((len(r.prompt_ids) for r in rendered.values()), default=0)
    if prompt < tokens.max_length:
        return None
    return Finding(
        f"the prompt alone has {prompt} tokens, and training takes {tokens.max_length}", prompt, tokens.max_length
    )
