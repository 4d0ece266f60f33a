"""merged_rows: two examples run together in one row."""

import re
from collections.abc import Mapping

from stepladder.records import Row

from ..check import check
from ..habits import line_keys
from ..text import answer_text, last_user_text, listed, prose, shown

_MARK = r"^[ \t]*(?:\[\d\d?:\d\d(?::\d\d)?\] ?)?(?:\d{1,3}[.)] ?)?(?:#{1,4} ?|\*{1,2}|\[|<\|?)?"
_AFTER = r"[ \t]*\d{0,3}[ \t]*(?:\]|\|?>)?\*{0,2}[ \t]*:"
_ASKING = r"(?:instruction|question|q|user|human|customer|client|prompt|frage|kunde|pregunta)"
_ANSWERING = r"(?:output|response|answer|a|assistant|agent|desk|bot|ai|reply|gpt|antwort|respuesta)"
_ASKS = re.compile(rf"{_MARK}{_ASKING}{_AFTER}(?=[^\n]{{0,200}}?\w \w+ \w)", re.I | re.M)
_ANSWERS = re.compile(rf"{_MARK}{_ANSWERING}{_AFTER}", re.I | re.M)
_NUMBERED = re.compile(r"^[ \t]*\d{1,3}[.)] ?(?:instruction|question)[ \t]*: ?\S", re.I | re.M)
_HEADING = re.compile(r"^[ \t]*(?:\d{1,3}[.)] ?)?#{2,4} ?(?:instruction|response)s?\b[ \t]*:?[ \t]*$", re.I | re.M)
_WANTS_TURNS = re.compile(
    r"\b(?:dialog(?:ue)?|conversation\w*|interview|transcript|script|screenplay|chat\w*|faq|quiz(?:zes)?|q ?& ?a|questions?|"
    r"flash ?cards?|role-?play|examples?|survey|riddle|trivia|instructions?|template|form|prompts?|scene|skit|play|log|joke|pun|"
    r"task|exercise|worksheet|test|exam|problem|item|poll|hypothetical|deposition|cross-?examin\w*|testimony|gespräch|dialog|"
    r"fragen?|preguntas?|diálogo|entrevista)s?\b",
    re.I,
)


@check("merged_rows", action="review", wants=("usual_keys",))
def merged_rows(row: Row, *, habit: float = 0.98, usual_keys: Mapping[str, float] | None = None) -> str | None:
    """Quote the mark by which a second example begins inside the row.

    After some text of the response, a line that opens a question or instruction ("Q:", "[10:51] customer 9:") with an
    answer's mark after it, or "12. Instruction:" or "### Instruction" alone; 0.11 % of Alpaca and 0.42 % of Cherry's
    best 5 % have one (AlpacaDataCleaned item 2, research/curation.md section 4). Or a line key that the set's
    responses carry once ("Source:", in a share `habit` of those that have it) twice in a response, or in the prompt
    and the response of one row. Prompts that ask for a dialogue, a quiz or examples are left alone.
    """
    asked, answer = last_user_text(row), answer_text(row)
    if not _WANTS_TURNS.search(asked) and (found := _second(prose(answer))):
        return f"another example begins in the response: '{shown(found, 40)}'"
    single = {key for key, share in (usual_keys or {}).items() if share >= habit}
    keys = line_keys(answer)
    if twice := sorted(key for key in single if keys[key] > 1):
        return f"the response has {listed(twice)} more than once, others have it once: two rows in one"
    if len(shared := sorted(single & line_keys(asked).keys() & keys.keys())) > 1:
        return f"the prompt has the closing lines of a response itself: {listed(shared)}"
    return None


def _second(text: str) -> str | None:
    """Where a second example begins: not at the start, which may be a mark before the response itself."""
    for pattern in (_HEADING, _NUMBERED):
        if (found := pattern.search(text)) and text[: found.start()].strip():
            return text[found.start() :]
    for begins in _ASKS.finditer(text):
        if text[: begins.start()].strip() and _ANSWERS.search(text, begins.end()):
            return text[begins.start() :]
    return None
