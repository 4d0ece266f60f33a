"""Which adapters are trained: what the user named, or what the data allow."""

from pathlib import Path

from stepladder.errors import UserError
from stepladder.records import Kind

METHODS = ("sft", "dpo", "kto", "reward", "raft", "full", "pretrain")
_ROWS: dict[str, Kind] = {"dpo": "preference", "reward": "preference", "kto": "unpaired"}
_NEEDS_NO_ROWS = {"pretrain"}
_WEIGHTS = "adapter_model.safetensors"


def rows_of(method: str) -> Kind:
    """The kind of rows that the method is trained on; pretrain is only measured on them."""
    return _ROWS.get(method, "sft")


def methods_for(
    method: str, *, sft: bool, preference: bool, knowledge: bool, unpaired: bool = False
) -> tuple[str, ...]:
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
            raise UserError(
                "--method", f"'{name}' is not a method", f"Use auto, {', '.join(METHODS)}, or several such as sft+dpo"
            )
    there = {"sft": sft, "preference": preference, "unpaired": unpaired}
    for name in named:
        rows = rows_of(name)
        if name not in _NEEDS_NO_ROWS and not there[rows]:
            raise UserError(
                "--method", f"{name} needs {rows} rows, and there are none", f"Add {rows} rows, or leave {name} out"
            )
    for name in ("raft", "pretrain"):
        if name in named and not knowledge:
            raise UserError("--method", f"{name} needs a folder of documents", "Name it with --knowledge DIR")
    return tuple(name for name in METHODS if name in named)


def directory_of(method: str, out: Path, methods: tuple[str, ...]) -> Path:
    """A single method writes into OUT itself, several into OUT/METHOD."""
    return out if len(methods) == 1 else out / method


def starting_adapter(method: str, named: str | None, out: Path, methods: tuple[str, ...]) -> Path | None:
    """The SFT adapter that dpo and kto continue: --adapter, the one of this run, or a sibling directory `sft`.

    Where there is none kto starts from the base, and so do all other methods.

    Raises:
        UserError: dpo finds none, or the named directory holds none.
    """
    if method not in ("dpo", "kto"):
        return None
    if named is not None:
        found = [Path(named), Path(named) / "sft"]
    elif "sft" in methods:
        return directory_of("sft", out, methods)
    else:
        found = [out / "sft", out.parent / "sft"]
    for path in found:
        if (path / _WEIGHTS).is_file():
            return path
    if method == "kto" and named is None:
        return None
    where = "--adapter" if named else "--method"
    what = f"{named} holds no {_WEIGHTS}" if named else "dpo starts from an SFT adapter, and there is none beside it"
    raise UserError(where, what, "Use --method sft+dpo, or name the adapter with --adapter DIR")
