"""Stepladder: curate a few hundred examples, adapt a model, and learn which rung of the ladder is enough."""

from pathlib import Path

__version__ = "0.1.0"

# In a checkout the three stages are folders beside this one; in a wheel they are inside it and nothing happens here.
_checkout = Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").is_file() and (_checkout / "curate" / "__init__.py").is_file():
    __path__.append(str(_checkout))
