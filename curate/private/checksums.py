"""Check digits of account and card numbers."""

_CARD_LENGTHS = {"4": (13, 16, 19), "34": (15,), "37": (15,), "6011": (16, 19), "65": (16, 19), "35": (16, 19)}
_CARD_LENGTHS |= {str(prefix): (16,) for prefix in (*range(51, 56), *range(2221, 2721))}
_CARD_LENGTHS |= {
    "36": (14,),
    "38": (14,),
    "300": (14,),
    "301": (14,),
    "302": (14,),
    "303": (14,),
    "304": (14,),
    "305": (14,),
}
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29,
    "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether the digits have the prefix and length of a payment card network, and the check digit is right."""
    fits = any(digits.startswith(prefix) and len(digits) in lengths for prefix, lengths in _CARD_LENGTHS.items())
    return fits and luhn(digits)


def is_iban(text: str) -> bool:
    """Whether the text is an account number: a country's length, and 1 as remainder of 97 (ISO 13616, ISO 7064)."""
    plain = text.replace(" ", "").replace("-", "").upper()
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1
