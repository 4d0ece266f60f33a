"""What `init` understood, as sentences for a person and as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stepladder.init.columns import Column
from stepladder.init.found import File, Found
from stepladder.init.habit import Habit
from stepladder.init.system import System
from stepladder.records import Kind

_KINDS: Mapping[Kind, str] = {"sft": "examples", "preference": "preference pairs", "unpaired": "answers with a verdict"}
_ROLES = {
    "id": "numbers the rows",
    "slice": "divides the rows into kinds",
    "group": "groups rows",
    "documents": "names the documents that answer a row",
    "other": "rides along as metadata",
}


def sentences(found: Found, columns: Sequence[Column], system: System, habit: Habit | None) -> Iterator[str]:
    """One line for each thing, the files first."""
    for file in [*found.files, *([found.heldout] if found.heldout else [])]:
        held = ", by its name held out" if file is found.heldout else ""
        yield f"{file.name}: {_counts(file)}{held}"
        if file.faults:
            yield f"  {len(file.faults)} lines cannot be read, the first is {file.faults[0].source}: {file.faults[0].fault}"
    if found.knowledge:
        yield f"{found.knowledge}: {len(found.documents)} documents, for the rag rungs"
    for column in columns:
        called = " (call it `slice`, and results are told for each)" if _could_be_slice(column, columns) else ""
        yield f"column {column.name}: {column.distinct} values in {column.filled} rows, {_ROLES[column.role]}{called}"
    yield about_system(system)
    yield about_format(habit) if habit else "No format was found that nearly all answers keep."
    yield from found.remarks


def to_json(found: Found, columns: Sequence[Column], system: System, habit: Habit | None) -> dict[str, Any]:
    """The same as plain values."""
    files = [*found.files, *([found.heldout] if found.heldout else [])]
    return {
        "files": [
            {
                "name": file.name,
                "rows": dict(Counter(row.kind for row in file.rows)),
                "formats": dict(file.formats()),
                "faults": len(file.faults),
            }
            for file in files
        ],
        "data": found.data,
        "heldout": found.heldout.name if found.heldout else None,
        "knowledge": str(found.knowledge) if found.knowledge else None,
        "columns": {column.name: column.role for column in columns},
        "system": {"text": system.text, "rows": system.having},
        "format": {"rule": habit.rule, "kept": habit.kept, "judged": habit.judged} if habit else None,
        "remarks": found.remarks,
    }


def about_data(found: Found) -> str:
    """How many rows of which type."""
    kinds = Counter(row.kind for row in found.rows)
    told = ", ".join(f"{kinds[kind]} {name}" for kind, name in _KINDS.items() if kinds[kind])
    faults = sum(len(file.faults) for file in found.files)
    return f"{told}{f'; {faults} lines cannot be read' if faults else ''}."


def about_system(system: System) -> str:
    """What the system turns are."""
    if not system.having:
        return "No row has a system turn."
    if system.text is None:
        return f"The rows have {system.different} different system turns, so none is set here."
    if system.having == system.rows:
        return "All rows start with this system turn, and so will every prompt on every rung."
    return f"{system.having} of {system.rows} rows start with this system turn; the others get it too."


def about_format(habit: Habit) -> str:
    """What the answers keep."""
    rule = habit.rule
    if "json_schema" in rule:
        told = "are one JSON object"
    elif "regex" in rule:
        told = "are one of a few labels"
    else:
        told = "close with the lines " + " and ".join(f'"{line.removesuffix(".+")}..."' for line in rule["lines"])
    some = ", but for some kinds of rows" if "except_when" in rule else ""
    return f"{habit.kept} of {habit.judged} answers {told}{some}."


def _counts(file: File) -> str:
    kinds = Counter(row.kind for row in file.rows)
    told = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in kinds.items()) or "no rows"
    return f"{told} ({', '.join(file.formats())})" if file.rows else told


def _could_be_slice(column: Column, columns: Sequence[Column]) -> bool:
    return column.role == "slice" and not any(other.name == "slice" for other in columns)
