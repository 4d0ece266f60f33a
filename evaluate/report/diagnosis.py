"""Beside the ladder: retriever or reader, refusals, what tuning broke, copied training text, break-even."""

from collections.abc import Sequence
from dataclasses import dataclass

from stepladder.pages import Column, Markup, Section, element, table
from stepladder.pages.numerals import interval, number, signed

from .gather import Json, Run


@dataclass(frozen=True)
class Grid:
    """A table for HTML and Markdown alike: its first column is text, the others stand right."""

    title: str
    heads: tuple[str, ...]
    rows: list[list[str]]


def grids(run: Run) -> list[Grid]:
    """The tables that this run has figures for."""
    found = [_diagnostics(run), _refusals(run), _broken(run), _general(run), _memorised(run), _break_even(run)]
    return [grid for grid in found if grid.rows]


def diagnosis_section(run: Run) -> Section:
    """All tables, each under its own finding."""
    body: list[Markup] = [_table(grid) for grid in grids(run)]
    if not body:
        body = [element("p", None, "Nothing to compare: no documents, no adapters, no prices.")]
    lead = "Diagnostics: none of this decides. Intervals are 95 % and not adjusted for how many there are."
    return Section("diagnosis", "What it broke", body, lead)


def _table(grid: Grid) -> Markup:
    heads: list[Column | str] = [grid.heads[0], *(Column(head, True) for head in grid.heads[1:])]
    return table(grid.title, heads, grid.rows)


def _diagnostics(run: Run) -> Grid:
    rows = [
        [d["name"], d["reader"], str(d["n"]), number(d["mean"]), number(d["reader_mean"]), *_gap(d)]
        for d in run.results.get("diagnostics", [])
    ]
    title = (
        "Retriever or reader, on the rows that name their documents: with the right passages (oracle_context) the retriever "
        "cannot fail, so what is gained is the retriever's fault and what is still missing the reader's; no_context shows "
        "what passages bring at all"
    )
    return Grid(title, ("Diagnostic", "held against", "n", run.primary, "its own", "difference", "interval"), rows)


def _gap(found: Json) -> list[str]:
    return [signed(found["difference"]), interval(found.get("low"), found.get("high"))]


def _refusals(run: Run) -> Grid:
    rows = []
    for rung in run.rungs:
        rates = rung.get("refusals") or {"recall": None, "over_refusal": None, "balanced_accuracy": None}
        if rates["recall"] or rates["over_refusal"]:
            halves = [_rate(rates["recall"]), _rate(rates["over_refusal"])]
            rows.append([rung["name"], *halves, number(rates["balanced_accuracy"])])
    heads = ("Rung", "unanswerable rows refused", "answerable rows refused", "balanced accuracy")
    return Grid("Refusals: the first should be high, the second low", heads, rows)


def _rate(found: Json | None) -> str:
    if found is None:
        return "–"
    return f"{found['refused']} of {found['n']} ({interval(found['low'], found['high'])})"


def _broken(run: Run) -> Grid:
    rows = []
    for name, found in run.results.get("broken", {}).items():
        worst = min(found["slices"].items(), key=lambda kv: _loss(run, kv[1]), default=None)
        said = "–" if worst is None else f"{worst[0]}: {signed(worst[1]['difference'])} (n {worst[1]['n']})"
        right = "–" if found["base_right"] is None else str(found["base_right"])
        rows.append([name, str(found["rows_lost"]), right, said])
    heads = ("Rung", "rows worse than zero_shot", "of them right there", "slice that gained least or lost most")
    return Grid("What tuning broke on the task: rows on which the adapter does worse than the base", heads, rows)


def _loss(run: Run, slice_: Json) -> float:
    up = run.results["primary"].get("higher_is_better", True)
    return float(slice_["difference"]) * (1 if up else -1)


def _general(run: Run) -> Grid:
    general = run.results.get("general") or {"n": 0, "rungs": []}
    rows = []
    for r in general["rungs"]:
        gap = r.get("difference")
        change = [signed(gap["mean"]), interval(gap["low"], gap["high"])] if gap else ["–", "–"]
        moved = f"{len(r['lost'])} / {r['gained']}" if gap else "–"
        rows.append([r["name"], number(r["right"]), interval(r["low"], r["high"]), *change, moved])
    title = f"What tuning made the model forget: {general['n']} general questions, without the project's system turn"
    return Grid(
        title, ("Who answers", "share right", "interval", "against base", "its interval", "lost / gained"), rows
    )


def _memorised(run: Run) -> Grid:
    rows = []
    for rung in run.rungs:
        found = rung.get("memorised")
        if found and rung["adapter"]:
            longest = found["example"]
            said = "–" if not longest else f"{longest['words']} words of {longest['training_row']} in {longest['id']}"
            rows.append([rung["name"], f"{found['rows']} of {rung['n']}", said])
    title = "Answers with 13 words or more of one training answer that neither prompt nor documents show"
    return Grid(title, ("Rung", "answers", "longest"), rows)


def _break_even(run: Run) -> Grid:
    rows = [
        [b["cheaper_later"], b["cheaper_at_first"], f"{b['requests']:,}"] for b in run.results.get("break_even", [])
    ]
    return Grid("Break-even at your prices: requests from which the first rung is the cheaper one in all",
                ("Rung", "against", "requests"), rows)  # fmt: skip


def spoken(document: Json) -> Sequence[str]:
    """What the terminal says of all this: one line a diagnostic that moved and one for the general questions."""
    said = []
    for d in document.get("diagnostics", []):
        if d["kind"] == "oracle_context" and d["difference"] is not None:
            said.append(
                f"{d['reader']} with the right passages: {d['mean']:.3f} instead of {d['reader_mean']:.3f} on {d['n']} rows"
            )
    general = document.get("general")
    if general:
        shares = ", ".join(f"{r['name']} {r['right']:.2f}" for r in general["rungs"])
        said.append(f"general questions right: {shares} (n {general['n']})")
    return said
