"""How well swapped pairs are told from the others: the learned margin beside the length alone.

    python bench/swapped_pairs.py [PAIRS.jsonl]          (default: the sample's preferences.jsonl)

A tenth of the pairs is turned round, ten times with another draw; the figure is the area under the ROC curve with which
the margin of preferences.margins (words alone, and with MiniLM) ranks the turned ones below the rest.
"""

import random
import sys
from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from stepladder.curate.meaning import MINILM, Meaning
from stepladder.curate.preferences import Vector, margins, side_text
from stepladder.reading import read_files
from stepladder.records import Row

DRAWS = 10


def main(pairs: str = "samples/tern-ferries/preferences.jsonl") -> None:
    """Print a line a ranking: mean over the draws, and the range."""
    rows = [parsed.row for parsed in read_files([pairs]) if parsed.row]
    meaning = Meaning(MINILM)
    found: dict[str, list[float]] = {"length alone": [], "words": [], "words and MiniLM": []}
    for seed in range(DRAWS):
        turned = set(random.Random(seed).sample(range(len(rows)), len(rows) // 10))
        mixed = [_turned(row) if i in turned else row for i, row in enumerate(rows)]
        longer = np.array([float(len(side_text(r, "chosen")) - len(side_text(r, "rejected"))) for r in mixed])
        for name, values in (
            ("length alone", longer),
            ("words", margins(mixed, None)),
            ("words and MiniLM", margins(mixed, meaning)),
        ):
            assert values is not None, "too few pairs"
            found[name].append(area(values, turned))
    for name, areas in found.items():
        print(f"{name:18} AUC {np.mean(areas):.2f} ({min(areas):.2f} to {max(areas):.2f} over {DRAWS} draws)")


def area(values: Vector, low: set[int]) -> float:
    """Share of (other, low) pairs of rows in which the low one has the lower value (Mann and Whitney 1947)."""
    ranks = rankdata(-values)
    n, m = len(low), len(values) - len(low)
    return float((ranks[sorted(low)].sum() - n * (n + 1) / 2) / (n * m))


def _turned(row: Row) -> Row:
    return replace(row, answers={"chosen": row.answers["rejected"], "rejected": row.answers["chosen"]})


if __name__ == "__main__":
    main(*sys.argv[1:])
