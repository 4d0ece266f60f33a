"""The structure of an adapter as one self-contained page."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from stepladder import __version__, pages
from stepladder.pages import Column, Markup, Node, Section, charts, element
from stepladder.pages.numerals import MISSING, number

from . import measures
from .slices import slices


def page_of(document: dict[str, Any], decomposed: Mapping[str, measures.Decomposed]) -> str:
    """The page: where the update lies, its spectra, and the matrix that a slider builds up rank by rank."""
    drawn = slices(document["modules"], decomposed)
    sections = [
        Section("where", "Where the update is", _where(document), nav="Where"),
        Section("spectra", "Singular values", _spectra(document["modules"])),
        *(
            [Section("matrix", "The update, rank by rank", _matrix(drawn, document), _LEAD, nav="Matrix")]
            if drawn
            else []
        ),
        Section("modules", "Every module", _modules(document["modules"])),
    ]
    return pages.page(
        "Structure of an adapter",
        sections,
        {"modules": drawn} if drawn else None,
        intro=_intro(document),
        subtitle=f"stepladder {__version__}",
        reader="update",
    )


_LEAD = (
    "The best approximation of the update at each rank: its largest singular values alone. A cell is a block of the matrix, "
    "outputs from top to bottom, inputs from left to right; pale is the weakest block of any rank, full colour the strongest."
)


def _intro(document: dict[str, Any]) -> list[Markup]:
    form, strongest = document["form"], max(document["by_kind"], key=lambda group: group["share_of_energy"])
    ranks = ", ".join(map(str, form["ranks"]))
    used = _median([module["effective_rank"] for module in document["modules"]])
    count = len(document["modules"])
    sentence = f"The median update of {count} modules uses {used:.1f} of rank {ranks}"
    if len(document["dead"]) == count:
        sentence = "This adapter changes nothing: every update is zero"
    if math.fsum(group["norm"] for group in document["by_kind"]):
        detail = f"{strongest['name']} holds {strongest['share_of_energy']:.0%} of the update's energy."
    else:
        detail = ""
    head = pages.verdict("none", sentence, detail, above=document["adapter"], label="adapter")
    facts = pages.facts(
        [
            ("Base", f"{document['base']['name'] or 'not named'}"),
            ("Trained weights", f"{document['parameters']:,} in {count} modules"),
            ("On disk", f"{document['bytes'] / 1e6:,.1f} MB"),
            ("Scale of BA", ", ".join(f"{scale:g}" for scale in form["scales"])),
            ("Norm of the whole update", f"{document['norm']:.4g}"),
            ("Modules without an update", f"{len(document['dead'])}"),
        ]
    )
    notes = [pages.notice(note) for note in document["notes"]]
    if document["dead"]:
        notes.append(pages.notice(f"Without an update: {', '.join(document['dead'])}."))
    return [head, *notes, facts]


def _where(document: dict[str, Any]) -> list[Markup]:
    modules, base = document["modules"], document["base"]
    kinds = list(dict.fromkeys(module["kind"] for module in modules))
    layers = sorted({module["layer"] for module in modules if module["layer"] is not None})
    inside = [module for module in modules if module["layer"] is not None]
    compared = bool(inside) and all(module["relative_norm"] is not None for module in inside)
    field, unit = ("relative_norm", "% of the frozen weight's norm") if compared else ("norm", "Frobenius norm")
    said = None if compared else f"Not compared with the frozen weights: {base['read']}."
    maps = [
        _heat(inside, kinds, layers, field, unit, "How far each weight was moved", said, 100 if compared else 1),
        _heat(
            inside, kinds, layers, "effective_rank", "effective rank", "How many directions each update uses", _ROY, 1
        ),
    ]
    return [*(maps if inside else []), _groups("By kind of module", document["by_kind"])]


_ROY = "exp of the entropy of the singular values (Roy and Vetterli 2007): 1 for a single direction, the rank for equal ones."


def _heat(
    modules: Sequence[dict[str, Any]],
    kinds: Sequence[str],
    layers: Sequence[int],
    field: str,
    unit: str,
    finding: str,
    note: str | None,
    factor: float,
) -> Markup:
    """Modules that share a cell (the experts of a block) are averaged."""
    cells: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for module in modules:
        cells[module["kind"], module["layer"]].append(factor * module[field])
    shown = [kind for kind in kinds if any(kind == known for known, _ in cells)]
    values = [[_mean(cells.get((kind, layer))) for layer in layers] for kind in shown]
    names = _short(shown)
    return charts.heat_map(
        values, names, [str(layer) for layer in layers], finding=finding, column_axis="layer", unit=unit, note=note
    )


def _short(kinds: Sequence[str]) -> list[str]:
    """The last part of each name where that tells them apart."""
    last = [kind.rsplit(".", 1)[-1] for kind in kinds]
    return last if len(set(last)) == len(last) else list(kinds)


def _mean(values: Sequence[float] | None) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _spectra(modules: Sequence[dict[str, Any]]) -> Markup:
    """One spectrum a layer: the root mean square of its modules' values at each place."""
    layers: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for module in modules:
        layers["rest" if module["layer"] is None else f"layer {module['layer']}"].append(module)
    rows = []
    for name, group in layers.items():
        longest = max(len(module["singular_values"]) for module in group)
        squares = [
            math.fsum(m["singular_values"][at] ** 2 for m in group if at < len(m["singular_values"]))
            for at in range(longest)
        ]
        used = math.fsum(module["effective_rank"] for module in group) / len(group)
        rows.append((name, [math.sqrt(square / len(group)) for square in squares], f"{used:.1f} in effect"))
    note = "Root mean square over the modules of a layer, from the largest; behind it the mean effective rank."
    return charts.spectra(rows, finding="The singular values of the update in each layer", digits=4, note=note)


def _matrix(drawn: Sequence[dict[str, Any]], document: dict[str, Any]) -> list[Markup]:
    text = "The slider needs JavaScript; everything else on this page does not."
    left = len(document["modules"]) - len(drawn)
    said = f"The {len(drawn)} strongest modules; {left} more would make this file too large." if left else None
    note = [element("p", {"class": "lead"}, said)] if said else []
    return [*note, element("div", {"id": "update"}, element("p", {"class": "empty"}, text))]


def _groups(caption: str, groups: Sequence[dict[str, Any]]) -> Markup:
    columns: list[Column | str] = ["Module", *(Column(title, True) for title in _TITLES)]
    rows: list[list[Node]] = [
        [
            group["name"],
            f"{group['parameters']:,}",
            f"{group['share_of_energy']:.1%}",
            number(group["norm"], 3),
            _percent(group["relative_norm"]),
            number(group["effective_rank"], 1),
            number(group["stable_rank"], 1),
        ]
        for group in groups
    ]
    return pages.table(caption, columns, rows)


_TITLES = ("Weights", "Energy", "Norm", "Of the frozen norm", "Effective rank", "Stable rank")


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{100 * share:.2g} %"


def _modules(modules: Sequence[dict[str, Any]]) -> Markup:
    titles = ("Rank", "Largest value", *_TITLES[2:])
    columns: list[Column | str] = ["Module", *(Column(title, True) for title in titles)]
    rows: list[list[Node]] = [
        [
            module["module"],
            str(module["rank"]),
            number(module["singular_values"][0], 4),
            number(module["norm"], 3),
            _percent(module["relative_norm"]),
            number(module["effective_rank"], 1),
            number(module["stable_rank"], 1),
        ]
        for module in modules
    ]
    return pages.more(f"All {len(modules)} modules", pages.table("Every adapted module", columns, rows, cards=False))
