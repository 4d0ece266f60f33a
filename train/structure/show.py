"""The structure of an adapter at the terminal, in 80 columns."""

import textwrap
from typing import Any

from stepladder import console

_SHOWN = 12  # layers: more are on the page


def show(document: dict[str, Any]) -> None:
    """Say what form the adapter has, where its energy lies, and what is odd."""
    form = document["form"]
    ranks = ", ".join(str(rank) for rank in form["ranks"])
    scales = ", ".join(f"{scale:g}" for scale in form["scales"])
    size = document["bytes"] / 1e6
    console.heading(f"Adapter: {document['adapter']}")
    console.say(
        f"rank {ranks}, scale {scales}; {document['parameters']:,} weights in {len(document['modules'])} modules"
    )
    console.say(f"{size:,.1f} MB on disk; Frobenius norm of the whole update {document['norm']:.4g}")
    for note in [*document["notes"], *_told(document)]:
        console.say(textwrap.fill(note, 79, subsequent_indent="  "))
    console.table("By kind of module", _COLUMNS, [_row(group) for group in document["by_kind"]])
    layers = document["by_layer"]
    strongest = sorted(layers, key=lambda group: -group["share_of_energy"])[:_SHOWN]
    kept = [group for group in layers if group in strongest]
    title = "By layer" if len(kept) == len(layers) else f"By layer (the {_SHOWN} of {len(layers)} with most energy)"
    console.table(title, _COLUMNS, [_row(group) for group in kept])


_COLUMNS = ("part", "weights", "energy %", "norm", "of frozen %", "eff. rank", "stable rank")


def _row(group: dict[str, Any]) -> list[str]:
    relative = group["relative_norm"]
    return [
        group["name"],
        f"{group['parameters']:,}",
        f"{100 * group['share_of_energy']:.1f}",
        f"{group['norm']:.3g}",
        "–" if relative is None else f"{100 * relative:.2g}",
        f"{group['effective_rank']:.1f}",
        f"{group['stable_rank']:.1f}",
    ]


def _told(document: dict[str, Any]) -> list[str]:
    """What was found out about the base and about modules without an update."""
    said, dead, count = [], document["dead"], len(document["modules"])
    base = document["base"]
    if not base["weights_found"]:
        said.append(f"Norms are not compared with the frozen weights: {base['read']}")
    elif base["weights_found"] < count:
        said.append(f"Frozen weights were found for {base['weights_found']} of {count} modules of {base['read']}")
    if dead:
        named = ", ".join(dead[:3]) + (f" and {len(dead) - 3} more" if len(dead) > 3 else "")
        said.append(f"Dead: {len(dead)} of {count} modules have no update, {named}")
    return said
