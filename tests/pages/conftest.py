"""A small report with hostile rows, and every chart at its edges: what the tests of the kit look at."""

import math
from collections.abc import Callable

import pytest

from stepladder.pages import Section, columns, element, explorer, notice, page, row_cards, table, verdict
from stepladder.pages.charts import (
    Bar,
    Rung,
    Series,
    Slice,
    bars,
    cost_quality,
    forest,
    histogram,
    interval_ladder,
    lines,
)
from stepladder.pages.html import Column, Markup

NAMES = ["base", "zero_shot", "few_shot", "rag", "rag_few_shot", "sft", "sft_rag", "endpoint:qwen3-235b-a22b-instruct"]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp.exe \x00 \ud800 end"
NAN = math.nan
COSTS = [0, 1e-12, 1e-6, 1e-3, 1, 1e3, 1e6, 1e12]


def rungs(names: list[str] | None = None) -> list[Rung]:
    """Rungs that climb from 0.2, each a few times dearer than the one before."""
    known = names or NAMES
    return [Rung(n, 0.2 + i / 15, 0.12 + i / 15, 0.28 + i / 15, 72, cost=0.002 * 3**i) for i, n in enumerate(known)]


def answers(index: int) -> dict[str, dict[str, object]]:
    """One row's outputs: scores from 0 to 1; every tenth row fails on one rung."""
    made: dict[str, dict[str, object]] = {}
    for place, name in enumerate(NAMES):
        failed = index % 10 == 4 and name == "sft"
        score = None if failed else ((index * 7 + place * 5) % 11) / 10
        output = "" if failed else f"Open the settings and change word{index} for {name}."
        made[name] = {"output": output, "score": score, "metrics": {}, "status": "error" if failed else "ok"}
    return made


@pytest.fixture(scope="session")
def data() -> dict[str, object]:
    """30 rows for the explorer; the second one is hostile in every field."""
    rows: list[dict[str, object]] = [
        {
            "id": f"row-{index}",
            "slice": "ab"[index % 2],
            "prompt": f"How do I change word{index}?",
            "reference": f"Open the settings and change word{index}.",
            "outputs": answers(index),
        }
        for index in range(30)
    ]
    first = {name: {"output": HOSTILE, "score": 0.5, "status": "ok", "retrieved": [HOSTILE]} for name in NAMES}
    rows[1] = {"id": HOSTILE, "slice": HOSTILE, "prompt": HOSTILE, "reference": HOSTILE, "outputs": first}
    first["base"]["output"] = "huge " * 40_000
    return {"rungs": NAMES, "primary": "checks", "chosen": "sft_rag", "rows": rows}


@pytest.fixture(scope="session")
def report(data: dict[str, object]) -> str:
    """A page with all parts and the explorer."""
    rows = data["rows"]
    assert isinstance(rows, list)
    intro = [
        verdict("enough", "sft_rag is enough", "0.60 on 72 rows.", above="72 rows"),
        notice("Partial run: 72 of 100 rows."),
        columns(
            interval_ladder(rungs(), finding="sft_rag leads", axis="checks", chosen="sft_rag", margin=0.05),
            cost_quality(rungs(), finding="Dearer is better", axis="checks", chosen="sft_rag"),
        ),
        table("All rungs", ["Rung", Column("Score", True)], [[HOSTILE, "0.5"], ["b", "0.6"]], marked=[1]),
    ]
    sections = [Section("rows", "Rows", [explorer(len(rows)), row_cards(data, ["row-2", HOSTILE])]), _training()]
    return page("Support answers", sections, data, intro=intro, footer="This file contains your prompts.")


def _training() -> Section:
    curve = Series("train", [(step, 2 / step) for step in range(1, 400)])
    return Section("training", "Training", lines([curve], finding="Loss falls", x_axis="step", y_axis="loss"))


EDGES: dict[str, Callable[[], Markup]] = {
    "ladder of none": lambda: interval_ladder([], finding="f", axis="a"),
    "ladder of one": lambda: interval_ladder(
        [Rung("one", 0.5, 0.4, 0.6, 30, "best")], finding="f", axis="a", chosen="one"
    ),
    "ladder of equals, failures, NaN": lambda: interval_ladder(
        [
            Rung("a", 0.5, 0.5, 0.5, 30),
            Rung("b", 0.5, 0.5, 0.5, 30, "enough"),
            Rung("dead", None, None, None, 0, "", 72),
            Rung("nan", NAN, NAN, math.inf, 0),
            Rung("no interval", 0.7, None, None, 1),
        ],
        finding="f",
        axis="a",
        chosen="b",
        margin=0.05,
    ),
    "ladder of long names and large numbers": lambda: interval_ladder(
        [
            Rung("endpoint:" + "verylongname" * 9, 123456.7, 1.2e5, 1.3e5, 12345),
            Rung("名前" * 20, -5e6, -6e6, -4e6, 12, "worse", 3),
        ],
        finding="f " * 60,
        axis="perplexity " * 12,
        line=(1e5, "chance"),
    ),
    "ladder of hostile names": lambda: interval_ladder(
        [Rung(HOSTILE, 0.5, 0.4, 0.6, 3)], finding=HOSTILE, axis=HOSTILE
    ),
    "cost of none": lambda: cost_quality([Rung("a", 0.5, 0.4, 0.6, 30)], finding="f", axis="a"),
    "cost all free": lambda: cost_quality([Rung(n, 0.5, 0.4, 0.6, 9, cost=0) for n in NAMES], finding="f", axis="a"),
    "cost all equal": lambda: cost_quality([Rung(n, 0.5, NAN, 0.6, 9, cost=3) for n in NAMES], finding="f", axis="a"),
    "cost from nothing to huge": lambda: cost_quality(
        [
            Rung(n, i / 9, i / 9 - 0.1, i / 9 + 0.1, 9, cost=c)
            for i, (n, c) in enumerate(zip(NAMES, COSTS, strict=True))
        ],
        finding="f",
        axis="a",
        chosen="rag",
    ),
    "cost of fourteen long names": lambda: cost_quality(
        [
            Rung(f"endpoint:provider/some-model-{i}", (i * 5 % 14) / 14, None, None, 9, cost=1 + i % 5)
            for i in range(14)
        ],
        finding="f",
        axis="a",
    ),
    "forest of none": lambda: forest([], finding="f", axis="a"),
    "forest": lambda: forest(
        [
            Slice("x" * 90, NAN, None, None, 0),
            Slice("few", 0, 0, 0, 1),
            Slice("up", 0.2, 0.1, 0.3, 40),
            Slice("down", -0.2, -0.3, -0.1, 40),
        ],
        finding="f",
        axis="difference",
        better=("a very long rung name indeed", "another very long rung name"),
    ),
    "histogram of none": lambda: histogram([None, NAN], finding="f", axis="a"),
    "histogram of equals": lambda: histogram([3, 3, 3], finding="f", axis="a"),
    "histogram of tiny": lambda: histogram(
        [1e-9, 2e-9, NAN], finding="f", axis="a", marks=[(1e-9, "a"), (1.1e-9, "long " * 9)]
    ),
    "histogram of huge": lambda: histogram([1e12, -1e12, 0], finding="f", axis="a"),
    "lines of none": lambda: lines([Series("empty", [(1, None)])], finding="f", x_axis="x", y_axis="y"),
    "lines of one point": lambda: lines([Series("one", [(1, 2.0)])], finding="f", x_axis="x", y_axis="y"),
    "lines, seven, flat, with gaps": lambda: lines(
        [Series(f"s{i}", [(x, 1 + i / 999 if x % 7 else NAN) for x in range(50)]) for i in range(7)],
        finding="f",
        x_axis="x",
        y_axis="y",
        line_at=(0.69, "chance"),
    ),
    "bars of none": lambda: bars([], finding="f"),
    "bars": lambda: bars([Bar("a long reason code " * 4, 10**9, "dropped"), Bar("zero", 0)], finding="f"),
}


@pytest.fixture(scope="session")
def edges() -> str:
    """A page with every chart at its edges."""
    charts = [element("div", {"id": f"edge-{index}"}, make()) for index, make in enumerate(EDGES.values())]
    return page("Edges", [Section("edges", "Edges", charts)])


@pytest.fixture(params=list(EDGES))
def edge(request: pytest.FixtureRequest) -> Markup:
    """One chart at one of its edges."""
    return EDGES[request.param]()
