"""Importing this module fills the tables of check.py with everything that is built in."""

from . import benchmarks, checks, leaks, repairs
from .duplicates import exact, near, semantic

__all__ = ["benchmarks", "checks", "exact", "leaks", "near", "repairs", "semantic"]
