"""merged_rows: two examples run together in one row."""

import re
from collections.abc import Mapping

from stepladder.records import Row

from ..check import check
from ..habits import line_keys
from ..text import answer_text, last_user_text, listed, prose, shown

_ASKING = r"(?:instruction|input|question|q|user|human|customer|client|prompt|frage|kunde|pregunta)"
_ANSWERING = r"(?:output|response|answer|a|assistant|agent|bot|ai|reply|gpt|antwort|respuesta)"
_MARK = r"^[ \t]*(?:\d{1,3}[.)] ?)?(?:#{1,4} ?|\*{1,2}|\[|<\|?)?"
_AFTER = r"[ \t]*\d{0,3}[ \t]*(?:\]|\|?>)?\*{0,2}[ \t]*:"
_ASKS = re.compile(rf"{_MARK}{_ASKING}{_AFTER}", re.I | re.M)
_ANSWERS = re.compile(rf"{_MARK}{_ANSWERING}{_AFTER}", re.I | re.M)
_HEADING = re.compile(r"^[ \t]*(?:\d{1,3}[.)] ?)?#{2,4} ?(?:instruction|input|output|response)s?\b", re.I | re.M)
_WANTS_TURNS = re.compile(
    r"\b(?:dialog(?:ue)?|conversation|interview|transcript|script|screenplay|chat|faq|quiz|q ?& ?a|questions?|flash ?cards?|"
    r"role-?play|examples?|survey|riddles?|trivia|instructions?|template|form|prompts?|scene|skit|play|log)\b",
    re.I,
)


@check("merged_rows", action="review", wants=("usual_keys",))
def merged_rows(row: Row, *, habit: float = 0.95, usual_keys: Mapping[str, float] | None = None) -> str | None:
    """Quote the mark by which a second example begins inside the row.

    A line of the response that opens a question or instruction ("Q:", "12. Instruction:", "### Input") with an
    answer's mark after it; 0.11 % of Alpaca and 0.42 % of Cherry's best 5 % have one (AlpacaDataCleaned item 2,
    research/curation.md section 4). Or a line key that the set's responses carry once ("Source:", in a share `habit`
    of those that have it) twice in a response, or in the prompt and the response of one row. Prompts that ask for a
    dialogue, a quiz or examples are left alone.
    """
    asked, answer = last_user_text(row), answer_text(row)
    text = prose(answer)
    if not _WANTS_TURNS.search(asked):
        if found := _HEADING.search(text):
            return f"another example begins in the response: '{shown(found.group())}'"
        begins = _ASKS.search(text)
        if begins and (_ANSWERS.search(text, begins.end()) or begins.start() > 0):
            return f"another example begins in the response: '{shown(text[begins.start() :], 40)}'"
    single = {key for key, share in (usual_keys or {}).items() if share >= habit}
    keys = line_keys(answer)
    if twice := sorted(key for key in single if keys[key] > 1):
        return f"the response has {listed(twice)} more than once, others have it once: two rows in one"
    if not twice and len(shared := sorted(single & line_keys(asked).keys() & keys.keys())) > 1:
        return f"the prompt has the closing lines of a response itself: {listed(shared)}"
    return None
