"""identical_pair: chosen and rejected are the same, so that the pair teaches nothing."""

from typing import TYPE_CHECKING

from stepladder.records import Row

from ..check import Finding, check
from ..preferences import same_but_for_typing, side_text, typed

if TYPE_CHECKING:
    from ..tokens import Tokens


@check("identical_pair", action="drop", kinds=("preference",), wants=("tokens",))
def identical_pair(row: Row, *, tokens: "Tokens | None" = None) -> str | Finding | None:
    """Say in what sense both sides are the same: white space aside, case and typography aside, or once they are cut.

    Equal sides have no gradient in DPO: 144 of 220 pairs of one public set, 0.6 % of UltraFeedback
    (research/curation.md section 6); equal after the trainer's cut: OpenRLHF #1311. A pair that differs in capitals or
    in the kind of quotation marks and dashes alone can be meant, so it is asked about.
    """
    chosen, rejected = (" ".join(side_text(row, side).split()) for side in ("chosen", "rejected"))
    if _calls(row, "chosen") != _calls(row, "rejected"):
        return None
    if chosen == rejected:
        return "chosen and rejected are the same text"
    if apart := _typing(chosen, rejected):
        return Finding(f"chosen and rejected differ in {apart} alone", action="review")
    rendered = tokens.fitting(row) if tokens else {}
    if tokens and len(rendered) == 2:
        sides = [rendered[side].ids[: tokens.max_length] for side in ("chosen", "rejected")]
        if sides[0] == sides[1]:
            return Finding(
                "chosen and rejected are the same once they are cut", value=len(sides[0]), threshold=tokens.max_length
            )
    return None


def _typing(chosen: str, rejected: str) -> str | None:
    """What sets two texts apart when it is how they are typed: capitals, the kind of marks, or both."""
    if chosen.casefold() == rejected.casefold():
        return "capitals"
    if typed(chosen) == typed(rejected):
        return "the kind of quotation marks or dashes"
    return "capitals and the kind of quotation marks or dashes" if same_but_for_typing(chosen, rejected) else None


def _calls(row: Row, side: str) -> list[object]:
    return [m.get("tool_calls") for m in row.answers[side]]
