"""stepladder.config: files that are no project file at all, told with their line, column and remedy."""

from pathlib import Path

import pytest

from stepladder.config import load_project
from stepladder.errors import UserError


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "project.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    path = written(folder, text)
    with pytest.raises(UserError) as caught:
        load_project(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{path}") and line.endswith(".") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


WHOLE_FILE = [  # the file, and its one message
    ("", "1:1: the file is empty. Write at least `data: FILE`."),
    ("# only this\n", "1:1: the file is empty. Write at least `data: FILE`."),
    ("name: x", "1:1: data: is missing. Add the line `data: ...`."),
    ("data:", "1:1: data: is missing. Add the line `data: ...`."),
    ("data: []", "1:1: data: is missing. Add the line `data: ...`."),
    (
        "data:x",
        "1:1: the file is the text 'data:x', not `key: value` lines. "
        "Write lines such as `data: FILE`, with a space after the colon.",
    ),
    (
        "- data",
        "1:1: the file is a list, not `key: value` lines. "
        "Write lines such as `data: FILE`, with a space after the colon.",
    ),
    ("data: x\ntrain:\n\tepochs: 1", "3:1: a tab where YAML allows only spaces. Indent with spaces."),
    (
        "data: x\nsystem: a: b",
        "2:10: this is not YAML (mapping values are not allowed here). "
        "Put text that holds ': ' in quotes, and check the indentation.",
    ),
    (
        'data: x\nformat: {regex: "\\d"}',
        "2:19: this is not YAML (found unknown escape character 'd'). Put text with backslashes in single quotes.",
    ),
    (
        "data: x\nsystem: 'a\nname: b",
        "2:9: this is not YAML (found unexpected end of stream). Close the quote or bracket that is still open.",
    ),
    (
        "data: -",
        "1:7: this is not YAML (sequence entries are not allowed here). "
        "Put a lone - in quotes, and begin a list on a line of its own.",
    ),
    (
        "data: x\n---\ndata: y",
        "2:1: this is not YAML (but found another document). Keep one document in the file: remove the second '---'.",
    ),
    ("data: x\nname: \x01", "2:7: a character that YAML does not allow (U+0001). Remove it."),
    (b"data: x\nname: \xff", "2:7: the file is not UTF-8 text. Save it as UTF-8."),
    (
        "data: x\ntrain: {args: &a {b: *a}}",
        " the values are nested too deeply, or hold themselves. Write them out flat.",
    ),
]


@pytest.mark.parametrize(("text", "message"), WHOLE_FILE)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert faults(tmp_path, text) == [message]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        load_project(tmp_path / "none.yaml")
