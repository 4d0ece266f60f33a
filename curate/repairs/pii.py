"""pii: data that name one person or reach one."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from ..check import repair
from ..private.personal import personal
from ..private.places import Found
from ..text import pieces


@repair("pii", remembers=True, wants=("public",))
def pii(
    text: str,
    *,
    known: dict[str, str],
    regions: Sequence[str] = ("GB", "US", "DE"),
    public: Set[str] = frozenset(),
) -> tuple[str, str] | None:
    """Put a numbered placeholder ([PHONE_1]) in the place of each datum, the same one wherever it stands in the row.

    What counts is in private/personal.py; code is left alone. `regions` are the countries whose phone numbers may
    stand without a country code. What the knowledge documents state, or three responses and more, is the
    organisation's own (`public`) and stays.
    """
    done: Counter[str] = Counter()
    out = [
        piece
        if code
        else _masked(piece, [f for f in personal(piece, regions) if _key(piece, f) not in public], known, done)
        for code, piece in pieces(text)
    ]
    return ("".join(out), f"personal data masked ({_told(done)})") if done else None


def _masked(text: str, found: Sequence[Found], known: dict[str, str], done: Counter[str]) -> str:
    for item in found:
        done[item.kind] += 1
        number = 1 + sum(name.startswith(f"[{item.kind}_") for name in known.values())
        known.setdefault(_key(text, item), f"[{item.kind}_{number}]")
    out = text
    for item in reversed(found):
        out = out[: item.start] + known[_key(text, item)] + out[item.end :]
    return out


def _key(text: str, item: Found) -> str:
    """One spelling of a datum, whatever the blanks and marks in it."""
    return datum(text[item.start : item.end])


def datum(text: str) -> str:
    """The letters and digits of it, in lower case."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _told(done: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind.lower().replace('_', ' ')}" for kind, count in sorted(done.items()))
