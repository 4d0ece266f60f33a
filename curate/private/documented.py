"""Numbers and names that were set aside for documents, films and tests, so that they belong to nobody."""

import re

_DOMAINS = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost|local)(?:\.[a-z]+)?$", re.I)  # RFC 2606 and 6761
# Ofcom's numbers for drama, and 555-0100 to 555-0199 of the North American plan.
_UK = re.compile(
    r"(?:01632960|07700900|0113496|0114496|0115496|0116496|0117496|0118496|0121496|0131496|0141496|0151496|0161496|"
    r"0191498|02079460|02896496|02920180|08081570|09098790|03069990)\d{3,4}"
)
_US = re.compile(r"1?\d{3}55501\d\d")
# Published by the card networks and by payment services for tests.
_CARD_TEXT = """
4111111111111111 4242424242424242 4012888888881881 4222222222222 4000056655665556 4000000000000002 5555555555554444
5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431 378734493671000 30569309025904
38520000023237 6011111111111117 6011000990139424 3530111333300000 3566002020360505 5454545454545454 4917610000000000
"""
_CARDS = frozenset(_CARD_TEXT.split())
_SSNS = frozenset({"078-05-1120", "219-09-9999", "457-55-5462", "123-45-6789"})  # printed on sample cards and adverts


def is_documented_domain(domain: str) -> bool:
    """example.com and its kin, and the top-level names that will never exist."""
    return _DOMAINS.search(domain) is not None


def is_documented_phone(text: str) -> bool:
    """A number that its regulator keeps for fiction."""
    digits = re.sub(r"\D", "", text)
    national = "0" + digits[2:].lstrip("0") if digits.startswith("44") else digits
    return _UK.fullmatch(national) is not None or _US.fullmatch(digits) is not None


def is_documented_card(digits: str) -> bool:
    """A card number for tests."""
    return digits in _CARDS


def is_documented_ssn(text: str) -> bool:
    """A social security number that was printed as a sample."""
    return text in _SSNS
