"""stepladder.sentences: a full stop ends a sentence only where it does."""

import pytest

from stepladder.sentences import sentences

CASES = [  # text, number of sentences
    ("", 0),
    ("...", 0),
    ("---\n\n**", 0),
    ("Yes", 1),
    ("Yes.", 1),
    ("The ferry leaves at 9. It is full.", 2),
    # stops inside a word or a number
    ("It costs £4.50 or 1,250.75 in all.", 1),
    ("See refunds.md and www.tern.example for version 2.0.1 of it.", 1),
    ("It costs £4.50. That is all.", 2),
    # abbreviations
    ("Bring papers, e.g. a passport, i.e. an ID.", 1),
    ("Some pets (e.g. Dogs) travel free.", 1),
    ("It takes approx. 40 minutes, incl. boarding.", 1),
    ("Ask Dr. Brand or Mrs. Lund on St. Olave's pier.", 1),
    ("Take No. 5, see p. 7 and Fig. 3.", 1),
    ("No. You cannot.", 2),
    ("No. 5 is late.", 1),
    ("Bikes, prams, etc. are free.", 1),
    ("Bring bikes, prams, etc. The crew helps.", 2),
    ("Open from 9 a.m. to 5 p.m. on weekdays.", 1),
    ("Open from 9 a.m. Monday.", 1),
    ("We open at 9 a.m. Call then.", 2),
    ("J. K. Rowling took the U.S. Navy boat.", 1),
    ("You are in zone B. The fare is £3.", 2),
    ("So do I. Ferries leave.", 2),
    ("The trip (max. 40 min.) is short.", 1),
    ("Tern Ltd. Partners pay.", 1),
    ("It belongs to Tern Ltd. You can ask them.", 2),
    # other ends
    ("Really?! Yes!", 2),
    ("Well… maybe. It depends.", 2),
    ('"Stop!" he said. Then he left.', 2),
    ("**Bold.** Next (see the list.) Last.", 3),
    ("Fares rose 5%. 3 ports closed.", 2),
    ("你好。再见！", 2),
    ("क्या हाल है। ठीक है।", 2),
    ("Done. 🙂", 1),
    # lines
    ("The answer\nruns over two lines.", 1),
    ("One\n\nTwo", 2),
    ("Bring:\n- a ticket\n- a passport", 3),
    ("1. Book.\n2. Board.\n3) Sit", 3),
    ("ok sure. go there. click save.", 3),
]


@pytest.mark.parametrize(("text", "count"), CASES)
def test_counts_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count, sentences(text)


@pytest.mark.parametrize("text", [text for text, _ in CASES])
def test_nothing_but_space_and_markers_is_lost(text: str) -> None:
    kept = [c for part in sentences(text) for c in part if c.isalpha()]
    assert kept == [c for c in text if c.isalpha()]
