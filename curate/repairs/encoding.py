"""encoding: text that was decoded wrongly on its way here, and control characters."""

import re
from functools import cache
from typing import TYPE_CHECKING

from ..check import repair
from ..text import outside_code

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Sound text holds none of these: what UTF-8 looks like when read as Latin-1 or Windows-1252, controls, lone surrogates.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00c2-\u00f4\u0102-\u0111\u0413-\u0453\u201a\u20ac\ud800-\udfff\u2126]"
)
_LONE_A = re.compile("\u00c3[ \u00a0]")


@repair("encoding")
def encoding(text: str) -> tuple[str, str] | None:
    """Undo wrong decoding with ftfy; quotation marks, character width, ligatures, HTML entities and line ends stay.

    ftfy's own defaults change 14 of 25 sound strings, this configuration 3, and both mend 18 of 18 damaged ones
    (research/libraries.md g). The worst of the three, a lone capital A-tilde before a space (Portuguese), is left
    alone unless something else in the text is mended too. Code is not touched.
    """
    if text.isascii() and not _SUSPECT.search(text):
        return None
    done: dict[str, None] = {}
    mended = outside_code(text, lambda piece: _mend(piece, done))
    return (mended, f"damaged text mended ({', '.join(done)})") if mended != text else None


def _mend(piece: str, done: dict[str, None]) -> str:
    from ftfy import fix_and_explain

    whole = re.sub("[\ud800-\udfff]", "\ufffd", _joined(piece))
    if whole != piece:
        done["lone surrogates"] = None
    fixed, steps = fix_and_explain(whole, _config())
    if _LONE_A.search(whole) and fixed == _LONE_A.sub(lambda m: "\u00e0" + m.group()[1:].replace("\u00a0", " "), whole):
        return whole
    if fixed != whole:
        done |= dict.fromkeys(_told(*step) for step in steps or ())
    return fixed


def _told(action: str, parameter: str) -> str:
    if action in ("encode", "decode", "transcode") or "utf8" in parameter:
        return "UTF-8 that was read as something else"
    return {"remove_control_chars": "control characters", "NFC": "accents apart from their letters"}.get(
        parameter, parameter
    )


def _joined(piece: str) -> str:
    """Surrogate pairs as the characters they stand for; lone ones stay."""
    return (
        piece.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if re.search("[\ud800-\udfff]", piece)
        else piece
    )


@cache
def _config() -> "TextFixerConfig":
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
    )
