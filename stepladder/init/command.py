"""`stepladder init DATA...`: read the files as every command does, say what is in them, write one project file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError
from stepladder.init.columns import columns_of
from stepladder.init.found import Found, look
from stepladder.init.habit import habit_of
from stepladder.init.project_file import project_text
from stepladder.init.system import system_of
from stepladder.init.told import sentences, to_json
from stepladder.writing import write_text


def init(data: Sequence[str], *, out: str = "project.yaml", force: bool = False) -> dict[str, Any]:
    """Write `out` for the files and folders in `data`; returns what was understood, and the next commands.

    Raises:
        UserError: nothing to read, or `out` is there already and `force` is not given.
    """
    target = Path(out)
    if target.exists() and not force:
        raise UserError(out, "is there already, and init overwrites nothing", "Choose another --out, or add --force")
    found = look(data)
    understood = _understood(found)
    write_text(target, project_text(target, found, *understood))
    console.heading("What is here")
    for sentence in sentences(found, *understood):
        console.say(sentence)
    commands = [f"stepladder curate --config {out} --out curated", f"stepladder run {out}"]
    console.say(f"\nWritten: {out}. Read it, change what is not so, and go on with\n  {commands[0]}")
    console.say(f"or with everything at once\n  {commands[1]}")
    return {"out": out, **to_json(found, *understood), "next": commands}


def _understood(found: Found) -> tuple[Any, Any, Any]:
    rows = found.rows
    columns = columns_of(rows, found.documents)
    return columns, system_of(rows), habit_of(rows, [column.name for column in columns if column.role == "slice"])
