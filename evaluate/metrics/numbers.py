"""Figures in text: one spelling for one number, and a search that never finds 5 inside 15 or 5.50."""

import re
from unicodedata import decimal, normalize

_LETTER = "a-z\u00df-\u024f\u0370-\u04ff"  # Latin, Greek, Cyrillic; other scripts may touch a figure
_CURRENCY = "$\u00a2-\u00a5\u20a0-\u20c0"
_GROUPS = "[,\u00a0\u2009\u202f]"
_FIGURE = re.compile(
    rf"(?<![\d{_LETTER}.,])(?P<whole>[1-9]\d{{0,2}}(?:{_GROUPS}\d{{3}})+|\d+|(?=\.\d))(?P<part>\.\d+)?(?![.,]?\d)"
)


def normalise_numbers(text: str) -> str:
    """Case-folded text with every figure in one spelling: 1,000 -> 1000, 12.50 -> 12.5, 5.0 -> 5, .5 -> 0.5.

    A comma is a separator of thousands only before three digits (12,5 stays; so does 1.000,50, and versions such as
    1.2.3); no-break and thin spaces separate thousands too. Digits of every script become 0-9, a space before % or
    after a currency sign goes, white space is squeezed. Number words stay words.
    """
    folded = normalize("NFC", text.casefold()).replace("\u2212", "-")
    digits = re.sub(r"\d", lambda digit: str(decimal(digit[0])), folded)
    plain = " ".join(_FIGURE.sub(_spell, digits).split())
    return re.sub(rf"(?<=\d) (?=%)|(?<=[{_CURRENCY}]) (?=\d)", "", plain)


def contains(text: str, needle: str) -> bool:
    """Whether `needle` stands in `text`, both after `normalise_numbers`; letters match anywhere, figures whole.

    A needle that begins or ends with a figure is not found inside a longer one (5 in 15, 5.50, 5:30, -5), nor right
    after a letter (5 in A5); a unit may follow (5 in 5kg). Raises ValueError on a blank needle.
    """
    wanted = normalise_numbers(needle)
    if not wanted:
        raise ValueError("a blank text is contained in everything")
    before = after = ""
    if wanted[0].isdigit():
        before = rf"(?<![\d{_LETTER}])(?<!\d[.,:])(?<!^-)(?<![\s(\[{_CURRENCY}]-)"
    elif re.match(r"[-+.]\d", wanted):
        before = r"(?<![^\W_])"
    if re.search(r"\d[.,:]?$", wanted):
        after = r"(?![.,:]?\d)(?!e[-+]?\d)"
    return re.search(before + re.escape(wanted) + after, normalise_numbers(text)) is not None


def _spell(figure: re.Match[str]) -> str:
    whole = re.sub(_GROUPS, "", figure["whole"]) or "0"
    return whole + (figure["part"] or "").rstrip("0").rstrip(".")
