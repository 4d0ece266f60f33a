"""Charts: well-formed and readable whatever the numbers are; marks, words and tables say the same."""

import math
import re
from xml.etree import ElementTree

import pytest

from stepladder.pages.charts import (
    Rung,
    Series,
    Slice,
    cost_quality,
    forest,
    frontier,
    histogram,
    interval_ladder,
    lines,
)
from stepladder.pages.charts.canvas import fit, linear, logarithmic, text_width
from stepladder.pages.html import Markup
from stepladder.pages.numerals import digits_for, interval, money, number, seconds, signed, ticks_text

NUMBER = re.compile(r"-?\d+(\.\d+)?(?:e-?\d+)?")


def images(figure: Markup) -> list[ElementTree.Element]:
    """The SVG images of a figure; parsing them fails on anything that is not well-formed."""
    return list(ElementTree.fromstring(figure).iter("svg"))


def test_every_edge_is_a_figure_with_finding_and_numbers(edge: Markup) -> None:
    figure = ElementTree.fromstring(edge)
    assert figure.tag == "figure"
    assert "".join(figure.find("figcaption").itertext())  # type: ignore[union-attr]
    drawn = list(figure.iter("svg"))
    assert bool(drawn) == (figure.find("details") is not None)
    assert drawn or figure.find("p").text  # type: ignore[union-attr]


def test_no_edge_draws_outside_or_with_a_number_that_is_none(edge: Markup) -> None:
    for image in images(edge):
        _, _, width, height = map(float, image.attrib["viewBox"].split())
        for each in image.iter():
            for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "d"):
                values = each.attrib.get(name, "")
                assert "nan" not in values
                assert "inf" not in values
            for name, most in (
                ("x", width),
                ("cx", width),
                ("x2", width),
                ("y", height),
                ("cy", height),
                ("y2", height),
            ):
                if each.attrib.get(name):
                    assert -1 <= float(each.attrib[name]) <= most + 1, (each.tag, each.attrib)


def test_images_have_a_role_and_a_name(edge: Markup) -> None:
    for image in images(edge):
        if image.attrib["role"] == "list":
            items = [each for each in image if each.attrib.get("role") == "listitem"]
            assert image.attrib["aria-label"]
            assert [each.attrib["tabindex"] for each in items] == ["0"] + ["-1"] * (len(items) - 1)
            assert all(each.attrib["aria-label"] for each in items)
        else:
            named = image.attrib["aria-labelledby"].split()
            assert [each.attrib["id"] for each in image if "id" in each.attrib] == named
            assert not list(image.iter("g"))


def test_the_ladder_reads_from_bottom_to_top_and_speaks_each_rung() -> None:
    rungs = [Rung("zero_shot", 0.3, 0.2, 0.4, 100, "worse"), Rung("rag", 0.58, 0.48, 0.67, 100, "enough")]
    wide = images(interval_ladder(rungs, finding="f", axis="checks", chosen="rag", margin=0.05))[-1]
    spoken = [each.attrib["aria-label"] for each in wide if each.attrib.get("role") == "listitem"]
    assert spoken == [
        "rag: 0.58, 95 percent interval 0.48 to 0.67, n 100, enough",
        "zero_shot: 0.30, 95 percent interval 0.20 to 0.40, n 100, worse",
    ]
    marks = [each.attrib["class"] for each in wide.iter() if "mark" in each.attrib.get("class", "").split()]
    assert marks == ["mark chosen", "mark worse"]
    assert "within 0.05 of rag" in "".join(wide.itertext())
    assert len([each for each in wide.iter() if each.attrib.get("class") == "band"]) == 1


def test_the_frontier_leaves_out_what_a_cheaper_rung_matches() -> None:
    rungs = [
        Rung(name, mean, None, None, 9, cost=cost)
        for name, mean, cost in [("a", 0.5, 1), ("b", 0.4, 2), ("c", 0.6, 3), ("d", 0.6, 4), ("free", 0.1, 0)]
    ]
    assert [rung.name for rung in frontier(rungs)] == ["free", "a", "c"]


def test_cost_chart_names_what_it_cannot_draw() -> None:
    made = cost_quality([Rung("a", 0.5, 0.4, 0.6, 9, cost=1), Rung("b", 0.5, 0.4, 0.6, 9)], finding="f", axis="a")
    assert "Not drawn, without score or cost: b." in made
    assert "cost of 1,000 answers $1" in made


def test_forest_marks_direction_only_with_enough_rows() -> None:
    slices = [Slice("up", 0.2, 0.1, 0.3, 40), Slice("few", 0.2, 0.1, 0.3, 9)]
    wide = images(forest(slices, finding="f", axis="difference", better=("a", "b")))[-1]
    marks = [each.attrib["class"] for each in wide.iter() if "mark" in each.attrib.get("class", "").split()]
    assert marks == ["mark better", "mark other faint"]
    assert "n 9, too few" in "".join(wide.itertext())


def test_histogram_counts_every_value_once_and_says_what_is_missing() -> None:
    made = histogram([0, 0.5, 1, 1, None, math.nan], finding="f", axis="score")
    assert "2 without a value." in made
    counts = re.findall(r'data-label="count">(\d+)<', made)
    assert sum(map(int, counts)) == 4


def test_lines_keep_a_spike_of_one_step() -> None:
    spiky = Series("loss", [(x, 100.0 if x == 1777 else 1.0) for x in range(3000)])
    path = next(
        each.attrib["d"] for each in images(lines([spiky], finding="f", x_axis="x", y_axis="y"))[-1].iter("path")
    )
    heights = {pair.split()[1] for pair in re.split("[ML]", path) if pair}
    assert len(heights) == 2
    assert path.count("L") < 400


@pytest.mark.parametrize(
    "values", [[0, 1], [0.3, 0.3], [0], [], [-5e6, 123], [1e-12, 2e-12], [1e300, -1e300], [math.nan, 1]]
)
def test_linear_ticks_hold_the_values(values: list[float]) -> None:
    scale, ticks = linear(values, 0, 100)
    assert 3 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    known = [value for value in values if math.isfinite(value)]
    assert all(scale.low <= value <= scale.high for value in known)
    assert len(set(ticks_text(ticks))) == len(ticks)


@pytest.mark.parametrize("values", [[1], [1, 2], [1e-12, 1e12], [0.003, 2.4], [], [5, 5]])
def test_log_ticks_lie_on_the_axis(values: list[float]) -> None:
    scale, ticks = logarithmic(values, 0, 100)
    assert 1 <= len(ticks) <= 7
    assert all(scale.low <= tick <= scale.high for tick in ticks)
    assert all(0 < scale(value) < 100 for value in values)


@pytest.mark.parametrize(
    "text", ["rag", "endpoint:qwen3-235b-a22b-instruct-2507", "W" * 200, "名前" * 30, "a b " * 40, ""]
)
@pytest.mark.parametrize("room", [60.0, 160.0])
def test_text_fits_its_room(text: str, room: float) -> None:
    parts = fit(text, room)
    assert len(parts) <= 2
    assert all(text_width(part) <= room for part in parts)
    assert "…" in "".join(parts) or "".join(parts).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (number(0.576), "0.58"),
        (number(-0.0001), "0.00"),
        (number(-0.5, 1), "−0.5"),
        (number(None), "–"),
        (number(math.nan), "–"),
        (number(4_600_000), "4.6M"),
        (number(1.25e-9), "1.25e−9"),
        (signed(0.08), "+0.08"),
        (signed(-0.03), "−0.03"),
        (signed(0.0), "0.00"),
        (interval(0.48, 0.67), "0.48 to 0.67"),
        (interval(None, 0.67), "–"),
        (money(0.0031), "$0.0031"),
        (money(1.2e-7, "€"), "€1.2e−7"),
        (money(0), "$0"),
        (money(12345), "$12.3k"),
        (money(1234), "$1,234"),
        (seconds(0.34), "340 ms"),
        (seconds(125), "2 min 5 s"),
        (seconds(12000), "3 h 20 min"),
        (digits_for([0.19, 0.2]), 2),
        (digits_for([0.012]), 3),
        (digits_for([]), 2),
    ],
)
def test_numerals(made: str | int, text: str | int) -> None:
    assert made == text
