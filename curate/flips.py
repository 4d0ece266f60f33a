"""How many pairs of a set are the wrong way round, and how likely each one is: several signals, none of them sure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .pair_signals import Levels, Signal
from .preferences import Vector

_BELIEF = np.array([0.02, 0.06, 0.5, 0.25, 0.17])  # of a signal on a pair that is right way round, before any is seen
_WEIGHT = 20.0  # pairs that this belief counts for
_SHARES = np.arange(0, 0.5, 0.01)  # flip rates that are tried; from a half on, right and wrong change their names
_RARE = 9  # pairs seen right way round, and none swapped, before the first is looked at: a flip rate of a tenth
_ROUNDS, _STILL = 200, 1e-7
_DROP = 1.9207  # of the log-likelihood at the ends of a 95 % interval: half the 95 % point of chi-square with 1 degree


@dataclass(frozen=True)
class Flips:
    """What the signals say together. `share`, `low` and `high` are flip rates, 0 to 0.5: the likeliest, and 95 %."""

    share: float
    low: float
    high: float
    chances: Vector
    """Of each pair, that it is the wrong way round, 0 to 1, over all flip rates by how likely they are. Shape (pairs,)."""
    lowest: Vector
    """The same at the flip rate `low` alone."""
    highest: Vector
    """The same at the flip rate `high` alone."""


def flips(signals: Sequence[Signal], pairs: int) -> Flips:
    """The latent-class model of Dawid and Skene (1979): signals that err independently of each other, none a reference.

    Of a pair that is right way round, signal k has level l (-2 to 2) with probability p_k(l), of a swapped one with
    p_k(-l): turning a pair turns every signal. So one table a signal and the flip rate are all that is estimated, by
    expectation maximisation with a Dirichlet belief of `_WEIGHT` pairs. The interval is that of the profile likelihood
    (Wilks 1938), which keeps 0 in it where no rate can be told: with one signal, or few pairs. Signals that err on the
    same pairs make the rate look higher than it is (bench/swapped_pairs.py has it beside planted rates).
    """
    if not signals or not pairs:
        nothing = np.zeros(pairs)
        return Flips(0.0, 0.0, float(_SHARES[-1]), nothing, nothing, nothing + _SHARES[-1])
    levels, place, counts = np.unique(
        np.stack([signal.levels for signal in signals], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    tried = [_fitted(levels, counts.astype(np.float64), float(share)) for share in _SHARES]
    likely = np.array([found for found, _ in tried])
    inside = np.flatnonzero(likely >= likely.max() - _DROP)
    weights = np.exp(likely - likely.max()) * (1 - _SHARES) ** _RARE
    chances = weights @ np.stack([found for _, found in tried]) / weights.sum()
    low, high = int(inside[0]), int(inside[-1])
    every = (found[place.reshape(-1)] for found in (chances, tried[low][1], tried[high][1]))
    return Flips(float(_SHARES[likely.argmax()]), float(_SHARES[low]), float(_SHARES[high]), *every)


def _fitted(levels: Levels, counts: Vector, share: float) -> tuple[float, Vector]:
    """(log posterior at this flip rate, chance of each pattern of levels to be a swapped pair) at its maximum."""
    tables = np.tile(_BELIEF, (levels.shape[1], 1))
    before = -np.inf
    for _ in range(_ROUNDS):
        right, swapped = (_told(tables, sign * levels) for sign in (1, -1))
        with np.errstate(divide="ignore"):
            both = np.stack([np.log1p(-share) + right, np.log(share) + swapped])
        total = np.logaddexp(both[0], both[1])
        chance = np.exp(both[1] - total)
        now = float(counts @ total + _WEIGHT * (np.log(tables) @ _BELIEF).sum())
        if now - before < _STILL * abs(now):
            break
        before = now
        tables = _counted(levels, counts * (1 - chance), counts * chance)
    return now, chance


def _told(tables: Vector, levels: Levels) -> Vector:
    """Log-probability of each pattern, shape (patterns,)."""
    return np.asarray(np.log(tables[np.arange(levels.shape[1]), levels + 2]).sum(axis=1))


def _counted(levels: Levels, right: Vector, swapped: Vector) -> Vector:
    """The tables that follow from the chances, shape (signals, 5)."""
    out = np.tile(_WEIGHT * _BELIEF, (levels.shape[1], 1))
    for k in range(levels.shape[1]):
        out[k] += np.bincount(levels[:, k] + 2, right, 5) + np.bincount(2 - levels[:, k], swapped, 5)
    return np.asarray(out / out.sum(axis=1, keepdims=True))
