"""Words beside a number that say what it is."""

import re

_REACH = 60  # characters before a number in which its name is looked for

_THING = (
    r"order|booking|reference|ref|invoice|ticket|tracking|parcel|confirmation|case|serial|model|part|product|item|sku|isbn|ean|"
    r"gtin|upc|imei|account|customer|policy|licen[cs]e|id|code|voucher|transaction|"
    r"\w*bestell|\w*auftrag|\w*rechnung|\w*sendung|\w*kunden|commande|facture|colis|dossier|pedido|factura|env[ií]o|bestelling|"
    r"factuur|zamówieni|faktur|przesyłk|ordine|fattura"
)
_LINK = (
    r"no|nr|number|num|code|nummer|id|is|was|ist|lautet|est|le|es|el|to|è|n°|nº|numer|"
    r":|#|="
)
_NUMBER_OF_A_THING = re.compile(rf"\b(?:{_THING})[\w-]*(?:\s?(?:{_LINK})\.?:?)*\s*[#:]?\s*[\"'“]?$", re.I)
_CALL = re.compile(
    r"\b(?:call|phone|tel|telephone|ring|mobile|cell|text|sms|whatsapp|fax|reach|dial|number is|contact|handy|erreich\w*|ruf\w*|"
    r"telefon\w*|nummer|tél|téléphone|portable|joindre|appel\w*|numéro|número|móvil|teléfono|llám\w*|llama|bel|zadzwoń|komórk\w*|chiam\w*|cellulare)\b\.?"
    r"[^.!?\n]{0,40}$",
    re.I,
)
_NETWORK = (
    r"ip|ips|host|server|address|login|logged|connect\w*|ping|ssh\w*|accepted|failed|"
    r"traffic|requests?|router|client|visitor|unblock|ban|banned|block|blocked"
)
_IP_BEFORE = re.compile(rf"\b(?:{_NETWORK})\b[^.!?\n]{{0,40}}$", re.I)
_IP_AFTER = re.compile(r"[^.!?\n]{0,40}\b(?:ip|ips)\b", re.I)
_VERSION = re.compile(
    r"\b(?:v|ver|version|release|build|firmware|update|upgrade|section|chapter|rule|clause)\.?[ :]*$", re.I
)


def _before(text: str, start: int) -> str:
    return text[max(0, start - _REACH) : start]


def counts_a_thing(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be that of an order, a parcel, a part."""
    return _NUMBER_OF_A_THING.search(_before(text, start)) is not None


def is_called(text: str, start: int) -> bool:
    """Whether the sentence before `start` speaks of calling."""
    return _CALL.search(_before(text, start)) is not None


def is_network(text: str, start: int, end: int) -> bool:
    """Whether the sentence around it speaks of computers, and not of versions and sections."""
    before = _before(text, start)
    if _VERSION.search(before):
        return False
    return _IP_BEFORE.search(before) is not None or _IP_AFTER.match(text, end, end + _REACH) is not None
