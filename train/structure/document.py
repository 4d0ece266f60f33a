"""An adapter's structure as JSON values: every module, and sums by layer and by kind of module."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import measures
from .read import Adapter, Update

_OUTSIDE = "outside of the blocks"


def describe(
    adapter: Adapter, found: Mapping[str, measures.Decomposed], frozen: Mapping[str, float], base: str
) -> dict[str, Any]:
    """The whole document. `found` and `frozen` are by module; `base` says which base was read, or why none was."""
    modules = [_module(update, found[update.module], frozen.get(update.module)) for update in adapter.updates]
    weights = sum(update.weights for update in adapter.updates)
    for module in modules:
        module["share_of_parameters"] = _rounded(module["parameters"] / weights)
    return {
        "adapter": str(adapter.directory),
        "base": {"name": adapter.config.get("base_model_name_or_path"), "read": base, "weights_found": len(frozen)},
        "form": _form(adapter),
        "parameters": weights,
        "other_parameters": adapter.other_weights,
        "bytes": sum(file.stat().st_size for file in adapter.directory.glob("adapter_model.*")),
        "norm": _rounded(math.sqrt(math.fsum(module["norm"] ** 2 for module in modules))),
        "dead": [module["module"] for module in modules if module["dead"]],
        "by_layer": _summed(modules, lambda module: _layer_name(module["layer"])),
        "by_kind": _summed(modules, lambda module: str(module["kind"])),
        "modules": modules,
        "notes": _notes(adapter),
    }


def _module(update: Update, found: measures.Decomposed, frozen: float | None) -> dict[str, Any]:
    values = found.singular_values
    norm = measures.frobenius(values)
    dead = measures.is_dead(update, norm)
    return {
        "module": update.module,
        "layer": update.layer,
        "kind": update.kind,
        "shape": [int(update.b.shape[0]), int(update.a.shape[1])],
        "rank": update.rank,
        "scale": _rounded(update.scale),
        "parameters": update.weights,
        "dead": dead,
        "norm": 0.0 if dead else _rounded(norm),
        "frozen_norm": None if frozen is None else _rounded(frozen),
        "relative_norm": None if not frozen else 0.0 if dead else _rounded(norm / frozen),
        "effective_rank": 0.0 if dead else _rounded(measures.effective_rank(values)),
        "stable_rank": 0.0 if dead else _rounded(measures.stable_rank(values)),
        "singular_values": [_rounded(value) for value in values],
    }


def _rounded(value: float) -> float:
    """Six significant digits: more than float32 weights tell."""
    return float(f"{value:.6g}")


def _layer_name(layer: int | None) -> str:
    return _OUTSIDE if layer is None else str(layer)


def _summed(modules: Sequence[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> list[dict[str, Any]]:
    """Energy (the squared Frobenius norm of the update) and parameters of each group, in the order of the modules."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for module in modules:
        groups[key(module)].append(module)
    energy = math.fsum(module["norm"] ** 2 for module in modules) or 1.0
    return [
        {
            "name": name,
            "modules": len(group),
            "parameters": sum(module["parameters"] for module in group),
            "share_of_energy": _rounded(math.fsum(module["norm"] ** 2 for module in group) / energy),
            "norm": _rounded(math.sqrt(math.fsum(module["norm"] ** 2 for module in group))),
            "relative_norm": _relative(group),
            "effective_rank": _rounded(_mean(module["effective_rank"] for module in group)),
            "stable_rank": _rounded(_mean(module["stable_rank"] for module in group)),
            "dead": sum(module["dead"] for module in group),
        }
        for name, group in groups.items()
    ]


def _relative(group: Sequence[dict[str, Any]]) -> float | None:
    """Norm of a group's updates over that of the same modules' frozen weights; None where one of these is unknown."""
    if any(not module["frozen_norm"] for module in group):
        return None
    update, frozen = (math.fsum(module[name] ** 2 for module in group) for name in ("norm", "frozen_norm"))
    return _rounded(math.sqrt(update / frozen))


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return math.fsum(known) / len(known)


def _form(adapter: Adapter) -> dict[str, Any]:
    config, ranks = adapter.config, sorted({update.rank for update in adapter.updates})
    return {
        "ranks": ranks,
        "scales": sorted({_rounded(update.scale) for update in adapter.updates}),
        "rslora": bool(config.get("use_rslora")),
        "dora": bool(config.get("use_dora")),
        "start": config.get("init_lora_weights", True),
        "rank_pattern": config.get("rank_pattern") or {},
        "alpha_pattern": config.get("alpha_pattern") or {},
    }


def _notes(adapter: Adapter) -> list[str]:
    """What a reader must know before the figures."""
    config, said = adapter.config, []
    if config.get("use_dora"):
        said.append(
            "DoRA: each column of W + scale * BA is rescaled to a trained magnitude, so the whole change of a weight is not "
            "scale * BA alone; the figures are those of scale * BA, which turns the weight's direction"
        )
    if config.get("use_rslora"):
        said.append("rsLoRA: the update counts alpha / sqrt(rank) times")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.split("_")[0].lower() in ("pissa", "olora", "corda", "loftq"):
        said.append(
            f"{start}: training began at factors that are not zero and took their product from the base, so the figures "
            "are not what training changed unless the adapter was converted when it was saved"
        )
    if adapter.stacked:
        said.append(
            f"{len(adapter.stacked)} modules hold the factors of several experts at once; they are not measured"
        )
    if adapter.other_weights:
        said.append(f"{adapter.other_weights:,} weights are trained beside the low-rank factors; they are not measured")
    return said
