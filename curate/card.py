"""README.md of a curated directory: a dataset card in the Hugging Face form, which also makes `load_dataset` work."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stepladder.records import Message, Row

from .ledger import SPLITS

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TURN = ["- name: role", "  dtype: string", "- name: content", "  dtype: string"]


def card(name: str, rows: Mapping[str, Sequence[Row]], summary: Mapping[str, Any], files: Sequence[str]) -> str:
    """The whole file. `rows` are the written rows by kind, `files` the input files by name.

    Columns are declared, not guessed: rows may differ in their metadata, and an empty split has no row to guess from.
    """
    front = [
        "---",
        f"pretty_name: {json.dumps(name)}",
        "tags:",
        "- stepladder",
        "size_categories:",
        f"- {_size(rows)}",
        "configs:",
    ]
    for kind in rows:
        front += [f"- config_name: {kind}", *(["  default: true"] if kind == next(iter(rows)) else []), "  data_files:"]
        for place in SPLITS:
            if summary["splits"][kind][place]["rows"]:  # `load_dataset` refuses a split without rows
                front += [f"  - split: {place}", f"    path: {kind}/{place}.jsonl"]
    front.append("dataset_info:")
    for kind, mine in rows.items():
        front += [f"- config_name: {kind}", "  features:", *(f"  {line}" for line in _features(mine))]
    return "\n".join([*front, "---", "", *_body(name, summary, files)]) + "\n"


def _size(rows: Mapping[str, Sequence[Row]]) -> str:
    count = sum(map(len, rows.values()))
    return next((text for limit, text in _SIZES if count < limit), "n>1M")


def _features(rows: Sequence[Row]) -> list[str]:
    """The columns in the order in which rows are written; what can differ from row to row is JSON."""
    out = ["- name: id", "  dtype: string", "- name: prompt", *_turns([row.prompt for row in rows])]
    for name in rows[0].answers:
        out += [f"- name: {name}", *_turns([row.answers[name] for row in rows])]
    if any(row.label is not None for row in rows):
        out += ["- name: label", "  dtype: bool"]
    if any(row.tools is not None for row in rows):
        out += ["- name: tools", "  dtype: json"]
    if any(row.metadata for row in rows):
        out += ["- name: metadata", "  dtype: json"]
    return out


def _turns(conversations: Sequence[Sequence[Message]]) -> list[str]:
    plain = all(
        m.keys() == {"role", "content"} and isinstance(m["content"], str) for turns in conversations for m in turns
    )
    return ["  list:", *(f"  {line}" for line in _TURN)] if plain else ["  list: json"]


def _body(name: str, summary: Mapping[str, Any], files: Sequence[str]) -> list[str]:
    proof = summary["leaks"]
    lines = [
        f"# {name}",
        "",
        "Curated by Stepladder. Every input row has a line in `ledger.jsonl`; "
        "`report.html` shows what was found, `summary.json` holds the figures.",
        "",
        f"Made from {', '.join(f'`{file}`' for file in files)}: {summary['rows_in']} rows in, {summary['kept']} kept, "
        f"{summary['fixed']} fixed, {summary['review']} held for review, {summary['dropped']} dropped.",
        "",
        "| type | train | dev | heldout |",
        "|---|--:|--:|--:|",
    ]
    for kind, splits in summary["splits"].items():
        lines.append(f"| {kind} | " + " | ".join(str(splits[place]["rows"]) for place in SPLITS) + " |")
    lines += [
        "",
        f"Leaks: {leak_sentence(proof)}",
        "",
        "## What was found",
        "",
        "| reason | rows | share (95 % interval) | done |",
    ]
    lines += ["|---|--:|---|---|"]
    for code, found in summary["codes"].items():
        if found["rows"]:
            lines.append(f"| {code} | {found['rows']} | {_interval(found)} | {done(found['actions'])} |")
    lines += [f"\n- {finding['code']}: {finding['detail']}" for finding in summary["findings"]]
    lines += [f"\n- {remark}" for remark in summary["remarks"]]
    kind = next(iter(summary["splits"]), None)
    if kind:
        lines += ["", "## Use", "", "```python", "from datasets import load_dataset", ""]
        lines += [f'rows = load_dataset("PATH/TO/THIS/FOLDER", "{kind}", split="train")', "```"]
    return lines


def _interval(found: Mapping[str, Any]) -> str:
    return f"{found['share']:.1%} ({found['low']:.1%} to {found['high']:.1%})"


def done(actions: Mapping[str, int]) -> str:
    """What was done about a reason: "drop", or "30 drop, 2 note" where it differs."""
    return ", ".join(actions) if len(actions) == 1 else ", ".join(f"{n} {action}" for action, n in actions.items())


def leak_sentence(proof: Mapping[str, Any]) -> str:
    """The certificate in one sentence."""
    compared = f"{proof['pairs_compared']:,} pairs of rows in different splits compared"
    threshold = proof["thresholds"]["similarity"]
    if not proof["pairs_above"]:
        return f"{compared}; none is alike at {threshold} or shares a passage."
    return f"{compared}; {proof['pairs_above']} are alike at {threshold} or share a passage (listed in summary.json)."
