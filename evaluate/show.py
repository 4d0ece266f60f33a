"""The ladder on the terminal."""

from typing import Any

from stepladder import console

from .report.diagnosis import spoken


def show(document: dict[str, Any]) -> None:
    """The ladder as a table of at most 80 columns, and the verdict."""
    primary = document["primary"]["metric"]
    rows = []
    for rung in document["rungs"]:
        m = rung["metrics"][primary]
        cost = rung["cost"]
        rows.append(
            (rung["name"], f"{m['mean']:.3f}", f"{m['low']:.3f} to {m['high']:.3f}" if m["low"] is not None else "",
             f"{cost['tokens_in']:.0f}", f"{cost['seconds_per_answer']:.2f}", rung["label"])
        )  # fmt: skip
    console.table(
        f"{document['heldout']['n']} held-out rows, {primary}",
        ("rung", "mean", "95 % interval", "tokens in", "s/answer", "label"),
        rows,
    )
    if document["empty_answer"] is not None:
        console.say(f"an empty answer would score {document['empty_answer']:.3f}")
    for line in spoken(document):
        console.say(line)
    console.say(f"\n{document['verdict']['sentence']}")
