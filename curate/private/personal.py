"""Personal data in a text: addresses, numbers and dates that name one person or reach one."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from .addresses import addresses
from .checksums import is_card, is_iban
from .cues import counts_a_thing, is_network
from .documented import is_documented_card, is_documented_domain, is_documented_ssn, is_public_resolver
from .phones import phones
from .places import Found, apart

_EMAIL = re.compile(r"(?<![\w.+%-])\w[\w.+%'’-]{0,63}@(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w@-])")
_IN_URL = re.compile(r"://[^\s/]*$")  # user:password@host is no address
_ROLE_TEXT = """
abuse accounts admin alerts billing bookings careers claims complaints contact customer customerservice data desk
donotreply enquiries feedback freight git groups hello help helpdesk hr info inquiries jobs legal lost mail marketing news
newsletter no noreply office orders parking postmaster press privacy refunds reception reply sales security service
services support team tickets webmaster
kundenservice kundendienst kontakt bestellung buchhaltung vertrieb bewerbung presse datenschutz rechnung
client clients commande commandes facturation recrutement
atencion atencionalcliente cliente clientes contacto pedidos ventas soporte facturacion
klantenservice verkoop administratie vragen biuro sklep pomoc zamowienia obsluga assistenza ordini vendite clienti
"""
_ROLES = frozenset(_ROLE_TEXT.split())
# Domains that end an address said aloud; those that are English words ("at", "is", "to") would be found in any prose.
_SAID_ENDS = (
    "com|org|net|edu|gov|info|biz|io|dev|app|co|eu|uk|de|fr|es|pl|nl|pt|ch|se|dk|fi|cz|ie|"
    "jp|cn|kr|ca|au|nz|br|mx|ru|ua|tr|gr|hu|ro"
)
_SAID_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{2,40}(?: dot [\w+-]{2,40}){0,2} at [\w-]{2,40}(?: dot [\w-]{2,40}){0,2}? dot "
    rf"(?:{_SAID_ENDS})(?: dot (?:{_SAID_ENDS}))?\b",
    re.I,
)
_VERB_TEXT = "am are is was were be work works worked look looks shop order buy find see available us me it"
_VERBS = frozenset(_VERB_TEXT.split())
_BRACKETED_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,40} ?[(\[{]at[)\]}] ?[\w-]{1,40}(?:(?: ?[(\[{]dot[)\]}] ?|\.)[\w-]{2,24}){1,4}", re.I
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Z0-9])", re.I)
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?!\w|[.,]\d| ?[*/+^] ?\d)")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_SAID_SSN = re.compile(
    r"\b(?:ssn|social security|social)\b[^.!?\n\d]{0,30}((?!000|666|9\d\d)\d{3}[ -]?(?!00)\d{2}[ -]?(?!0000)\d{4})(?![\d-])",
    re.I,
)
_NINO = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Z0-9])",
    re.I,
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-]*\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{1,4}:[0-9a-f:]{4,34}[0-9a-f](?![\w:])", re.I)
_YEAR = r"(?:19|20)\d\d"
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = (
    rf"(?:\d{{1,2}}[./ -]{{1,2}}\d{{1,2}}[./ -]{{1,2}}{_YEAR}|{_YEAR}-\d\d-\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?[ -](?:de |of )?{_MONTH},?[ -](?:de )?{_YEAR}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR})"
)
_BORN = (
    r"(?:date[ _-]?of[ _-]?birth|birth[ _-]?date|birthday|dob|d\.o\.b\.?|born(?: in [A-Z]\w+)?|geburts(?:datum|tag)|geb\.|geboren|"
    r"date de naissance|née?|fecha de nacimiento|nac[ií]|nacid[oa]|geboortedatum|data urodzenia|urodzi\w+(?: się)?|"
    r"data di nascita|nat[oa])"
)
_BIRTH = re.compile(
    rf"(?<!\w){_BORN}(?!\w)[\s:=,\"'-]{{0,5}}(?:(?:is|was|on|ist|am|op|est|le|es|el|il|to)\s){{0,2}}({_DATE})(?!\w)",
    re.I,
)
_GEBOREN = re.compile(rf"(?<![\w.])({_DATE}) (?:geboren|urodzon[ya])\b", re.I)
_PAPERS = (
    r"(?:passport|driving licen[cs]e|driver['’]?s licen[cs]e|id(?:entity)? card|national id|personalausweis|perso|"
    r"reisepass|führerschein|passeport|permis de conduire|carte d['’]identité|pasaporte|dni|nie|paspoort|rijbewijs|"
    r"bsn|paszport\w*|prawo jazdy|pesel|passaporto|patente|codice fiscale|steuer-?id)"
)
_IS_NUMBER = r"(?:number|nummer|num[eé]ro|número|numer|no|nr|n°|nº|is|was|ist|est|es|to|è)[.:]?(?!\w)"
_PAPER_NUMBER = r"(?:[A-Z]{1,3} )?(?=(?:[A-Z]*\d){4})[A-Z0-9]{6,18}|\d{3}(?: \d{3}){2,3}"
_ID_NUMBER = re.compile(
    rf"(?<!\w)(?i:{_PAPERS}(?:nummer)?(?:[ :#=-]{{0,2}}{_IS_NUMBER}){{0,3}})[ :#=\"]{{0,3}}({_PAPER_NUMBER})(?!\w)"
)


def personal(text: str, regions: Sequence[str] = ("GB", "US", "DE")) -> list[Found]:
    """Personal data in order, none overlapping another; the longer of two that overlap.

    Kinds: EMAIL, PHONE, IBAN, CARD (Luhn, ISO/IEC 7812), SSN and NINO (form and barred ranges), IP (public, with a
    cue word), BIRTH_DATE and ID_NUMBER (after the words for it), ADDRESS (house number, street and postcode).
    Documented placeholders (RFC 2606 domains, RFC 5737 nets, numbers reserved for drama, published test cards), role
    addresses, versions and the numbers of orders are none. Names alone are not looked for: that takes a tagger which
    raised false alarms on 33 of 60 sound texts (research/libraries.md f).
    """
    digits = sum(map(str.isdigit, text))
    found = [item for least, search in _SEARCHES if digits >= least for item in search(text)]
    if digits >= 7:
        found += (Found(start, end, "PHONE") for start, end in phones(text, regions))
    return apart(found)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text) if "@" in text else ():
        name, _, domain = match.group().rpartition("@")
        in_url = _IN_URL.search(text[max(0, match.start() - 100) : match.start()])
        if not in_url and not _is_role(name) and not is_documented_domain(domain):
            yield Found(match.start(), match.end(), "EMAIL")
    for pattern in (_SAID_EMAIL, _BRACKETED_EMAIL) if "at" in text.casefold() and "dot" in text.casefold() else ():
        for match in pattern.finditer(text):
            domain = re.sub(r"\W*\bdot\b\W*", ".", match.group(), flags=re.I)
            if match.group().split()[0].casefold() not in _VERBS and not is_documented_domain(domain):
                yield Found(match.start(), match.end(), "EMAIL")


def _is_role(name: str) -> bool:
    """Whether all parts of the name are those of a desk: "service.client", "no-reply"."""
    return all(part in _ROLES for part in re.split(r"[._+-]", name.casefold()))


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        ends = [len(match.group()), *(gap.start() for gap in re.finditer(r"[ -]", match.group()))]
        for end in sorted(ends, reverse=True):  # a word after the number may look like its last group
            if is_iban(match.group()[:end]):
                yield Found(match.start(), match.start() + end, "IBAN")
                break


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if is_card(digits) and not is_documented_card(digits) and not counts_a_thing(text, match.start()):
            yield Found(match.start(), match.end(), "CARD")


def _ssns(text: str) -> Iterator[Found]:
    for match in _SSN.finditer(text):
        if not is_documented_ssn(match.group()) and not counts_a_thing(text, match.start()):
            yield Found(match.start(), match.end(), "SSN")
    for match in _SAID_SSN.finditer(text):
        if not is_documented_ssn(match.group(1)):
            yield Found(match.start(1), match.end(1), "SSN")


def _ips(text: str) -> Iterator[Found]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            if _is_public(match.group()) and is_network(text, *match.span()):
                yield Found(match.start(), match.end(), "IP")


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global and not is_public_resolver(address)
    except ValueError:  # "300.1.2.3", or a time of the day
        return False


def _said(pattern: re.Pattern[str], kind: str, group: int = 1) -> Callable[[str], Iterator[Found]]:
    """A group of a pattern, which the words for it stand beside."""

    def search(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            yield Found(match.start(group), match.end(group), kind)

    return search


def _addresses(text: str) -> Iterator[Found]:
    for start, end in addresses(text):
        yield Found(start, end, "ADDRESS")


# Each with the digits that its shortest datum has: most texts have fewer.
_SEARCHES: tuple[tuple[int, Callable[[str], Iterator[Found]]], ...] = (
    (0, _emails),
    (11, _ibans),
    (13, _cards),
    (9, _ssns),
    (4, _ips),
    (3, _addresses),
    (6, _said(_NINO, "NINO", 0)),
    (5, _said(_BIRTH, "BIRTH_DATE")),
    (5, _said(_GEBOREN, "BIRTH_DATE")),
    (4, _said(_ID_NUMBER, "ID_NUMBER")),
)
