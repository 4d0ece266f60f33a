"""Norms of the frozen weights that an adapter was trained beside, read tensor by tensor without building the model."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from stepladder import models
from stepladder.errors import UserError


def folder_of(name: str | None, *, given: str | None) -> tuple[Path | None, str]:
    """The folder of the base model and what to say of it; nothing is fetched from the hub unless the user names it.

    `name` stands in adapter_config.json, `given` on the command line.

    Raises:
        UserError: `given` is no model.
    """
    if given is not None:
        return models.resolve(given).path, given
    if not name:
        return None, "adapter_config.json names no base model: give it with --model"
    if name in models.WHEEL_MODELS or Path(name).expanduser().exists():
        try:
            return models.resolve(name).path, name
        except UserError as error:
            return None, str(error)
    cached = _in_hub_cache(name)
    return cached, name if cached else f"{name} is not on this disk: fetch it by giving it with --model"


def _in_hub_cache(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True, allow_patterns=["*.json", "*.safetensors"]))
    except (HFValidationError, LocalEntryNotFoundError, OSError):
        return None


def norms(folder: Path, modules: Iterable[str]) -> dict[str, float]:
    """Frobenius norm of the weight of each module, where the folder has a floating-point one of its name."""
    from safetensors import safe_open

    wanted = {key: module for module in modules for key in _keys(module)}
    found: dict[str, float] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stream:
            for key in stream.keys():  # noqa: SIM118 - the handle is no mapping
                tensor = stream.get_tensor(key) if key in wanted else None
                if tensor is not None and tensor.is_floating_point():
                    found[wanted[key]] = float(tensor.float().norm())
    return found


def _keys(module: str) -> Iterator[str]:
    """Names under which checkpoints keep the weight: as the module's, and without the outer `model.`."""
    yield f"{module}.weight"
    yield f"{module.removeprefix('model.')}.weight"
