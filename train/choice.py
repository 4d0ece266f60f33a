"""Which adapters are trained: what the user named, or what the data allow."""

from pathlib import Path

from stepladder.errors import UserError

METHODS = ("sft", "dpo", "raft")
_LATER = ("kto", "reward", "full", "pretrain")
_WEIGHTS = "adapter_model.safetensors"


def methods_for(method: str, *, sft: bool, preference: bool, knowledge: bool) -> tuple[str, ...]:
    """The methods in the order of training. `auto` is sft, dpo where there are pairs, raft where there are documents.

    Raises:
        UserError: a method that is unknown or lacks its rows or documents.
    """
    if method == "auto":
        if not sft:
            raise UserError(
                "train.method", "there are no sft rows to train on", "Add rows with a prompt and a completion"
            )
        return ("sft", *(("dpo",) if preference else ()), *(("raft",) if knowledge else ()))
    named = method.split("+")
    for name in named:
        if name not in METHODS:
            what = f"'{name}' is not built yet" if name in _LATER else f"'{name}' is not a method"
            raise UserError("--method", what, f"Use auto, {', '.join(METHODS)}, or several such as sft+dpo")
    lacking = {"sft": not sft, "raft": not sft, "dpo": not preference}
    for name in named:
        if lacking[name]:
            rows = "preference" if name == "dpo" else "sft"
            raise UserError(
                "--method", f"{name} needs {rows} rows, and there are none", f"Add {rows} rows, or leave {name} out"
            )
    if "raft" in named and not knowledge:
        raise UserError("--method", "raft needs a folder of documents", "Name it with --knowledge DIR")
    return tuple(name for name in METHODS if name in named)


def directory_of(method: str, out: Path, methods: tuple[str, ...]) -> Path:
    """A single method writes into OUT itself, several into OUT/METHOD."""
    return out if len(methods) == 1 else out / method


def starting_adapter(named: str | None, out: Path, methods: tuple[str, ...]) -> Path:
    """The SFT adapter that dpo continues: --adapter, the one of this run, or a sibling directory `sft`.

    Raises:
        UserError: there is none.
    """
    if named is not None:
        found = [Path(named), Path(named) / "sft"]
    elif "sft" in methods:
        return directory_of("sft", out, methods)
    else:
        found = [out / "sft", out.parent / "sft"]
    for path in found:
        if (path / _WEIGHTS).is_file():
            return path
    where = "--adapter" if named else "--method"
    what = f"{named} holds no {_WEIGHTS}" if named else "dpo starts from an SFT adapter, and there is none beside it"
    raise UserError(where, what, "Use --method sft+dpo, or name the adapter with --adapter DIR")
