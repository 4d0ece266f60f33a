"""What a sweep trains: one adapter for each rank, learning rate and seed, each in a directory of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stepladder.config import Project, overridden

_FULL_SHARE = 0.1  # full fine-tuning's best rate over LoRA's (LoRA Without Regret, 2025: LoRA takes ten times as much)


@dataclass(frozen=True, slots=True)
class Cell:
    """One training run; `rank` None is full fine-tuning, `rate` None the learning rate that `train` chooses."""

    rank: int | None
    rate: float | None
    seed: int

    @property
    def name(self) -> str:
        """As its directory is called."""
        return f"{label(self.rank).replace(' ', '-')}{f'-rate-{self.rate:g}' if self.rate else ''}-seed-{self.seed}"

    @property
    def method(self) -> str:
        """As `train` calls it."""
        return "full" if self.rank is None else "sft"

    def directory(self, out: Path) -> Path:
        """Where it is trained."""
        return out / "cells" / self.name

    def project(self, project: Project) -> Project:
        """The user's project with this cell's rank, seed and rate.

        alpha / rank stays what the project says: with it fixed the best learning rate hardly depends on the rank (LoRA
        Without Regret, 2025), so one rate serves all. rsLoRA keeps alpha itself, for the same end (arXiv 2312.03732).
        """
        rate = self.rate
        if rate is not None and self.rank is None:
            rate *= _FULL_SHARE
        if rate is None and self.rank is None:  # a rate in the project file is meant for LoRA
            project = replace(project, train=replace(project.train, learning_rate=None))
        options: dict[str, Any] = {"seed": self.seed, "train__learning_rate": rate}
        if self.rank is not None:
            lora = project.train.lora
            alpha = lora.alpha if lora.rslora else max(1, round(lora.alpha * self.rank / lora.rank))
            options |= {"train__lora__rank": self.rank, "train__lora__alpha": alpha}
        return overridden(project, **options)


def label(rank: int | None) -> str:
    """`rank 8`, or `full`."""
    return "full" if rank is None else f"rank {rank}"


def trials(ranks: Sequence[int | None], rates: Sequence[float], seed: int) -> list[Cell]:
    """The runs that choose each rank's learning rate; without `rates` there is one a rank, and nothing to choose."""
    return [Cell(rank, rate, seed) for rank in ranks for rate in (rates or (None,))]


def repeats(chosen: Sequence[Cell], seeds: Sequence[int]) -> list[Cell]:
    """The chosen run of each rank with every seed."""
    return [replace(cell, seed=seed) for cell in chosen for seed in seeds]
