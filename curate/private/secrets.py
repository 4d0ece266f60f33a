"""Keys, tokens and passwords in a text."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from .places import Found, apart

# The forms that the services publish for their keys, so that scanners can find them.
_KNOWN = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{20,}"
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}"
    r"|hf_[A-Za-z0-9]{24,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[a-f0-9]{40,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|key-[a-f0-9]{32}|AC[a-f0-9]{32}|SK[a-f0-9]{32}|shp(?:at|ca|pa|ss)_[a-f0-9]{32}|lin_api_[A-Za-z0-9]{32,}"
    r"|EAAA[A-Za-z0-9_-]{50,}|\d{8,10}:AA[A-Za-z0-9_-]{30,40}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"
    r"|eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{5,})"
)
_WEBHOOK = re.compile(
    r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{20,200})|discord(?:app)?\.com/api/webhooks/\d+/([A-Za-z0-9_-]{30,200})"
)
_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----))*+-----END (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\\\s]*+)"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{16}")
_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:([^\s:/@]{3,200})@", re.I)
_IN_QUERY = re.compile(
    r"[?&](?:token|access_token|api_?key|key|secret|auth|sig|signature|password|session(?:id)?)=([^\s&#\"'<>`]{8,})",
    re.I,
)
_BEARER = re.compile(r"\b(?:bearer|basic) ([A-Za-z0-9+/_.=-]{20,})", re.I)
_HANDED_OVER = re.compile(
    r"\bcurl\b[^\n|]{0,200}? (?:-u|--user)[ =]?[\"']?[^\s:]{1,64}:([^\s\"'`]{4,})"
    r"|\b(?:mysql|mysqldump|mariadb)\b[^\n|]{0,200}? -p([^\s\"'`]{4,})"
    r"|\bauth=\([\"'][^\s\"']{1,64}[\"'], ?[\"']([^\s\"']{4,})[\"']\)"
    r"|--(?:password|token|api-key|secret)[ =][\"']?([^\s\"'`]{4,})",
)
_PASSWORD = r"passw(?:or)?d|passwort|passphrase|passcode|kennwort|mot de passe|contraseña|wachtwoord|hasło|senha|parola"
_NAME = (
    rf"(?:(?:api|access|secret|private|auth|client|account|encryption|signing)[ _-]?(?:key|token|secret)"
    rf"|{_PASSWORD}|(?<![a-z])(?:token|secret|pwd|pw|pass|login code))"
)
_SAYS = r"(?::=|=>?|:|\b(?:is|ist|lautet|est|es|to|è)\b(?: still| now| currently)?:?)"
_FOR = r"(?:for|to|of|at|on|für|von|zum?|zur|pour|de|du|para|del|voor|van|do|per)"
_NAMED = re.compile(
    rf"{_NAME}(?:s|\d|[_-]\w{{1,20}})?(?: {_FOR}(?: [\w.-]{{1,40}}){{1,4}}?)?"
    rf"[\"'`*]{{0,3}}\s?{_SAYS}\s?[\"'`*“]{{0,3}}([^\s\"'`*“”<>]{{4,200}})"
    rf"|\b(?:with|using|and|mit|avec|con|met) (?:the )?(?:{_PASSWORD}) ([^\s\"'`*“”<>]{{6,200}})",
    re.I,
)
# One of them stands in all that _NAMED finds; looking for them first is faster.
_STEM_TEXT = "key token secret pass pw kennwort mot contras wachtw hasło senha parola login"
_STEMS = _STEM_TEXT.split()
_NEXT_FIELD = re.compile(r"(?:[;&,](?=[a-z][\w ]{0,30}=)|;).*", re.I | re.S)  # of a connection string, or a query
_PIN = re.compile(
    r"\b(?:pin|(?:door|gate|alarm|entry|safe|lock)[ -]code)(?: number)?(?: (?:for|to|of) (?:the |our |my )?\w{1,20})?\s?"
    rf"{_SAYS}\s?[\"'`*]{{0,2}}(\d{{4,8}}#?)(?![\w.,-]*\d)",
    re.I,
)
_STAND_IN = re.compile(
    r"(?:\W+|x+|\*+|.*(?:example|sample|dummy|placeholder|change_?me|redacted|insert|todo|xxxx|\.\.\.|…|\*\*\*).*"
    r"|(?:.*[\W_])?(?:your|my|here)(?:[\W_].*)?|your.*|[<\[{(%].*|\$[a-z_({].*|os\.(?:environ|getenv).*|process\.env.*|getenv.*"
    r"|none|null|true|false|passw(?:or)?d\d?|pass|pwd|secret|token|string"
    r"|(?:sha|aes|rsa|md|hs|rs|es|ed|base|argon|oauth|utf|uuid)[-_]?\d+(?:-\w+)?|\d+-[a-z]+)",
    re.I | re.S,
)
_EXPRESSION = re.compile(
    r"[a-z_]\w*(?:(?:\.|::|->|\?\.)[a-z_]\w*)*(?:[(\[].*|\?)|[a-z_]+(?:(?:\.|::|->)[a-z_]+)+|[a-z]+(?:_[a-z]+)*_\d",
    re.I,
)


def secrets(text: str) -> list[Found]:
    """Secrets in order, none overlapping another.

    Forms that services publish, private key blocks, credentials in URLs, on command lines and in calls, bearer tokens, PINs, and
    what is called a password, key or token and looks like one: a letter with a digit or sign, or 3.5 bits a character
    over 16 characters and more (detect-secrets takes 4.5 for base64 of any length). Stand-ins ("your_api_key", ${KEY}),
    names of algorithms and expressions of a programming language are none.
    """
    return apart(Found(start, end, "SECRET") for start, end in _places(text))


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _BLOCK.finditer(text):
        if _BASE64.search(match.group()):
            yield match.span()
    for match in _KNOWN.finditer(text):
        if _is_random(match.group()) and "EXAMPLE" not in match.group() and not _STAND_IN.fullmatch(match.group()):
            yield match.span()
    for match in _BEARER.finditer(text):
        if _is_random(match.group(1)) and not _STAND_IN.fullmatch(match.group(1)):
            yield match.span(1)
    for pattern in (_IN_URL, _HANDED_OVER, _PIN, _WEBHOOK):
        for match in pattern.finditer(text):
            if not _STAND_IN.fullmatch(match[match.lastindex or 1]):
                yield match.span(match.lastindex or 1)
    lower = text.lower()
    for pattern in (_IN_QUERY, _NAMED) if any(stem in lower for stem in _STEMS) else (_IN_QUERY,):
        for match in pattern.finditer(text):
            start, value = (
                match.start(match.lastindex or 1),
                _NEXT_FIELD.sub("", match[match.lastindex or 1]).rstrip(".,;:)}]"),
            )
            if _looks_secret(value.rstrip("!?")):
                yield start, start + len(value)


def _is_random(key: str) -> bool:
    """Whether a string in the form of a key has the digits or the mixed case of one, and is no run of one character."""
    mixed = any(map(str.isdigit, key)) or (any(map(str.islower, key)) and any(map(str.isupper, key)))
    return mixed and len(set(key)) > 6


def _looks_secret(value: str) -> bool:
    if _STAND_IN.fullmatch(value) or _EXPRESSION.fullmatch(value) or "://" in value:
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    mixed = letters and len(value) >= 6 and (digits or re.search(r"[!#$%&@^~+=?]", value) is not None)
    return mixed or (len(value) >= 16 and entropy(value) >= 3.5 and digits)


def entropy(text: str) -> float:
    """Bits a character (Shannon 1948)."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
