"""Keep the libraries underneath quiet: only Stepladder's own progress and messages reach the terminal."""

import logging
import os
import warnings

# Warnings that a user can do nothing about, each with the library it comes from.
_KNOWN = (
    r".*torch_dtype.*deprecated.*",
    r".*`activation_checkpointing`.*",
    r".*use_reentrant.*",
    r".*The PEFT config's `base_model_name_or_path` was renamed.*",
    r".*`is_gradient_checkpointing` is deprecated.*",
    r".*pin_memory.*no accelerator.*",
)


def hush() -> None:
    """Call before the first import of torch, transformers, datasets, peft, trl or bitsandbytes."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    for name in (
        "bitsandbytes",
        "transformers",
        "datasets",
        "accelerate",
        "peft",
        "trl",
        "huggingface_hub",
        "bm25s",
        "torch",
    ):
        logging.getLogger(name).setLevel(logging.ERROR)
    for pattern in _KNOWN:
        warnings.filterwarnings("ignore", message=pattern)


def quiet_transformers() -> None:
    """Switch off the bars that transformers draws while it loads and saves weights."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
