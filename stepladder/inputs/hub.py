"""Data sets in the form of the `datasets` library: folders that it saved, and ids on the Hugging Face hub."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stepladder.errors import UserError
from stepladder.inputs.item import Part
from stepladder.inputs.tables import rows

_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?::(?P<config>[\w.-]+)(?=:))?(?::(?P<split>[\w.\[\]%:+-]+))?")
_TIMEOUT = 10.0  # seconds for the one request that asks whether the data set is there


def looks_like_id(name: str) -> bool:
    """Whether `name` has the form OWNER/NAME, OWNER/NAME:SPLIT or OWNER/NAME:CONFIG:SPLIT."""
    return _ID.fullmatch(name) is not None


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` of a `Dataset` or a `DatasetDict` made this folder."""
    return (folder / "dataset_dict.json").is_file() or (
        (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    )


def saved(name: str, folder: Path) -> Iterator[Part]:
    """The splits of a saved folder, each a part NAME/SPLIT; `line` is the 1-based number of the row."""
    from stepladder.hush import hush

    hush()
    from datasets import load_from_disk

    try:
        data = load_from_disk(str(folder))
    except (OSError, ValueError, KeyError) as error:
        what = f"was saved by the datasets library, but cannot be read ({_first_line(error)})"
        raise UserError(name, what, "Save it again") from error
    return _parts(name, data, "/")


def from_hub(name: str) -> Iterator[Part]:
    """The splits of a data set on the hub, each a part NAME:SPLIT; `line` is the 1-based number of the row.

    Raises:
        UserError: no network, no such data set, no right to read it, or no such configuration or split.
    """
    from stepladder.hush import hush

    hush()
    match = _ID.fullmatch(name)
    assert match is not None, "asked for by looks_like_id only"
    _ask_whether_it_is_there(name, match["id"])
    from datasets import load_dataset

    try:
        data = load_dataset(match["id"], match["config"], split=match["split"])
    except Exception as error:  # its loaders raise what they like; the data set is the user's choice either way
        todo = "Name it as OWNER/NAME:CONFIG:SPLIT if it has several, or download its files and name their folder"
        raise UserError(name, f"cannot be read from the hub ({_first_line(error)})", todo) from error
    return _parts(name, data, ":")


def _ask_whether_it_is_there(name: str, hub_id: str) -> None:
    """One short request: `load_dataset` itself tries for 25 s where there is no network, and prints each try."""
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        return  # the user's own cache answers at once
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(hub_id, timeout=_TIMEOUT)
    except Exception as error:  # the kind of error differs between versions; each of them means that it cannot be had
        what = "is no file or folder here and cannot be had from the hub: there is no network, or no such data set"
        todo = "Check the name and the network, or download the data set's files and name their folder"
        raise UserError(name, what, todo) from error


def _parts(name: str, data: Any, joint: str) -> Iterator[Part]:
    splits = data.items() if isinstance(data, dict) else [("", data)]
    for split, dataset in splits:
        yield Part(f"{name}{joint}{split}" if split else name, rows(dataset.with_format("arrow")[:]), columns=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
