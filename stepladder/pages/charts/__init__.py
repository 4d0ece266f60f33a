"""The charts of the reports: SVG from the standard library, each with its finding, its words and its table.

All take `finding` (the sentence a reader should leave with) and return a `<figure>`.
"""

from stepladder.pages.charts.bars import Bar, bars
from stepladder.pages.charts.cost import cost_quality, frontier
from stepladder.pages.charts.forest import Slice, forest
from stepladder.pages.charts.heat import heat_map
from stepladder.pages.charts.histogram import histogram
from stepladder.pages.charts.ladder import Rung, interval_ladder
from stepladder.pages.charts.lines import Series, lines
from stepladder.pages.charts.spectra import spectra

__all__ = [
    "Bar",
    "Rung",
    "Series",
    "Slice",
    "bars",
    "cost_quality",
    "forest",
    "frontier",
    "heat_map",
    "histogram",
    "interval_ladder",
    "lines",
    "spectra",
]
