"""Keys, tokens and passwords in a text."""

import math
import re
from collections import Counter
from collections.abc import Iterator

# The forms that the services publish for their keys, so that scanners can find them.
_KNOWN = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{20,}"
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}"
    r"|hf_[A-Za-z0-9]{24,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[a-f0-9]{40,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|key-[a-f0-9]{32}|AC[a-f0-9]{32}|SK[a-f0-9]{32}|shpat_[a-f0-9]{32}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,})"
)
_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.S,
)
_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]*:([^\s:/@]{3,})@", re.I)
_IN_QUERY = re.compile(
    r"[?&](?:token|access_token|api_?key|key|secret|auth|sig|signature|password|session(?:id)?)=([^\s&#\"'<>]{8,})",
    re.I,
)
_BEARER = re.compile(r"\b(?:bearer|basic) ([A-Za-z0-9+/_.=-]{20,})", re.I)
_NAMED = re.compile(
    r"\b(?:[\w-]*(?:api|access|secret|private|auth|client|account|encryption|signing)[ _-]?(?:key|token|secret)|token|secret|"
    r"passw(?:or)?d|passwort|passphrase|pwd|kennwort|pin(?: code)?|login code|door code|mot de passe|contraseña)[\w-]*"
    r"(?: (?:for|to|of|at|on) (?:the |our |my )?[\w.-]+(?: [\w.-]+){0,2})?[\"'`*]{0,3}\s?(?::=?|=>?|\bis\b(?: still| now| currently)?:?)"
    r"\s?[\"'`*“]{0,3}([^\s\"'`*“”<>]{4,200})",
    re.I,
)
_STAND_IN = re.compile(
    r"^(?:\W+|x+|\*+|\.+|.*(?:your|my|example|sample|dummy|placeholder|changeme|redacted|insert|here|todo|xxxx|\.\.\.|…|\*\*\*)"
    r".*|[<\[{(%$].*|os\.(?:environ|getenv).*|process\.env.*|getenv.*|none|null|true|false|password\d?|secret|token|string)$",
    re.I,
)


def secrets(text: str) -> list[tuple[int, int]]:
    """Places of secrets in order, none overlapping another.

    Forms that services publish, private key blocks, credentials in URLs, bearer tokens, and what is called a
    password, key or token and looks like one: a letter with a digit or sign, or 3.5 bits a character over 16
    characters and more (detect-secrets takes 4.5 for base64 of any length). Stand-ins ("your_api_key", ${KEY}) are none.
    """
    found = sorted({*_places(text)}, key=lambda place: (place[0] - place[1], place[0]))
    taken: list[tuple[int, int]] = []
    for start, end in found:
        if all(end <= s or start >= e for s, e in taken):
            taken.append((start, end))
    return sorted(taken)


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _BLOCK.finditer(text):
        yield match.span()
    for match in _KNOWN.finditer(text):
        if "EXAMPLE" not in match.group() and not _STAND_IN.match(match.group()) and len(set(match.group())) > 6:
            yield match.span()
    for pattern in (_IN_URL, _IN_QUERY, _BEARER):
        for match in pattern.finditer(text):
            if not _STAND_IN.match(match.group(1)):
                yield match.span(1)
    for match in _NAMED.finditer(text):
        value = match.group(1).rstrip(".,;:)")
        if _looks_secret(value):
            yield match.start(1), match.start(1) + len(value)


def _looks_secret(value: str) -> bool:
    if _STAND_IN.match(value) or "://" in value or value.endswith(("()", "(")):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    mixed = letters and len(value) >= 6 and (digits or re.search(r"[!#$%&@^~+=?]", value) is not None)
    return mixed or (len(value) >= 16 and entropy(value) >= 3.5 and not value.isalpha())


def entropy(text: str) -> float:
    """Bits a character (Shannon 1948)."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
