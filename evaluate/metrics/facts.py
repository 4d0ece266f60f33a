"""Facts an answer must state and must not state, looked up in its text."""

from collections.abc import Sequence

from .numbers import contains


def facts_share(
    output: str, must_contain: Sequence[str | Sequence[str]], must_not_contain: Sequence[str] = ()
) -> tuple[int, int, list[str]]:
    """Facts passed, facts in all, and a sentence for each that failed; found with `numbers.contains`.

    An item of `must_contain` is a text or a list of texts of which one is enough; a bare string is one fact. Leaving
    out what is barred earns nothing by itself: those facts pass only in an output that states one of `must_contain`
    (any output but a blank one where there is none), or silence would score as well as half a right answer.
    Raises ValueError on a blank text and on an empty list of texts.
    """
    wanted = [must_contain] if isinstance(must_contain, str) else must_contain
    barred = [must_not_contain] if isinstance(must_not_contain, str) else must_not_contain
    failures = []
    for item in wanted:
        alternatives = [item] if isinstance(item, str) else item
        if not alternatives:
            raise ValueError("a fact without any text")
        found = [contains(output, text) for text in alternatives]
        if not any(found):
            failures.append("missing: " + " or ".join(repr(text) for text in alternatives))
    says_something = len(failures) < len(wanted) if wanted else bool(output.strip())
    for text in barred:
        if contains(output, text):
            failures.append(f"must not be there: {text!r}")
        elif not says_something:
            failures.append(f"not there, like all that must be: {text!r}")
    total = len(wanted) + len(barred)
    return total - len(failures), total, failures
