"""One line of the doctor's: what was looked at, how it stands, and what to do where something is missing."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Check:
    """`problem`: something of the main job will fail; `note`: worth knowing, and all else runs. `todo` is a command or ""."""

    name: str
    state: State
    says: str
    todo: str = ""
