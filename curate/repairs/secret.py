"""secret: a key, token or password."""

from ..check import repair
from ..private.secrets import secrets


@repair("secret", remembers=True)
def secret(text: str, *, known: dict[str, str]) -> tuple[str, str] | None:
    """Put a numbered placeholder ([SECRET_1]) in the place of each secret, in code too: that is where they stand.

    What counts is in private/secrets.py.
    """
    found = secrets(text)
    for start, end, _ in found:
        known.setdefault(text[start:end], f"[SECRET_{1 + len(known)}]")
    out = text
    for start, end, _ in reversed(found):
        out = out[:start] + known[text[start:end]] + out[end:]
    return (out, f"{len(found)} secret{'s' * (len(found) > 1)} masked") if found else None
