"""Numbers and names that were set aside for documents, films and tests, so that they belong to nobody."""

import re

# RFC 2606 and 6761, and names for inner networks.
_DOMAINS = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost|local|internal|lan)(?:\.[a-z]+)?$", re.I)
# Ofcom's numbers for drama, and 555-0100 to 555-0199 of the North American plan.
_UK = re.compile(
    r"(?:01632960|07700900|01134960|01144960|01154960|01164960|01174960|01184960|01214960|01314960|01414960|01514960|01614960|"
    r"01914980|02079460|02896496|02920180|08081570|09098790|03069990)\d{3}"
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
# Name servers that anyone may use: Google, Cloudflare, Quad9, OpenDNS.
_RESOLVER_TEXT = """
8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 2001:4860:4860::8888
2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001 2620:fe::fe
"""
_RESOLVERS = frozenset(_RESOLVER_TEXT.split())


def is_documented_domain(domain: str) -> bool:
    """example.com and its kin, and the top-level names that will never exist."""
    return _DOMAINS.search(domain) is not None


def is_documented_phone(text: str) -> bool:
    """A number that its regulator keeps for fiction, or the digits in a row."""
    digits = re.sub(r"\D", "", text)
    national = "0" + digits[2:].lstrip("0") if digits.startswith("44") else digits
    drama = _UK.fullmatch(national) is not None or _US.fullmatch(digits) is not None
    return drama or len(set(digits)) == 1 or digits in "012345678901234"


def is_documented_card(digits: str) -> bool:
    """A card number for tests."""
    return digits in _CARDS


def is_documented_ssn(text: str) -> bool:
    """A social security number that was printed as a sample."""
    return text in _SSNS


def is_public_resolver(address: str) -> bool:
    """The address of a name server that documents tell everyone to use."""
    return address.lower() in _RESOLVERS
