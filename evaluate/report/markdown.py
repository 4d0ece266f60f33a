"""The report as Markdown: the verdict, the table of rungs, the slices, what curation did."""

from collections import Counter
from collections.abc import Sequence

from .diagnosis import grids
from .gather import Run


def markdown(run: Run) -> str:
    """A short twin of the HTML page, for a pull request or a model card."""
    results, primary = run.results, run.primary
    quick = "\n> Quick form: a subset of rows, nothing tuned on dev.\n" if results["heldout"].get("quick") else ""
    rungs = [
        [
            r["name"], _n(r["metrics"][primary]["mean"]),
            f"{_n(r['metrics'][primary]['low'])} to {_n(r['metrics'][primary]['high'])}",
            str(r["metrics"][primary]["n"]), f"{r['cost']['tokens_in']:.0f}", _n(r["cost"]["seconds_per_answer"]),
            f"{r['cost']['train_seconds']:.0f}", r["label"],
        ]
        for r in run.rungs
    ]  # fmt: skip
    silent = results["empty_answer"]
    floor = "" if silent is None else f" An empty answer would score {silent:.3f}."
    names = [r["name"] for r in run.rungs]
    slices = [[s, str(v["n"]), *(_n(v["mean"][n]) for n in names)] for s, v in results["slices"].items()]
    counts = Counter((r["code"], r["action"]) for line in run.ledger for r in line["reasons"])
    parts = [
        f"# {run.name}: which rung is enough?\n",
        f"**{results['verdict']['sentence']}**\n{quick}",
        f"{results['heldout']['n']} held-out rows, look {results['heldout']['looks']}; "
        f"primary metric {primary}, margin {results['primary']['margin']:g}.{floor}\n",
        _table(["rung", primary, "95 % interval", "n", "tokens in", "s/answer", "train s", "label"], rungs),
        f"\nRule: {results['verdict']['rule']}\n",
        f"## Slices\n\n{_table(['slice', 'n', *names], slices)}",
    ]
    parts += [f"\n## {grid.title}\n\n{_table(grid.heads, grid.rows)}" for grid in grids(run)]
    if counts:
        parts.append(
            f"\n## Curation\n\n{_table(['reason', 'action', 'rows'], [[c, a, str(n)] for (c, a), n in counts.most_common()])}"
        )
    parts.append(f"\n## Reproduce\n\n```sh\n{run.command}\n```\n")
    return "\n".join(parts)


def _n(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )
