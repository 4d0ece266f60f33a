"""What one low-rank update is like: singular values, effective rank, norms, and where in the matrix it lies.

Nothing of the size of the weight is formed: `b @ a` of rank r has the singular values of the r x r core between the
orthogonal factors of `b` and of `a` transposed (Golub and Van Loan, Matrix Computations, section 5.5 on low-rank products).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .read import Update

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_DEAD = 1e-8  # of the larger factor's norm: what rounding leaves of nothing in float32


@dataclass(frozen=True)
class Decomposed:
    """The thin SVD of `scale * b @ a`: `left` (out, r), `values` (r, falling), `right` (in, r); r at most the rank."""

    left: "Tensor"
    values: "Tensor"
    right: "Tensor"

    @property
    def singular_values(self) -> list[float]:
        """The values as plain numbers."""
        return [float(value) for value in self.values]


def decompose(update: Update) -> Decomposed:
    """QR of both factors, then the SVD of the small core; float64, since small values would drown in float32."""
    import torch

    q_b, r_b = torch.linalg.qr(update.b.double())
    q_a, r_a = torch.linalg.qr(update.a.double().T)
    u, values, vh = torch.linalg.svd(update.scale * (r_b @ r_a.T), full_matrices=False)
    return Decomposed(q_b @ u, values, q_a @ vh.T)


def is_dead(update: Update, norm: float) -> bool:
    """Whether the update is nothing: a factor is zero, as `lora_B` is before the first step."""
    size = float(update.a.norm() * update.b.norm()) * abs(update.scale)
    return norm <= _DEAD * size or not norm


def effective_rank(values: Sequence[float]) -> float:
    """exp of the entropy of the singular values' shares, 1 to len(values); 0 for a matrix of zeros.

    Roy and Vetterli, The effective rank, EUSIPCO 2007, definition 1.
    """
    total = math.fsum(values)
    if total <= 0:
        return 0.0
    shares = [value / total for value in values if value > 0]
    return math.exp(-math.fsum(share * math.log(share) for share in shares))


def stable_rank(values: Sequence[float]) -> float:
    """Squared Frobenius norm over squared spectral norm, 1 to len(values); 0 for zeros.

    Rudelson and Vershynin, Sampling from large matrices, J. ACM 54(4), 2007, section 1 (there: numerical rank).
    """
    largest = max(values, default=0.0)
    return math.fsum(value**2 for value in values) / largest**2 if largest > 0 else 0.0


def frobenius(values: Sequence[float]) -> float:
    """Frobenius norm from the singular values."""
    return math.sqrt(math.fsum(value**2 for value in values))


def block_norms(found: Decomposed, grid: int, ranks: Sequence[int]) -> "NDArray[np.float64]":
    """Frobenius norms of the blocks of the best approximation of each of `ranks`; shape (len(ranks), rows, columns).

    The best approximation of rank k keeps the k largest singular values (Eckart and Young 1936). A block of
    `U S V^T` has the squared norm `sum(G * H)`, G and H being the Gram matrices of its rows of `U S` and of `V`.
    """
    left = _grams((found.left * found.values).numpy(), grid)
    right = _grams(found.right.numpy(), grid)
    squares = [np.einsum("ikl,jkl->ij", left[:, :k, :k], right[:, :k, :k]) for k in ranks]
    norms: NDArray[np.float64] = np.sqrt(np.maximum(np.array(squares), 0.0))
    return norms


def _grams(rows: "NDArray[np.float64]", grid: int) -> "NDArray[np.float64]":
    """Gram matrices of the rows in at most `grid` blocks of equal height."""
    blocks = np.array_split(rows, min(grid, len(rows)))
    return np.array([block.T @ block for block in blocks])
