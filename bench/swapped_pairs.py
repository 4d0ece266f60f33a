"""How well swapped pairs are told from the others, how many are held, and what the estimate of the flip rate is worth.

    python bench/swapped_pairs.py [PROJECT.yaml DATA...]    (default: samples/tern-ferries, its sft.jsonl and preferences.jsonl)

The pairs must be right way round, as far as one knows; format rule and documents are those of the project.

A share of the pairs is turned round, a few times with another draw. `AUC`: the area under the ROC curve with which length,
the learned margin (preferences.margins) and all signals together (flips.py) rank the turned pairs below the rest. `held`:
the pairs that swapped_pair holds, of them turned, of all turned. `estimate`: the flip rate with its 95 % interval.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from stepladder.answer_format import FormatRule
from stepladder.config import load_project
from stepladder.curate import registry as registry
from stepladder.curate.checks.swapped_pair import swapped_pair
from stepladder.curate.flips import flips
from stepladder.curate.knowledge import Knowledge
from stepladder.curate.meaning import MINILM, Meaning
from stepladder.curate.pair_signals import signals
from stepladder.curate.preferences import Vector, margins, side_text
from stepladder.reading import read_files
from stepladder.records import Row

DRAWS, SHARES = 5, (0.0, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Set:
    """The pairs, the other rows, and what the project has to hold them against."""

    pairs: Sequence[Row]
    others: Sequence[Row]
    rule: FormatRule | None
    knowledge: Knowledge | None
    meaning: Meaning = field(default_factory=lambda: Meaning(MINILM))


def main(project: str = "samples/tern-ferries/project.yaml", *data: str) -> None:
    """Print a block a share: AUC of each ranking, then what is held, then the estimates."""
    plan = load_project(Path(project))
    files = list(data) or [str(Path(project).parent / name) for name in ("sft.jsonl", "preferences.jsonl")]
    rows = [parsed.row for parsed in read_files(files) if parsed.row]
    rule = FormatRule.from_config(plan.format) if plan.format else None
    pairs, others = ([r for r in rows if (r.kind == "preference") == want] for want in (True, False))
    everything = Set(pairs, others, rule, Knowledge.read(plan.knowledge) if plan.knowledge else None)
    for share in SHARES:
        print(f"{share:.0%} of {len(pairs)} pairs turned round")
        _share(everything, share)


def _share(of: Set, share: float) -> None:
    areas: dict[str, list[float]] = {"length alone": [], "pairs alone": [], "and responses": [], "all signals": []}
    held: Counter[str] = Counter()
    estimates = []
    for seed in range(DRAWS if share else 1):
        turned = set(random.Random(seed).sample(range(len(of.pairs)), int(share * len(of.pairs))))
        mixed = [_turned(row) if i in turned else row for i, row in enumerate(of.pairs)]
        every = [*of.others, *mixed]
        given = {"rule": of.rule, "knowledge": of.knowledge, "meaning": of.meaning}
        told = flips(signals(mixed, every, **given), len(mixed))
        estimates.append(f"{told.share:.2f} ({told.low:.2f} to {told.high:.2f})")
        out = {name for name, finding in swapped_pair(every, **given) if finding.action is None}
        right = sum(mixed[i].id in out for i in turned)
        held.update(held=len(out), right=right, turned=len(turned))
        for name, values in _rankings(of, mixed, told.chances).items() if turned else ():
            areas[name].append(area(values, turned))
    for name, found in areas.items() if share else ():
        print(f"  {name:14} AUC {np.mean(found):.2f} ({min(found):.2f} to {max(found):.2f} over {DRAWS} draws)")
    print(f"  held {held['held']}, of them turned {held['right']}, of {held['turned']} turned")
    print(f"  estimate {', '.join(estimates)}")


def _rankings(of: Set, mixed: Sequence[Row], chances: Vector) -> dict[str, Vector]:
    longer = [float(len(side_text(row, "chosen")) - len(side_text(row, "rejected"))) for row in mixed]
    alone, helped = margins(mixed, of.meaning), margins(mixed, of.meaning, of.others)
    assert alone is not None, "too few pairs"
    assert helped is not None
    return {"length alone": np.array(longer), "pairs alone": alone, "and responses": helped, "all signals": -chances}


def area(values: Vector, low: set[int]) -> float:
    """Share of (other, low) pairs of rows in which the low one has the lower value (Mann and Whitney 1947)."""
    ranks = rankdata(-values)
    n, m = len(low), len(values) - len(low)
    return float((ranks[sorted(low)].sum() - n * (n + 1) / 2) / (n * m))


def _turned(row: Row) -> Row:
    return replace(row, answers={"chosen": row.answers["rejected"], "rejected": row.answers["chosen"]})


if __name__ == "__main__":
    main(*sys.argv[1:])
