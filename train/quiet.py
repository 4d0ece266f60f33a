"""Silence that training needs beyond `stepladder.hush`: bars and warnings of libraries that are loaded by now."""

import warnings

from stepladder.hush import quiet_transformers


def quiet() -> None:
    """Call after the first import of transformers, and before models are loaded or rows are mapped."""
    import datasets

    quiet_transformers()
    datasets.disable_progress_bars()
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)  # PEFT 0.21 asks
