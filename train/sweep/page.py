"""A sweep as one self-contained page."""

from collections.abc import Mapping, Sequence
from typing import Any

from stepladder import __version__, pages
from stepladder.pages import Column, Markup, Node, Section, charts, element
from stepladder.pages.numerals import MISSING, interval, number

from .summary import sentence


def page_of(document: Mapping[str, Any]) -> str:
    """The page: quality against rank, what each rank costs, the structure of the update, and answers side by side."""
    sections = [
        Section("quality", "Quality against rank", _quality(document), _CHOSEN_ON),
        Section("cost", "What each rank costs", _cost(document["points"]), _rate_rule(document), nav="Cost"),
        Section("structure", "What the updates are like", _structure(document["points"]), nav="Structure"),
        Section("answers", "The same prompts at each rank", _answers(document), _OF_FIRST, nav="Answers"),
    ]
    return pages.page("Rank sweep", sections, intro=_intro(document), subtitle=f"stepladder {__version__}")


_CHOSEN_ON = (
    "Each run kept its best epoch on the same dev rows, so all losses are a little low; held-out rows are untouched."
)
_OF_FIRST = "Greedy answers of the first seed to dev rows, none of which was trained on."


def _intro(document: Mapping[str, Any]) -> list[Markup]:
    seeds = document["seeds"]
    several = f"{len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds[0]}"
    above = f"{document['base']} · {document['dev_rows']} dev rows · {several}"
    head = pages.verdict("none", f"{sentence(document)}.", _DETAIL, above=above, label="on dev")
    notices = []
    if document["quick"]:
        notices.append(pages.notice("A quick run on a part of the rows: the differences are those of that part."))
    if len(seeds) == 1:
        notices.append(pages.notice("One seed: the intervals are for other rows, and say nothing of other seeds."))
    return [head, *notices]


_DETAIL = (
    "Not shown to be worse is not the same as equal: the interval of the difference says how much worse it could be."
)


def _quality(document: Mapping[str, Any]) -> list[Markup]:
    points = document["points"]
    rows, best = document["dev_rows"], document["best"]
    losses = charts.interval_ladder(
        [_rung(point["name"], point["dev_loss"], rows) for point in reversed(points)],
        finding="Dev loss at each rank: lower is better",
        axis="nats a token",
        chosen=best,
        line=None,
    )
    others = [point for point in reversed(points) if point["name"] != best]
    above = charts.interval_ladder(
        [_rung(point["name"], point["above_best"], rows, "worse" if point["shown_worse"] else "") for point in others],
        finding=f"How much more than {best}, row by row",
        axis="nats a token",
        line=(0.0, "no difference"),
        note="All ranks read the same rows, so what makes one row harder than another is not in these differences.",
    )
    return [pages.columns(losses, above if others else ""), *_format(points), *_tried(document["tried"])]


def _rung(name: str, estimate: Mapping[str, float | None], n: int, status: str = "") -> charts.Rung:
    return charts.Rung(name, estimate["mean"], estimate["low"], estimate["high"], n, status)


def _format(points: Sequence[Mapping[str, Any]]) -> list[Markup]:
    if any(point["format"] is None for point in points):
        return []
    columns: list[Column | str] = ["Rank", Column("Answers in the format", True), Column("95 % interval", True)]
    rows: list[list[Node]] = [
        [
            point["name"],
            f"{point['format']['mean']:.0%}",
            interval(point["format"]["low"], point["format"]["high"]),
        ]
        for point in points
    ]
    return [pages.table("Answers that keep the project's format rule", columns, rows)]


def _tried(tried: Sequence[Mapping[str, Any]]) -> list[Markup]:
    if not tried:
        return []
    columns: list[Column | str] = ["Rank", Column("Learning rate", True), Column("Dev loss", True)]
    rows: list[list[Node]] = [
        [each["name"], f"{each['learning_rate']:.2g}", number(each["dev_loss"], 4)] for each in tried
    ]
    return [pages.more("Learning rates that were tried", pages.table("At the first seed", columns, rows))]


def _rate_rule(document: Mapping[str, Any]) -> str:
    """Where the learning rates come from."""
    if document["tried"]:
        return "Each rank has the learning rate of lowest dev loss among those that were tried."
    return (
        "One learning rate for all ranks: with the scale fixed the best one hardly depends on the rank (LoRA Without Regret, "
        "2025). --rates tries several."
    )


def _cost(points: Sequence[Mapping[str, Any]]) -> Markup:
    titles = ("Learning rate", "Rate × scale", "Trained weights", "On disk, MB", "Training, s")
    columns: list[Column | str] = ["Rank", *(Column(title, True) for title in titles)]
    rows: list[list[Node]] = [
        [
            point["name"],
            f"{point['learning_rate']:.2g}",
            MISSING if point["scale"] is None else f"{point['learning_rate'] * point['scale']:.2g}",
            f"{point['parameters']:,}",
            f"{point['bytes'] / 1e6:,.2f}",
            f"{point['seconds']:,.1f}",
        ]
        for point in points
    ]
    return pages.table("Size and time; the scale is that of BA, alpha / rank", columns, rows)


def _structure(points: Sequence[Mapping[str, Any]]) -> list[Markup]:
    low = [point for point in points if point["by_layer"]]
    layers = [group["layer"] for group in low[0]["by_layer"]] if low else []
    values = [[group["effective_rank"] / point["rank"] for group in point["by_layer"]] for point in low]
    chart = charts.heat_map(
        values,
        [point["name"] for point in low],
        layers,
        finding="How much of its rank each update uses",
        column_axis="layer",
        unit="effective rank as a share of the rank",
        note="Effective rank: exp of the entropy of the singular values (Roy and Vetterli 2007), the mean over a layer.",
    )
    titles = ("Effective rank", "Stable rank", "Norm of the update")
    columns: list[Column | str] = ["Rank", *(Column(title, True) for title in titles)]
    rows: list[list[Node]] = [
        [point["name"], number(point["effective_rank"]), number(point["stable_rank"]), number(point["norm"], 3)]
        for point in low
    ]
    table = pages.table("Means over the modules and seeds", columns, rows)
    command = f"stepladder inspect cells/{low[-1]['directories'][0]} --out adapter.html" if low else ""
    return [chart, table, element("p", None, "Each update layer by layer, and rank by rank:"), pages.code(command)]


def _answers(document: Mapping[str, Any]) -> list[Markup]:
    return [
        element(
            "div",
            {"class": "question"},
            element("h3", {"dir": "auto"}, question["prompt"]),
            element("p", {"class": "text quote", "dir": "auto"}, f"Reference: {question['reference']}"),
            element("div", {"class": "outputs"}, [_answer(point, at) for point in document["points"]]),
        )
        for at, question in enumerate(document["questions"])
    ]


def _answer(point: Mapping[str, Any], at: int) -> Markup:
    text = point["answers"][at] or "(nothing)"
    return element(
        "article", None, element("h4", None, point["name"]), element("p", {"class": "text", "dir": "auto"}, text)
    )
