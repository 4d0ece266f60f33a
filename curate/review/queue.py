"""The rows that the page shows: held ones, repaired ones, a spot check of those kept, and those decided before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from stepladder.errors import UserError
from stepladder.formats import AmbiguousShape, recognise
from stepladder.inputs.item import RowFault
from stepladder.records import KINDS, Kind, text_of
from stepladder.rundir import read_manifest

from ..decisions import SYSTEM, Decision, current, fingerprint_of, row_of
from ..ledger import SPLITS
from .differences import difference

Group = Literal["held", "repaired", "spot", "decided"]
_SPOT_CHECK = {"code": "spot_check", "detail": "found when kept rows were read"}  # what a rejected one is dropped for
MOST = 2000  # undecided rows on one page; the rest follow when these are decided


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the page. `row` is in the form in which rows are written."""

    fingerprint: str
    id: str
    kind: Kind
    group: Group
    row: Mapping[str, Any]
    where: str
    reasons: Sequence[Mapping[str, Any]]
    """As in the ledger."""
    answers: Sequence[Mapping[str, str]]
    """Those of the reasons that a decision about the row answers: `code` and `detail`."""
    before: Mapping[str, Any] = field(default_factory=dict)
    others: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        """What the page gets, word differences included."""
        out = {name: getattr(self, name) for name in ("fingerprint", "id", "kind", "group", "row", "where", "reasons")}
        repairs = {name: difference(_said(old), _said(self.row[name])) for name, old in self.before.items()}
        if self.kind == "preference":
            out["pair"] = difference(text_of(self.row["rejected"]), text_of(self.row["chosen"]))
        return {**out, "codes": [one["code"] for one in self.answers], "repairs": repairs, "others": list(self.others)}


class Curated:
    """A curated directory as the page needs it.

    Raises:
        UserError: `directory` was not written by `stepladder curate`.
    """

    def __init__(self, directory: Path) -> None:
        self.manifest = read_manifest(directory)
        if self.manifest.get("stage") != "curate" or not (directory / "ledger.jsonl").is_file():
            raise UserError(
                str(directory), "was not written by `stepladder curate`", "Name the directory given to it as --out"
            )
        self._directory = directory
        self._ledger = list(self._lines("ledger.jsonl"))
        self._by_id = {line["id"]: line for line in self._ledger}
        self._held = {one["id"]: one["row"] for one in self._lines("review.jsonl")}
        self._rows = self._written_rows()

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        file = self._directory / name
        for line in file.read_bytes().split(b"\n") if file.is_file() else ():
            if line:
                yield orjson.loads(line)

    def _written_rows(self) -> dict[str, dict[str, Any]]:
        """Every row by its id, as it is now; dropped rows as far as they can be read."""
        rows = {one["id"]: row for one in self._lines("dropped.jsonl") if (row := _readable(one["row"])) is not None}
        rows |= {row["id"]: row for kind in KINDS for s in SPLITS for row in self._lines(f"{kind}/{s}.jsonl")}
        return rows | self._held

    def items(self, log: Sequence[Decision]) -> list[Item]:
        """The rows in the order of the page; `log` are all decisions so far."""
        standing = current(log)
        doubtful = [line["id"] for line in self._ledger if line["id"] not in self._held and _is_doubtful(line)]
        held = [self._item(self._by_id[name], "held", standing) for name in [*self._held, *doubtful]]
        mended = [
            self._item(line, "repaired", standing)
            for line in self._ledger
            if line["verdict"] == "fixed" and "decided" not in line and not _is_doubtful(line)
        ]
        taken = {item.id for item in [*held, *mended]}
        drawn = [self._item(self._by_id[name], "spot", standing) for name in self._spot_check() if name not in taken]
        shown = {item.fingerprint for item in [*held, *mended, *drawn]}
        used = {line["decided"]["fingerprint"] for line in self._ledger if "decided" in line}
        latest = {one.fingerprint: one for one in log}  # also where the last word is an undo: the row waits again
        before = [_decided(one) for name, one in latest.items() if name in used - shown]
        return [*held, *mended, *drawn, *before]

    def _spot_check(self) -> list[str]:
        """The rows drawn from those that are kept, but for the user's own held-out rows: nothing is done to these."""
        summary = orjson.loads((self._directory / "summary.json").read_bytes())
        settled = "heldout" if "heldout" in self.manifest.get("inputs", {}) else None
        rows = [self._by_id[name] for name in summary.get("queue", {}).get("spot_check", [])]
        return [line["id"] for line in rows if line["split"] != settled and "decided" not in line]

    def _item(self, line: Mapping[str, Any], group: Group, standing: Mapping[str, Decision]) -> Item:
        row = self._rows[line["id"]]
        key = fingerprint_of(row_of(line["kind"], row))
        answered = standing[key].codes if "decided" in line and key in standing else frozenset()
        asked = [r for r in line["reasons"] if r["action"] == "review" or r["code"] in answered]
        asked = asked or [reason for reason in line["reasons"] if reason["action"] == "fix"] or [_SPOT_CHECK]
        return Item(
            key, line["id"], line["kind"], group, row, f"{line['source']['file']}:{line['source']['line']}",
            line["reasons"], [{"code": one["code"], "detail": one["detail"]} for one in asked],
            line.get("before") or {}, self._others(line, row),
        )  # fmt: skip

    def _others(self, line: Mapping[str, Any], row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows that this one is compared with, and how they differ from it."""
        out: dict[str, dict[str, Any]] = {}
        for reason in line["reasons"]:
            name = reason.get("other")
            if name is None or name not in self._rows:
                continue
            told = out.setdefault(name, {"id": name, "codes": [], **self._compared(self._by_id[name], row)})
            told["codes"].append(reason["code"])
        return list(out.values())

    def _compared(self, line: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        other = self._rows[line["id"]]
        return {
            "verdict": line["verdict"],
            "split": line["split"],
            "prompt": difference(_said(other["prompt"]), _said(row["prompt"])),
            "answer": difference(text_of(_answer(other)), text_of(_answer(row))),
            "row": other,
        }


def _is_doubtful(line: Mapping[str, Any]) -> bool:
    """Whether the row was kept although a person should look at it (`curate.review: keep`)."""
    return line["verdict"] in ("keep", "fixed") and any(reason["action"] == "review" for reason in line["reasons"])


def _readable(raw: Any) -> dict[str, Any] | None:
    """A dropped row, kept as it came, in the form in which rows are written."""
    try:
        draft, rest = recognise(raw)
    except (RowFault, AmbiguousShape):
        return None
    return {"id": rest.id, "prompt": list(draft.prompt), **{name: list(turns) for name, turns in draft.answers.items()}}


def _decided(one: Decision) -> Item:
    return Item(one.fingerprint, one.id, one.kind, "decided", one.row, "", one.reasons, list(one.reasons))


def _said(turns: Sequence[Any]) -> str:
    return text_of([turn for turn in turns if turn["role"] not in SYSTEM])


def _answer(row: Mapping[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = row["chosen"] if "chosen" in row else row["completion"]
    return found


def limited(items: Sequence[Item], standing: Mapping[str, Decision]) -> tuple[list[Item], int]:
    """At most MOST rows that are not decided, and all that are; the second figure says how many are left for later."""
    waiting = [item for item in items if item.fingerprint not in standing]
    later = {item.fingerprint for item in waiting[MOST:]}
    return [item for item in items if item.fingerprint not in later], len(later)
