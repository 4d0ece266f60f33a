"""Personal data in a text: addresses, numbers and dates that name one person or reach one."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .checksums import is_card, is_iban
from .documented import is_documented_card, is_documented_domain, is_documented_phone, is_documented_ssn


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a text, and what kind of datum it is."""

    start: int
    end: int
    kind: str


_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w@-])")
_ROLE_TEXT = """
admin accounts alerts billing bookings careers claims complaints contact customer customerservice data desk
enquiries feedback freight git groups hello help helpdesk hr hr-team info inquiries jobs legal lost mail marketing
news newsletter no-reply noreply donotreply office orders parking postmaster press privacy refunds reception sales
security service services support team tickets webmaster
"""
_ROLES = frozenset(_ROLE_TEXT.split())
_SPELT_EMAIL = re.compile(
    r"\b[\w.+-]{2,40}\s?(?:\(at\)|\[at\]| at )\s?[\w-]{2,40}(?:\s?(?:\(dot\)|\[dot\]| dot )\s?[a-z]{2,10})+\b", re.I
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])", re.I)
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d]|[.,]\d)")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_NINO = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ|QQ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Z0-9])"
)
_IP = re.compile(r"(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.-]*\w)")
_IP_CUE = re.compile(
    r"\b(?:ip|ips|host|server|address|login|logged|connect\w*|from|ping|router|client|visitor)\b[^.!?\n]{0,40}$", re.I
)
_VERSION_CUE = re.compile(
    r"\b(?:v|ver|version|release|build|firmware|update|section|chapter|rule|clause)\.?[ :]*$", re.I
)
_BIRTH = re.compile(
    r"\b(?:date of birth|d\.?o\.?b\.?|born(?: on)?|birthday(?: is)?|geburtsdatum|geboren am|née? le)\b[\s:,-]{0,4}(?:is |was |on )?"
    r"(\d{1,2}[./ -](?:\d{1,2}|[^\W\d_]{3,9})[./ -](?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)? [^\W\d_]{3,9},? (?:19|20)\d\d|"
    r"[^\W\d_]{3,9} \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)",
    re.I,
)
_PASSPORT = re.compile(
    r"\b(?:passport|driving licen[cs]e|driver'?s licen[cs]e|identity card|id card|personalausweis)(?: (?:number|no\.?|nr\.?))?"
    r"(?: is| was|:)? ?#?((?=[A-Z0-9]*\d)[A-Z0-9]{7,16})\b",
    re.I,
)
_WAY = (
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Dr|Close|Way|Court|Ct|Place|Pl|Square|Sq|Crescent|Terrace|Gardens|"
    r"Grove|Boulevard|Blvd|Row|Hill|Walk|Mews|Parade|View|Rise|Green|Quay|Circle|Trail)"
)
_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2},? \d{5}(?:-\d{4})?)"
_PLACES = r"(?:[, ]+(?:[A-Z][\w'’.-]*|on|upon|the|of|Flat \d+|Apt\.? ?\w+)){0,8}?"
_ADDRESS = re.compile(
    rf"(?:Flat \w+, ?)?\b\d{{1,4}}[A-Za-z]?,? (?:[A-Z][\w'’-]*[ ]){{1,4}}{_WAY}\b\.?{_PLACES}[, ]+{_POSTCODE}\b"
)
_STRASSE = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]*(?:str(?:aße|asse|\.)|weg|gasse|platz|allee|ring|damm|ufer)\s\d{1,4}[a-z]?,?\s(?:D-)?\d{5}\s[A-ZÄÖÜ][\wäöüß-]+"
    r"|\b(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Vv]ia|[Cc]alle|[Uu]l\.)\s(?:[\w'’-]+\s){1,4}\d{1,4},?\s\d{2}-?\d{3}\s[^\W\d_][\w'’-]+"
    r"|\b\d{1,4},?\s(?:bis\s)?(?:[Rr]ue|[Aa]venue|[Bb]oulevard)\s(?:[\w'’-]+[\s,]+){1,6}\d{5}\s[^\W\d_][\w'’-]+"
    r"|\b[A-Z][a-z]+(?:straat|laan|weg|plein|gracht|kade)\s\d{1,4}\s?[a-z]?,?\s\d{4}\s?[A-Z]{2}\b(?:\s[A-Z]\w+)?"
)
_NUMBER_OF_A_THING = re.compile(
    r"\b(?:order|booking|reference|ref|invoice|ticket|tracking|parcel|confirmation|case|serial|model|part|product|item|sku|"
    r"isbn|account|customer|policy|licen[cs]e|id|code|voucher|transaction|bestell|auftrag|rechnungs?)"
    r"[\w-]*(?:\s?(?:no|nr|number|num|code|nummer|id|is|was|:|#|=)\.?:?)*\s*[#:]?\s*[\"'“]?$",
    re.I,
)
_CALL = re.compile(
    r"\b(?:call|phone|tel|telephone|ring|mobile|cell|text|sms|whatsapp|fax|reach|handy|telefon|tél|number is|dial)\b[^.!?\n]{0,40}$",
    re.I,
)


def personal(text: str, regions: Sequence[str] = ("GB", "US", "DE")) -> list[Found]:
    """Personal data in order, none overlapping another; the longer of two that overlap.

    Kinds: EMAIL, PHONE, IBAN, CARD (Luhn, ISO/IEC 7812), SSN and NINO (form and barred ranges), IP (public, with a
    cue word), BIRTH_DATE and ID_NUMBER (after the words for it), ADDRESS (house number, street and postcode).
    Documented placeholders (RFC 2606 domains, RFC 5737 nets, numbers reserved for drama, published test cards), role
    addresses, versions and the numbers of orders are none. Names alone are not looked for: that takes a tagger which
    raised false alarms on 33 of 60 sound texts (research/libraries.md f).
    """
    if not any(map(str.isdigit, text)) and "@" not in text and "at" not in text:
        return []
    found = [item for search in _SEARCHES for item in search(text)]
    found += _phones(text, regions)
    taken: list[Found] = []
    for item in sorted(found, key=lambda f: (f.start - f.end, f.start)):
        if all(item.end <= other.start or item.start >= other.end for other in taken):
            taken.append(item)
    return sorted(taken, key=lambda f: f.start)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        name, _, domain = match.group().rpartition("@")
        if name.casefold() not in _ROLES and not is_documented_domain(domain):
            yield Found(match.start(), match.end(), "EMAIL")
    for match in _SPELT_EMAIL.finditer(text):
        if "dot" in match.group().casefold() and not is_documented_domain(
            re.sub(r"\W*dot\W*", ".", match.group(), flags=re.I)
        ):
            yield Found(match.start(), match.end(), "EMAIL")


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        words = match.group().split(" ")
        for end in range(len(words), 0, -1):  # a word after the number may look like its last group
            number = " ".join(words[:end])
            if is_iban(number):
                yield Found(match.start(), match.start() + len(number), "IBAN")
                break


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if (
            is_card(digits)
            and not is_documented_card(digits)
            and not _NUMBER_OF_A_THING.search(text[: match.start()][-60:])
        ):
            yield Found(match.start(), match.end(), "CARD")


def _ssns(text: str) -> Iterator[Found]:
    for match in _SSN.finditer(text):
        if not is_documented_ssn(match.group()) and not _NUMBER_OF_A_THING.search(text[: match.start()][-60:]):
            yield Found(match.start(), match.end(), "SSN")
    for match in _NINO.finditer(text):
        yield Found(match.start(), match.end(), "NINO")


def _ips(text: str) -> Iterator[Found]:
    for match in _IP.finditer(text):
        before = text[: match.start()][-60:]
        if ipaddress.ip_address(match.group()).is_global and _IP_CUE.search(before) and not _VERSION_CUE.search(before):
            yield Found(match.start(), match.end(), "IP")


def _spoken(pattern: re.Pattern[str], kind: str) -> Callable[[str], Iterator[Found]]:
    """The first group of a pattern, which the words for it stand before."""

    def search(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            yield Found(match.start(1), match.end(1), kind)

    return search


def _addresses(text: str) -> Iterator[Found]:
    for pattern in (_ADDRESS, _STRASSE):
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), "ADDRESS")


_SEARCHES: tuple[Callable[[str], Iterator[Found]], ...] = (
    _emails, _ibans, _cards, _ssns, _ips, _addresses, _spoken(_BIRTH, "BIRTH_DATE"), _spoken(_PASSPORT, "ID_NUMBER"),
)  # fmt: skip


def _phones(text: str, regions: Sequence[str]) -> Iterator[Found]:
    """Numbers that phonenumbers holds valid in one of the regions, or anywhere with a country code."""
    if sum(map(str.isdigit, text)) < 7:
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    seen: set[tuple[int, int]] = set()
    for region in regions:
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
            before, place = text[: match.start][-60:], (match.start, match.end)
            if place in seen or is_documented_phone(match.raw_string) or _NUMBER_OF_A_THING.search(before):
                continue
            plain = match.raw_string.isdigit()
            if plain and not _CALL.search(before):  # a run of digits is a phone number only where it is called one
                continue
            seen.add(place)
            yield Found(match.start, match.end, "PHONE")
