"""identical_pair: chosen and rejected are the same, so that the pair teaches nothing."""

from typing import TYPE_CHECKING

from stepladder.records import Row, text_of

from ..check import Finding, check

if TYPE_CHECKING:
    from ..tokens import Tokens


@check("identical_pair", action="drop", kinds=("preference",), wants=("tokens",))
def identical_pair(row: Row, *, tokens: "Tokens | None" = None) -> str | Finding | None:
    """Say in what sense both sides are the same: white space aside, case aside, or once the trainer has cut them.

    Equal sides have no gradient in DPO: 144 of 220 pairs of one public set, 0.6 % of UltraFeedback
    (research/curation.md section 6); equal after the cut: OpenRLHF #1311. A pair that differs in case alone can be
    meant, so it is asked about.
    """
    chosen, rejected = (" ".join(text_of(row.answers[side]).split()) for side in ("chosen", "rejected"))
    if _calls(row, "chosen") != _calls(row, "rejected"):
        return None
    if chosen == rejected:
        return "chosen and rejected are the same text"
    if chosen.casefold() == rejected.casefold():
        return Finding("chosen and rejected differ in capitals alone", action="review")
    rendered = tokens.fitting(row) if tokens else {}
    if tokens and len(rendered) == 2:
        sides = [rendered[side].ids[: tokens.max_length] for side in ("chosen", "rejected")]
        if sides[0] == sides[1]:
            return Finding(
                "chosen and rejected are the same once they are cut", value=len(sides[0]), threshold=tokens.max_length
            )
    return None


def _calls(row: Row, side: str) -> list[object]:
    return [m.get("tool_calls") for m in row.answers[side]]
