"""What the scores are good for: do they rank planted faults low, and how much of that is length?

    python bench/quality_scores.py                        (scores of text alone, seconds)
    python bench/quality_scores.py --model MODEL --rows N (also loss, IFD and its residual: N rows, half of them planted)

The rows are the sample's dirty twin with its answer key; planted are the faults of a response by itself, since no score of
one row can see a duplicate or a leak. Of each score: the area under the ROC curve with which it ranks the planted rows
below the sound ones (0.5: chance) with a 95 % bootstrap interval over rows, the share of the planted ones among the lowest
tenth (a draw: their share of all rows), and Spearman's correlation with the length of the response.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stepladder.config import load_project
from stepladder.curate.repair import with_system
from stepladder.curate.scores.combined import HIGH_IS_GOOD, average_ranks, combined, ranks
from stepladder.curate.scores.ifd import length_residual
from stepladder.curate.scores.losses import Losses
from stepladder.curate.scores.scoring import Scoring
from stepladder.curate.scores.selectors import spearman
from stepladder.curate.scores.text_scores import text_scores
from stepladder.reading import read_files
from stepladder.records import Row

SAMPLE = Path("samples/tern-ferries")
OF_A_RESPONSE = """
truncated format missing_reference refusal encoding special_token repetition echo merged_rows mislabel language boilerplate
toxic low_score outlier placeholder
"""
RESAMPLES = 2000
Vector = NDArray[np.float64]


def main() -> None:
    """Print a line a score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="also the scores of this model")
    parser.add_argument("--rows", type=int, help="a draw of so many rows, half of them planted (default: all)")
    options = parser.parse_args()
    rows, planted = sample(options.rows)
    scores = scored(rows, options.model)
    names = ["response_words", "loss", "ifd", *HIGH_IS_GOOD, "combined"]
    print(f"{len(rows)} rows, {planted.sum()} of them planted; a draw finds {planted.mean():.0%} planted ones\n")
    print(f"{'score':15} {'rows':>5}  {'AUC':4} {'95 % interval':13}  {'lowest tenth':12}  length")
    for name in names:
        have = np.array([name in one for one in scores])
        if have.any():
            sign = 1 if HIGH_IS_GOOD.get(name, True) else -1
            values = np.array([sign * one[name] for one in scores if name in one])
            lengths = np.array([one["response_words"] for one in scores if name in one])
            print(line(name, values, lengths, planted[have]))


def sample(size: int | None) -> tuple[list[Row], NDArray[np.bool_]]:
    """Rows as they are trained on, and which of them have a planted fault of the response."""
    project = load_project(SAMPLE / "project.yaml")
    wanted = {None, *OF_A_RESPONSE.split()}
    keys = [json.loads(text) for text in (SAMPLE / "raw" / "answer_key.jsonl").read_text(encoding="utf-8").splitlines()]
    known = {(key["file"], key["line"]): key["defect"] for key in keys if key["defect"] in wanted}
    found = []
    for parsed in read_files(list(project.data)):
        place = (Path(parsed.source.file).name, parsed.source.line)
        if parsed.row and place in known:
            found.append((with_system(parsed.row, project.system), known[place] is not None))
    if size:
        draw = random.Random(0)
        found = [
            one for bad in (True, False) for one in draw.sample([f for f in found if f[1] is bad], size // 2)
        ]  # fmt: skip
    return [row for row, _ in found], np.array([bad for _, bad in found])


def scored(rows: list[Row], model: str | None) -> list[dict[str, float]]:
    """Every score of each row, in order."""
    scores = [text_scores(row) for row in rows]
    if model:
        found = Scoring(Losses(model, 2048), None).of(rows)
        for row, one in zip(rows, scores, strict=True):
            one.update(found[row.id])
        known = [one for one in scores if "ifd" in one]
        left = length_residual([one["ifd"] for one in known], [one["response_words"] for one in known])
        for one, value in zip(known, left, strict=True):
            one["ifd_residual"] = float(value)
    for one, ranked in zip(scores, ranks(scores), strict=True):
        if (value := combined(ranked)) is not None:
            one["combined"] = value
    return scores


def line(name: str, values: Vector, lengths: Vector, planted: NDArray[np.bool_]) -> str:
    """The figures of one score."""
    rng = np.random.default_rng(0)
    draws = [rng.integers(len(values), size=len(values)) for _ in range(RESAMPLES)]
    areas = [area(values[d], planted[d]) for d in draws if 0 < planted[d].sum() < len(d)]
    low, high = np.quantile(areas, (0.025, 0.975))
    lowest = np.argsort(values, kind="stable")[: max(1, len(values) // 10)]
    by_length = spearman(values, lengths)
    shown = "none" if by_length is None else f"{by_length:.2f}"
    return (
        f"{name:15} {len(values):5}  {area(values, planted):.2f} {low:.2f} to {high:.2f}   "
        f"{planted[lowest].mean():12.0%}  {shown}"
    )


def area(values: Vector, low: NDArray[np.bool_]) -> float:
    """Share of (sound, planted) pairs of rows in which the planted one is lower; ties count half (Mann and Whitney 1947)."""
    order, n, m = average_ranks(-values), int(low.sum()), int((~low).sum())
    return float((order[low].sum() - n * (n + 1) / 2) / (n * m))


if __name__ == "__main__":
    main()
