"""report.html: what curation found, on one self-contained page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from stepladder.pages import Column, Node, Section, element, facts, page, table, verdict
from stepladder.pages.charts.bars import Bar, bars
from stepladder.pages.charts.histogram import histogram

from .card import done, leak_sentence
from .ledger import SPLITS, Entry, chosen
from .lengths import lengths_of
from .rates import share
from .scores.page import scores_page
from .select import selection_sentence
from .text import content_of, shown

_LISTED = 50  # rows shown in a table; the ledger has all of them


def report(name: str, entries: Sequence[Entry], summary: Mapping[str, Any], review: Literal["hold", "keep"]) -> str:
    """The page: counts by reason, splits and leaks, rows to decide, rows dropped, what was repaired, lengths."""
    sentence = (
        f"{summary['kept'] + summary['fixed']} of {summary['rows_in']} rows are ready; "
        f"{summary['review']} wait for a decision, {summary['dropped']} are out."
    )
    sections = [
        Section("reasons", "What was found", [_reasons(summary), _skipped(summary)]),
        Section(
            "splits",
            "Splits and leaks",
            [
                _splits(summary),
                element("p", None, leak_sentence(summary["leaks"])),
                _benchmarks(summary),
                _remarks(summary),
            ],
        ),
        Section("coverage", "Coverage", [_coverage(summary["coverage"]), _selection(summary["selection"])]),
        Section("review", "Held for review", _rows(chosen(entries, review, "review"), "Rows to decide")),
        Section("dropped", "Dropped", _rows(chosen(entries, review, "drop"), "Rows dropped")),
        Section("repairs", "Repaired", _repairs(chosen(entries, review, "fixed"))),
        Section("scores", "Quality scores", scores_page(entries, summary["selectors"])),
        Section("lengths", "Lengths", [_tokens(entries, summary["lengths"]), _lengths(entries)]),
    ]
    above = f"{name}, seed {summary['config']['seed']}"
    return page(
        f"Curation of {name}",
        sections,
        intro=verdict("none", sentence, leak_sentence(summary["leaks"]), above=above, label="curated"),
    )


def _reasons(summary: Mapping[str, Any]) -> Node:
    found = sorted(((code, f) for code, f in summary["codes"].items() if f["rows"]), key=lambda item: -item[1]["rows"])
    items = [Bar(code, f["rows"], done(f["actions"])) for code, f in found]
    top = f"{found[0][0]} is the most frequent reason ({found[0][1]['rows']} rows)." if found else "Nothing was found."
    rows = [
        [code, f["rows"], f"{f['share']:.1%}", f"{f['low']:.1%} to {f['high']:.1%}"]
        for code, f in summary["codes"].items()
    ]
    heads: list[Column | str] = ["Reason", Column("Rows", True), Column("Share", True), Column("95 % interval", True)]
    return [bars(items, finding=top), table("All reasons that were looked for", heads, rows)]


def _skipped(summary: Mapping[str, Any]) -> Node:
    rows = [[code, why] for code, why in summary["skipped"].items()]
    return table("Not looked for", ["Reason", "Why"], rows, empty="Everything was looked for.")


def _splits(summary: Mapping[str, Any]) -> Node:
    rows = [[kind, *(found[place]["rows"] for place in SPLITS)] for kind, found in summary["splits"].items()]
    return table("Rows by type and split", ["Type", *(Column(place, True) for place in SPLITS)], rows)


def _benchmarks(summary: Mapping[str, Any]) -> Node:
    found = summary["benchmarks"]
    return element("p", None, f"Benchmarks: {found['sentence']}.") if found else None


def _remarks(summary: Mapping[str, Any]) -> Node:
    said = [f"{finding['code']}: {finding['detail']}" for finding in summary["findings"]] + list(summary["remarks"])
    return element("ul", None, [element("li", None, text) for text in said]) if said else None


def _coverage(found: Mapping[str, Any]) -> Node:
    """What the rows are about, and what to write more of."""
    if not found["topics"]:
        return element("p", None, "Too few rows are kept for a map of what they are about.")
    items = [Bar(topic["name"], topic["rows"], f"{topic['train']} train") for topic in found["topics"]]
    sentences = [element("li", None, text) for text in found["suggestions"]]
    heading = f"What the rows are about: {len(items)} topics, told apart by {found['compared_by']}"
    passages = found["passages"]
    return [
        bars(items, finding=heading, note="Each topic is named by the words that set it apart."),
        element("ul", None, sentences) if sentences else element("p", None, "No topic is empty or crowded."),
        _passages(passages) if passages and passages["listed"] else None,
    ]


def _passages(found: Mapping[str, Any]) -> Node:
    rows = [[one["document"], one["text"]] for one in found["listed"]]
    caption = f"Passages that no row comes near ({found['unasked']} of {found['of']})"
    return table(caption, ["Document", "Passage"], rows)


def _selection(found: Mapping[str, Any] | None) -> Node:
    return element("p", None, f"Selection: {selection_sentence(found)}") if found else None


def _rows(entries: Sequence[Entry], caption: str) -> Node:
    rows: list[list[Node]] = []
    for entry in entries[:_LISTED]:
        why = [element("p", None, f"{reason.code}: {shown(reason.finding.detail, 300)}") for reason in entry.reasons]
        asked = shown(entry.row.prompt_text, 200) if entry.row else shown(str(entry.raw), 200)
        answer = shown(entry.row.completion_text, 200) if entry.row else ""
        rows.append([entry.id, str(entry.source), why, asked, answer])
    more = f" (the first {_LISTED} of {len(entries)})" if len(entries) > _LISTED else ""
    return table(caption + more, ["Row", "Where", "Why", "Prompt", "Response"], rows, empty="None.")


def _repairs(entries: Sequence[Entry]) -> Node:
    kinds = Counter(reason.code for entry in entries for reason in entry.reasons if reason.action == "fix")
    rows: list[list[Node]] = []
    for entry in entries[:_LISTED]:
        for name, old in (entry.before or {}).items():
            assert entry.row is not None, "a repaired entry is a row"
            new = entry.row.prompt if name == "prompt" else entry.row.answers[name]
            texts = [
                shown(ascii("\n".join(map(content_of, turns)))[1:-1], 200) for turns in (old, _without_system(old, new))
            ]
            rows.append([entry.id, name, *texts])
    counts = facts([(code, f"{count} rows") for code, count in sorted(kinds.items())]) if kinds else None
    return [
        counts,
        table(
            "Before and after (what cannot be seen is written as \\u....)",
            ["Row", "Field", "Before", "After"],
            rows,
            empty="None.",
        ),
    ]


def _without_system(old: Sequence[Any], new: Sequence[Any]) -> Sequence[Any]:
    """The new turns without the project's system turn, which is no repair."""
    return new[len(new) - len(old) :]


def _tokens(entries: Sequence[Entry], found: Mapping[str, Any] | None) -> Node:
    """The spread of whole rows in tokens, and a table of what usual limits would cut."""
    if not found:
        return None
    rows = [[f"{int(limit):,}", cut["rows"], share(cut["rows"], found["rows"])] for limit, cut in found["cut"].items()]
    longest = found["tokens"]["max"]
    marks = [(float(limit), f"{int(limit):,}") for limit in found["cut"] if int(limit) <= 2 * longest]
    heads: list[Column | str] = ["Limit in tokens", Column("Rows cut", True), Column("Share, 95 % interval", True)]
    sentence = found["sentence"][0].upper() + found["sentence"][1:]
    return [
        histogram(lengths_of(entries), finding=f"{sentence}.", axis="tokens", marks=marks),
        table("Rows that a limit would cut", heads, rows),
    ]


def _lengths(entries: Sequence[Entry]) -> Node:
    asked = [entry.scores["prompt_words"] for entry in entries if entry.scores]
    answered = [entry.scores["response_words"] for entry in entries if entry.scores]
    return [
        histogram(asked, finding="Words of the prompts", axis="words"),
        histogram(answered, finding="Words of the responses", axis="words"),
    ]
