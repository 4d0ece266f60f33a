"""What one rung said to one row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """`status` is ok, refused, error or not_applicable; an error's `output` is empty and `reason` says why.

    `nll`: mean negative log-likelihood of the reference in nats per token, None where the model does not tell. `seconds`:
    what the answer took, a batch's time shared among its answers. `latency`: seconds until it was complete, from the
    start of its batch or request. `stopped`: it ended by itself. `estimated`: an endpoint told no token counts, and the
    base model's tokenizer counted instead.
    """

    output: str
    nll: float | None
    tokens_in: int
    tokens_out: int
    seconds: float
    latency: float
    stopped: bool
    status: str = "ok"
    reason: str = ""
    estimated: bool = False


NOT_APPLICABLE = Response("", None, 0, 0, 0.0, 0.0, False, "not_applicable", "the row names no document")
