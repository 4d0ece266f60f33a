"""Phone numbers in a text."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from .cues import counts_a_thing, is_called
from .documented import is_documented_phone, is_documented_ssn

_RUN = re.compile(r"(?:\d[ ()./+-]{0,4}){7}")  # no number with an area code is shorter
_CALLED = re.compile(
    r"(?<![\w.,/:+()-])(?:\+\d{1,3}[ .-]?(?:\(0\) ?)?)?(?:\(\d{2,5}\) ?)?\d{2,15}(?:[ ./-]{1,3}\d{2,10}){0,6}(?![\w:/-]|[.,]\d)"
)
_DATE = re.compile(r"(?:19|20)\d\d[./-]\d\d?[./-]\d\d?|\d\d?[./-]\d\d?[./-](?:19|20)\d\d(?!\d)")
_AMOUNT = re.compile(r"\d{1,3}(?:[ .]\d{3})*[ .]000")


def phones(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places of numbers that phonenumbers holds valid in a region, or anywhere with a country code, or that are called.

    A called number stands in a sentence about calling and has 9 to 15 digits (15: ITU-T E.164), whatever its country.
    """
    if not _RUN.search(text):
        return
    for start, end in _runs(text, regions):
        raw = text[start:end]
        if not is_documented_phone(raw) and not is_documented_ssn(raw) and not counts_a_thing(text, start):
            yield start, end


def _runs(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """What is called, then what a region holds valid in the rest: a region costs a pass of its own."""
    rest = text
    searches: list[Callable[[str], Iterator[tuple[int, int]]]] = [_called]
    searches += [partial(_valid, region=region) for region in regions]
    for search in searches:
        found = list(search(rest)) if _RUN.search(rest) else []
        yield from found
        for start, end in found:
            rest = f"{rest[:start]}{'#' * (end - start)}{rest[end:]}"


def _valid(text: str, region: str) -> Iterator[tuple[int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
        if not match.raw_string.isdigit() or is_called(text, match.start):  # a bare run of digits is anything
            yield match.start, match.end


def _called(text: str) -> Iterator[tuple[int, int]]:
    for match in _CALLED.finditer(text):
        raw = match.group()
        size = sum(map(str.isdigit, raw))
        international = raw.startswith(("+", "0", "(0"))
        if not (9 <= size <= 15 if international else 9 <= size <= 10):
            continue
        if is_called(text, match.start()) and not _DATE.search(raw) and not _AMOUNT.fullmatch(raw):
            yield match.span()
