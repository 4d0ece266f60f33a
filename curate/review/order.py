"""The order in which a person looks at the rows that are held."""

from collections.abc import Sequence

from ..ledger import Entry, Reason


def most_worth_a_look(held: Sequence[Entry]) -> list[Entry]:
    """The rows most likely to be wrong first, and rows that are compared with each other one after the other.

    Independent reasons weigh more than one strong reason: each was raised by a check that does not see the others. So
    the count of reasons to review decides, then the count of notes, then how far a value is past its limit, then the
    place in the input. Rows of one code and rank stay together, which makes deciding faster.
    """
    ranked = [entry for _, entry in sorted(enumerate(held), key=lambda item: (*_rank(item[1]), item[0]))]
    by_id = {entry.id: entry for entry in ranked}
    out: dict[str, Entry] = {}
    for entry in ranked:
        waiting = [entry]
        while waiting:
            one = waiting.pop()
            if one.id not in out:
                out[one.id] = one
                others = [reason.finding.other for reason in _questions(one)]
                waiting += [by_id[other] for other in reversed(others) if other in by_id]
    return list(out.values())


def _rank(entry: Entry) -> tuple[int, int, str, float]:
    questions = _questions(entry)
    notes = sum(reason.action == "note" for reason in entry.reasons)
    code = questions[0].code if questions else ""
    return -len({reason.code for reason in questions}), -notes, code, -max(map(_excess, questions), default=0.0)


def _questions(entry: Entry) -> list[Reason]:
    return [reason for reason in entry.reasons if reason.action == "review"]


def _excess(reason: Reason) -> float:
    """How far the value is past its limit, as a share of the limit (either way); 0 where nothing was measured."""
    value, limit = reason.finding.value, reason.finding.threshold
    return abs(value - limit) / abs(limit) if isinstance(value, int | float) and limit else 0.0
