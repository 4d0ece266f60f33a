"""Postal addresses: a house number, what the countries' ways are called, and a postcode in the country's form."""

import re
from collections.abc import Iterator

_POST = re.compile(r"\d{4,5}|\d-\d{3}|\d[A-Z]{2}")  # what all these postcodes have
_CITY = r"[^\W\d_][\w'’.-]*"
_GAP = r"[,\s]{1,3}"
_NAME = r"[^\d\n,;:]{2,40}?"

# A house number, names in capitals, then a postcode. No way is asked for: "1200 Broadway, New York, NY 10001".
_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_POSTCODE = rf"(?:[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}|(?:{_STATE}),? \d{{5}}(?:-\d{{4}})?)"
_WORD = r"(?:[A-Z#][\w'’.-]*|\d{1,4}(?:st|nd|rd|th|[A-Z])?|on|upon|the|of|le)"
_ENGLISH = re.compile(
    rf"(?<![\w.,/-])(?:(?:Flat|Unit|Apartment|Apt\.?) \w{{1,5}}, ?)?\d{{1,5}}[A-Za-z]?,? "
    rf"[A-Z\d][\w'’.-]*(?:{_GAP}{_WORD}){{1,10}}?{_GAP}{_POSTCODE}(?!\w)"
)
_GERMAN = re.compile(
    r"\b(?:[A-ZÄÖÜ][\w-]{0,40}(?:[Ss]tr(?:aße|asse|\.)|[Ww]eg|[Gg]asse|[Pp]latz|[Aa]llee|[Rr]ing|[Dd]amm|[Uu]fer|[Hh]of|[Ss]teig)"
    r"|(?:[A-ZÄÖÜ][\w-]{1,30} )?(?:Straße|Strasse|Str\.|Weg|Gasse|Platz|Allee|Ring)"
    r"|(?:Am|An der|An den|Auf dem|Auf der|Im|In der|In den|Unter den|Zum|Zur|Hinter der|Vor dem) [A-ZÄÖÜ][\w-]{1,30})"
    rf"\s\d{{1,4}} ?[a-z]?{_GAP}(?:D-)?\d{{5}} {_CITY}"
)
_FRENCH = re.compile(
    r"\b\d{1,4}(?: ?(?:bis|ter|quater))?,? (?:rue|avenue|av\.|boulevard|bd|allée|chemin|place|impasse|quai|route|cours|square)"
    rf" {_NAME}{_GAP}\d{{5}} {_CITY}",
    re.I,
)
_SOUTHERN = re.compile(
    r"(?<!\w)(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Camino|Carrer|Ronda|Via|Viale|Piazza|Corso|Largo|Vicolo|Piazzale|Rue)"
    rf" {_NAME},? (?:n[.º°]{{1,2}} ?)?\d{{1,4}}[a-z]?(?:,? \d{{1,2}}[ºª°]? ?[A-Z]?)?{_GAP}\d{{5}} {_CITY}",
    re.I,
)
_POLISH = re.compile(
    rf"\b(?:ul|al|pl|os)\. {_NAME} \d{{1,4}}[a-z]?(?: ?/ ?\d{{1,4}}| m\. ?\d{{1,4}})?{_GAP}\d{{2}}-\d{{3}} {_CITY}",
    re.I,
)
_DUTCH = re.compile(
    r"\b(?:[A-Z][\w'’-]{1,20} ){0,3}[A-Z][\w'’-]{0,30}(?:straat|laan|weg|plein|gracht|kade|dijk|singel|hof|pad|steeg|markt|dreef)"
    rf" \d{{1,4}}(?: ?[a-z]|-\d{{1,3}})?{_GAP}\d{{4}} ?[A-Z]{{2}}\b(?: {_CITY})?"
)


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Places of addresses of GB, US, DE, AT, FR, ES, IT, PL and NL; a street without a postcode is none."""
    if not _POST.search(text):
        return
    for pattern in (_ENGLISH, _GERMAN, _FRENCH, _SOUTHERN, _POLISH, _DUTCH):
        for match in pattern.finditer(text):
            yield match.start(), match.start() + len(match.group().rstrip(".,-'’"))
