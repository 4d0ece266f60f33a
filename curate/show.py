"""What curation tells the person at the terminal."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepladder import console

from .card import done, leak_sentence
from .ledger import SPLITS


def show(summary: Mapping[str, Any], out: Path) -> None:
    """Counts, reasons, splits, the leak certificate and the next command, on at most 80 columns."""
    console.say(
        f"{summary['rows_in']} rows in: {summary['kept']} kept, {summary['fixed']} fixed, "
        f"{summary['review']} held for review, {summary['dropped']} dropped"
    )
    reasons = [
        (code, str(found["rows"]), done(found["actions"]))
        for code, found in sorted(summary["codes"].items(), key=lambda item: (-item[1]["rows"], item[0]))
        if found["rows"]
    ]
    if reasons:
        console.table("", ("reason", "rows", "done"), reasons)
    splits = [(kind, *(str(found[s]["rows"]) for s in SPLITS)) for kind, found in summary["splits"].items()]
    if splits:
        console.table("", ("type", *SPLITS), splits)
    console.say("")
    _say(f"leaks: {leak_sentence(summary['leaks'])}")
    for finding in summary["findings"]:
        _say(f"{finding['code']}: {finding['detail']}")
    for remark in summary["remarks"]:
        _say(f"note: {remark}")
    if summary["review"]:
        console.say(f"to decide: {summary['review']} rows in {out / 'review.jsonl'}")
    console.say(f"report: {out / 'report.html'}")
    if any(found["train"]["rows"] for found in summary["splits"].values()):
        console.say(f"next: stepladder train {out} --out {out.parent / 'train'}")
    else:
        console.warn(f"no row is left to train on: see the reasons in {out / 'ledger.jsonl'}")


def _say(text: str) -> None:
    console.say(textwrap.fill(text, 79, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
