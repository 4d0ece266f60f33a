"""What curation tells the person at the terminal."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepladder import console

from .card import done, leak_sentence
from .coverage import coverage_lines
from .ledger import SPLITS
from .rates import share
from .select import selection_sentence


def show(summary: Mapping[str, Any], out: Path) -> None:
    """Counts, reasons, splits, the leak certificate and the next command, on at most 80 columns."""
    console.say(
        f"{summary['rows_in']} rows in: {summary['kept']} kept, {summary['fixed']} fixed, "
        f"{summary['review']} held for review, {summary['dropped']} dropped"
    )
    reasons = [
        (code, str(found["rows"]), share(found["rows"], summary["rows_in"]), done(found["actions"]))
        for code, found in sorted(summary["codes"].items(), key=lambda item: (-item[1]["rows"], item[0]))
        if found["rows"]
    ]
    if reasons:
        console.table("", ("reason", "rows", f"of {summary['rows_in']:,}, 95 % interval", "done"), reasons)
    splits = [(kind, *(str(found[s]["rows"]) for s in SPLITS)) for kind, found in summary["splits"].items()]
    if splits:
        console.table("", ("type", *SPLITS), splits)
    console.say("")
    _say(f"leaks: {leak_sentence(summary['leaks'])}")
    for about in ("benchmarks", "lengths", "preference"):
        if summary[about]:
            _say(f"{about}: {summary[about]['sentence']}")
    if summary["selection"]:
        _say(f"selection: {selection_sentence(summary['selection'])}")
    for line in coverage_lines(summary["coverage"]):
        _say(line)
    if summary["selectors"]["sentence"]:
        _say(f"scores: {summary['selectors']['sentence']}")
    for finding in summary["findings"]:
        _say(f"{finding['code']}: {finding['detail']}")
    for remark in summary["remarks"]:
        _say(f"note: {remark}")
    decided = summary["decisions"]
    if any(decided[name] for name in ("accepted", "edited", "rejected")):
        console.say(
            f"decided: {decided['accepted']} accepted, {decided['edited']} edited, {decided['rejected']} rejected"
        )
    if decided["unused"]:
        _say(f"note: {decided['unused']} decisions are not used: their rows have changed or are no longer there")
    if summary["review"]:
        console.say(f"to decide: {summary['review']} rows: stepladder review {out}")
    _say(f"to look at: {summary['queue']['sentence']}")
    console.say(f"report: {out / 'report.html'}")
    if any(found["train"]["rows"] for found in summary["splits"].values()):
        console.say(f"next: stepladder train {out} --out {out.parent / 'train'}")
    else:
        console.warn(f"no row is left to train on: see the reasons in {out / 'ledger.jsonl'}")


def _say(text: str) -> None:
    console.say(textwrap.fill(text, 79, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
