"""`stepladder sweep`: what rank does on this data. Every run is kept, so the same command goes on where it stopped."""

import gc
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stepladder import console, models, rundir
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.subset import subset
from stepladder.writing import write_json, write_text

from .. import source
from .cells import Cell, label, repeats, trials

_ANSWERED = 32  # dev rows that are answered where a format rule can judge them: 0.5 +- 0.17 at worst
_SHOWN = 8  # prompts whose answers stand beside each other


def sweep(
    curated: str,
    out: str = "sweep",
    *,
    ranks: str = "1,2,4,8,16,64",
    seeds: str | None = None,
    rates: str = "",
    full: bool = False,
    model: str | None = None,
    config: Project | None = None,
    seed: int | None = None,
    quick: bool = False,
) -> dict[str, Any]:
    """Train at each rank (and in full) with each seed, score on dev, write sweep.json and report.html; returns the former.

    `ranks`, `seeds` and `rates` are numbers with commas between. With several `rates` each rank takes the one of lowest
    dev loss at the first seed. Without `seeds` the project's own is the only one.

    Raises:
        UserError: numbers that are none, no dev rows, or what `train` refuses.
    """
    project = overridden(config or Project(), seed=seed, model=model)
    wanted: list[int | None] = [*_whole("--ranks", ranks, least=1), *([None] if full else [])]
    drawn = _whole("--seeds", seeds, least=0) if seeds else [project.seed]
    rows = source.load(_existing(curated), "sft", project.system)
    if not rows.train or not rows.dev:
        what = f"has {len(rows.train)} sft rows to train on and {len(rows.dev)} dev rows; a sweep needs both"
        raise UserError(curated, what, "Name a directory that `stepladder curate` wrote")
    study = _Sweep(curated, Path(out), project, rows, quick)
    return study.run(wanted, drawn, _rates(rates))


def _existing(curated: str) -> Path:
    if not Path(curated).exists():
        raise UserError(curated, "there is no such directory", "Name what `stepladder curate` wrote")
    return Path(curated)


def _whole(option: str, text: str, *, least: int) -> list[int]:
    """Different whole numbers, in rising order."""
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] < least:
        raise UserError(option, f"'{text}' is no list of whole numbers from {least} up", f"Write {option} 1,2,4")
    return found


def _rates(text: str) -> list[float]:
    try:
        found = sorted({float(part) for part in text.split(",")}) if text else []
    except ValueError:
        found = [0.0]
    if any(not 0 < rate <= 1 for rate in found):
        raise UserError("--rates", f"'{text}' is no list of learning rates", "Write --rates 2e-4,5e-4")
    return found


class _Sweep:
    """What all cells of one sweep share."""

    def __init__(self, curated: str, out: Path, project: Project, rows: source.Source, quick: bool) -> None:
        self.curated, self.out, self.project, self.rows, self.quick = curated, out, project, rows, quick
        self._scorer: Any = None

    def run(self, ranks: list[int | None], seeds: list[int], rates: list[float]) -> dict[str, Any]:
        """Train and score every cell, then write what was found."""
        from . import page, summary

        begun = time.monotonic()
        rundir.working_directory(self.out, "train")
        console.heading(f"Sweep: {', '.join(map(label, ranks))}; seeds {', '.join(map(str, seeds))}")
        tried = self._measured(trials(ranks, rates, seeds[0]))
        chosen = [_best(tried, rank) for rank in ranks]
        found = tried | self._measured([cell for cell in repeats(chosen, seeds) if cell not in tried])
        document = summary.summarise(found, chosen, seeds, questions=self._shown(), quick=self.quick)
        document["tried"] = [summary.trial(cell, tried[cell]) for cell in tried] if rates else []
        document["base"] = self.project.model
        document["code"], document["environment"] = rundir.code_version("train"), rundir.environment()
        write_json(self.out / "sweep.json", document)
        write_text(self.out / "report.html", page.page_of(document))
        inputs = {"rows": self.rows.fingerprint}
        numbers = {"ranks": ranks, "seeds": seeds, "rates": rates, "quick": self.quick}
        seconds = {"sweep": time.monotonic() - begun}
        rundir.finish(self.out, stage="train", inputs=inputs, config=numbers, seconds=seconds)
        summary.show(document)
        console.say(f"\nThe page: {self.out / 'report.html'}")
        return document

    def _measured(self, cells: Sequence[Cell]) -> dict[Cell, dict[str, Any]]:
        """Every cell trained and scored, or found as it was left."""
        from ..command import train

        found = {}
        for at, cell in enumerate(cells):
            console.say(f"\n{at + 1} of {len(cells)}: {cell.name}")
            directory = cell.directory(self.out)
            options: dict[str, Any] = {"method": cell.method, "config": cell.project(self.project), "quick": self.quick}
            train(self.curated, str(directory), **options)
            found[cell] = self._scored(cell, directory)
            gc.collect()
        return found

    def _scored(self, cell: Cell, directory: Path) -> dict[str, Any]:
        """The cell's record, its scores on dev, and the structure of its update; kept beside the cells."""
        from .. import record
        from . import structure

        full = cell.rank is None
        inputs = {
            "weights": models.resolve(str(directory)).sha256 if full else models.adapter_hash(directory),
            "rows": self.rows.fingerprint,
        }
        kept = self.out / "scores" / cell.name
        config = {
            "format": str(self.project.format),
            "tokens": self.project.evaluate.max_new_tokens,
            "quick": self.quick,
        }
        if not rundir.is_current(kept, stage="train", inputs=inputs, config=config):
            scores = self._with_scorer().score(directory, full=full)
            rundir.working_directory(kept, "train")
            write_json(kept / "scores.json", scores | structure.of_update(directory, full=full))
            rundir.finish(kept, stage="train", inputs=inputs, config=config, seconds={})
        return {"record": record.read(directory), **structure.read_scores(kept)}

    def _with_scorer(self) -> Any:
        from ..prepare import base_of
        from .score import Scorer, questions

        if self._scorer is None:
            base = base_of(self.project)
            answered = _ANSWERED if self.project.format else _SHOWN
            asked = questions(self._dev(), base, answered=answered, shown=_SHOWN)
            self._scorer = Scorer(base, self.project, asked)
        return self._scorer

    def _dev(self) -> list[Any]:
        """The dev rows, the shown ones first: the same for all cells, whatever their seed."""
        rows = list(self.rows.dev)
        if self.quick:
            rows = subset(rows, self.project.quick.dev, seed=self.project.seed)
        first = subset(rows, _SHOWN, seed=self.project.seed)
        return [*first, *(row for row in rows if row not in first)]

    def _shown(self) -> list[dict[str, str]]:
        return [
            {"id": row.id, "prompt": row.prompt_text, "reference": row.completion_text} for row in self._dev()[:_SHOWN]
        ]


def _best(tried: dict[Cell, dict[str, Any]], rank: int | None) -> Cell:
    """The cell of lowest mean dev loss among those of a rank."""
    of_rank = [cell for cell in tried if cell.rank == rank]
    return min(of_rank, key=lambda cell: sum(tried[cell]["losses"]))
