"""The built-in metrics; importing this package registers them."""

from stepladder.evaluate.metrics import builtin

__all__ = ["builtin"]
