"""too_long: the rendered row has more tokens than training takes."""

from stepladder.records import Row

from ..check import Finding, check
from ..tokens import Tokens


@check("too_long", action="review", sees="row", needs=("tokens",))
def too_long(row: Row, *, tokens: Tokens) -> Finding | None:
    """Say how many tokens of the rendered row would be cut off, and how many of them belong to the response.

    Limit: `curate.max_length`, else what the model can take. TRL 1.16 cuts at 1,024 in silence
    (trl #3449); a response cut in the middle teaches to stop there.
    """
    rendered = tokens.fitting(row)
    if not rendered:
        return None
    name, longest = max(rendered.items(), key=lambda item: len(item[1].ids))
    length, limit = len(longest.ids), tokens.max_length
    if length <= limit:
        return None
    cut, whole = min(length - limit, len(longest.completion_ids)), len(longest.completion_ids)
    said = f"{length} tokens where training takes {limit}: {cut} of the {whole} tokens of '{name}' are lost"
    return Finding(said, length, limit)
