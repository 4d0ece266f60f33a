"""The built-in ways to ask; importing this package registers them."""

from stepladder.evaluate.rungs import few_shot, plain, rag

__all__ = ["few_shot", "plain", "rag"]
