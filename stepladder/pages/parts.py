"""Parts that reports share: the verdict, two columns, notices, facts, commands, rows printed in full, the explorer."""

from collections.abc import Mapping, Sequence
from typing import Literal

from stepladder.pages.html import Markup, Node, element

Outcome = Literal["enough", "undecided", "worse", "none"]
LABELS: dict[Outcome, tuple[str, str]] = {
    "enough": ("●", "enough"),
    "undecided": ("○", "cannot tell yet"),
    "worse": ("▼", "worse"),
    "none": ("–", "no verdict"),
}


def verdict(outcome: Outcome, sentence: str, detail: Node = None, *, above: Node = None, label: str = "") -> Markup:
    """The answer of the page as its `h1`: a shape and a word for the outcome, then the sentence, then what it rests on.

    `above` is the small line over it (held-out n, base model, date, seed).
    """
    shape, word = LABELS[outcome]
    badge = element(
        "span", {"class": f"badge {outcome}"}, element("span", {"aria-hidden": "true"}, shape), label or word
    )
    line = element("p", {"class": "above"}, badge, element("span", None, above) if above is not None else None)
    under = element("p", {"class": "detail"}, detail) if detail is not None else None
    return element("div", {"class": "verdict"}, line, element("h1", None, sentence), under)


def columns(left: Node, right: Node) -> Markup:
    """Two figures side by side, 58 to 42, where the screen has room; one over the other elsewhere and on paper."""
    return element("div", {"class": "columns"}, element("div", None, left), element("div", None, right))


def notice(text: Node, *, warn: bool = True) -> Markup:
    """A strip that must be read before the numbers: a partial run, a quick run, prompts inside the file."""
    return element("p", {"class": "notice warn" if warn else "notice", "role": "note"}, text)


def facts(pairs: Sequence[tuple[str, Node]]) -> Markup:
    """Name and value pairs: seed, model, versions."""
    return element("dl", {"class": "facts"}, [element("div", None, *_pair(name, value)) for name, value in pairs])


def _pair(name: str, value: Node) -> tuple[Markup, Markup]:
    return element("dt", None, name), element("dd", None, value)


def code(text: str, *, name: str = "command") -> Markup:
    """Text to be taken as it is (a command, a config, a prompt), with a copy button where scripts run."""
    button = element(
        "button", {"type": "button", "class": "copy", "hidden": True, "aria-label": f"Copy the {name}"}, "Copy"
    )
    return element("div", {"class": "code"}, element("pre", {"tabindex": 0}, element("code", None, text)), button)


def empty(text: str, command: str = "") -> Markup:
    """What stands where nothing was made: what is missing, and the command that makes it."""
    return element("div", {"class": "empty"}, element("p", None, text), code(command) if command else None)


def more(title: Node, *body: Node, opened: bool = False) -> Markup:
    """A disclosure; on paper it is always open."""
    return element("details", {"open": opened}, element("summary", None, title), *body)


def row_cards(data: Mapping[str, object], ids: Sequence[str], *, title: str = "The rows to read first") -> Markup:
    """Rows printed in full, for paper and for readers without scripts; on screen the explorer takes their place.

    `data` is what `page` embeds; `ids` are, say, the 20 worst regressions.
    """
    rows = data.get("rows")
    known = {str(row["id"]): row for row in rows if isinstance(row, Mapping)} if isinstance(rows, Sequence) else {}
    cards = [_card(known[key]) for key in ids if key in known]
    if not cards:
        return Markup()
    return element("div", {"class": "static-rows"}, element("h3", None, title), cards)


def _card(row: Mapping[str, object]) -> Markup:
    outputs = row.get("outputs")
    written = [_output(str(rung), answer) for rung, answer in outputs.items()] if isinstance(outputs, Mapping) else []
    return element(
        "article",
        None,
        element("h4", None, str(row["id"])),
        element(
            "dl", None, _text_pair("Prompt", row.get("prompt")), _text_pair("Reference", row.get("reference")), written
        ),
    )


def _output(rung: str, answer: object) -> list[Markup]:
    if not isinstance(answer, Mapping):
        return []
    score, status = answer.get("score"), answer.get("status", "ok")
    shown = f"{score:.2f}" if isinstance(score, float | int) else str(status)
    return _text_pair(f"{rung} ({shown})", answer.get("output"))


def _text_pair(name: str, value: object) -> list[Markup]:
    text = value if isinstance(value, str) else "" if value is None else "\n".join(map(_message, _turns(value)))
    cut = text if len(text) <= 4000 else f"{text[:4000]} … ({len(text):,} characters)"
    return [element("dt", None, name), element("dd", {"dir": "auto"}, cut)]


def _turns(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) else [value]


def _message(turn: object) -> str:
    return f"{turn.get('role', '')}: {turn.get('content', '')}" if isinstance(turn, Mapping) else str(turn)


def explorer(rows: int) -> Markup:
    """Where the row explorer comes to stand; `page(..., data=...)` brings its rows and its script."""
    if not rows:
        return element("p", {"class": "empty"}, "0 rows scored: there is nothing to explore yet.")
    text = f"Reading {rows:,} rows. The row explorer needs JavaScript; everything else on this page does not."
    return element("div", {"id": "explorer"}, element("p", {"class": "empty"}, text))
