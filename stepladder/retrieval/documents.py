"""The documents of a knowledge folder: Markdown, plain text, simple HTML, or JSONL lines with `id` and `text`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError
from stepladder.retrieval.html import from_html

_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)|\A\s*(\S.*)\n=+[ \t]*(?:\n|\Z)")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `id` names it in prompts and gold lists, `text` is its body without the title, `path` its file."""

    id: str
    title: str
    text: str
    path: str


def load_documents(directory: str | Path) -> list[Document]:
    """Every document below `directory`, sorted by id: the path below it without the suffix, or a JSONL line's own id.

    Hidden files are left out; files of other types and empty ones are left out with a warning.

    Raises:
        UserError: no such directory, nothing to read in it, text that is not UTF-8, a faulty JSONL line, a second id.
    """
    root = Path(directory)
    if not root.is_dir():
        what = "is a file, not a folder of documents" if root.exists() else "there is no such folder of documents"
        raise UserError(str(directory), what, f"Name a folder with {', '.join(_READERS)} files")
    found: dict[str, Document] = {}
    others: set[str] = set()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not _hidden(p.relative_to(root))):
        read = _READERS.get(path.suffix.lower())
        if read is None:
            others.add(path.suffix or path.name)
            continue
        for document in read(path, path.relative_to(root).with_suffix("").as_posix()):
            if document.id in found:
                what = f"the document id '{document.id}' is also that of {found[document.id].path}"
                raise UserError(document.path, what, "Rename one of the two")
            if document.text:
                found[document.id] = document
            else:
                console.warn(f"{document.path}: an empty document, left out")
    if not found:
        raise UserError(str(directory), "holds no document with text", f"Put {', '.join(_READERS)} files into it")
    if others:
        console.warn(f"{directory}: files of other types were not read: {', '.join(sorted(others))}")
    return [found[id] for id in sorted(found)]


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _markdown(path: Path, id: str) -> Iterator[Document]:
    text = _decoded(path)
    title = None
    if front := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(front[1])
        title, text = named and named[1], text[front.end() :]
    yield _titled(id, text, path, title)


def _plain(path: Path, id: str) -> Iterator[Document]:
    yield Document(id, _spoken(id), _decoded(path).strip(), str(path))


def _html(path: Path, id: str) -> Iterator[Document]:
    title, text = from_html(_decoded(path))
    yield _titled(id, text, path, title)


def _jsonl(path: Path, _: str) -> Iterator[Document]:
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            row = _object(line, where)
            title = row.get("title")
            yield Document(
                str(row["id"]), title if isinstance(title, str) else _spoken(str(row["id"])), row["text"].strip(), where
            )


def _object(line: str, where: str) -> dict[str, Any]:
    todo = 'Write one object a line, like {"id": "pets", "title": "Pets", "text": "Dogs pay ..."}'
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(where, f"is not JSON ({error.msg})", todo) from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str | int) or not isinstance(row.get("text"), str):
        raise UserError(where, "is not a document: 'id' and 'text' are needed", todo)
    return row


_READERS: dict[str, Callable[[Path, str], Iterator[Document]]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".jsonl": _jsonl,
}


def _titled(id: str, text: str, path: Path, title: str | None) -> Document:
    """The document; a heading that starts its text is taken out as the title, else `title` is, else the file's name."""
    heading = _TITLE.match(text)
    if heading:
        title, text = heading[1] or heading[2], text[heading.end() :]
    return Document(id, title or _spoken(id), text.strip(), str(path))


def _spoken(id: str) -> str:
    """'faq/lost-property' as a title: 'Lost property'."""
    words = re.sub(r"[-_\s]+", " ", id.rsplit("/", 1)[-1]).strip()
    return words[:1].upper() + words[1:]


def _decoded(path: Path) -> str:
    """The file's text with \\n line ends: UTF-8, or UTF-16 where a byte order mark says so."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"{path}:{raw[: error.start].count(10) + 1}"
        raise UserError(
            where, f"is not {encoding.removesuffix('-sig').upper()} text", "Save the file as UTF-8"
        ) from error
    if "\0" in text:
        raise UserError(str(path), "is not a text file (it holds NUL bytes)", "Take it out of the folder")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def named_documents(metadata: Mapping[str, Any]) -> list[str]:
    """The ids of the documents that answer a row, from its metadata `documents`: a list, or a spreadsheet's "a, b"."""
    named = metadata.get("documents") or []
    return re.split(r"\s*[,;]\s*", named.strip()) if isinstance(named, str) else [str(name) for name in named]
