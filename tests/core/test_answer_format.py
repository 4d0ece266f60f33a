"""stepladder.answer_format: hit, miss and boundary of every rule, and who is excepted."""

from pathlib import Path
from typing import Any

import pytest

from stepladder.answer_format import FormatRule
from stepladder.config import FormatConfig, load_project

HOUSE = FormatConfig(max_sentences=2, lines=(r"Next step: .+", r"Source: [a-z-]+(, [a-z-]+)*|Source: none"))
GOOD = "It costs £4.50, e.g. for dogs. Cats are free.\nNext step: Book by phone.\nSource: pets"
TICKET: dict[str, Any] = {
    "type": "object",
    "required": ["category", "urgent"],
    "additionalProperties": False,
    "properties": {"category": {"enum": ["delay", "other"]}, "urgent": {"type": "boolean"}},
}
JSON_ONLY = FormatConfig(json_schema=TICKET)
STEP, SOURCE = HOUSE.lines

CASES: list[tuple[FormatConfig, str, list[str]]] = [  # rule, answer, faults
    # sentences
    (FormatConfig(max_sentences=1), "Take the No. 5, approx. 4 km.", []),
    (FormatConfig(max_sentences=1), "One. Two.", ["2 sentences, at most 1"]),
    (FormatConfig(max_sentences=2), "One. Two.", []),
    (FormatConfig(max_sentences=2), "", ["there is no answer"]),
    # closing lines
    (HOUSE, GOOD, []),
    (HOUSE, GOOD.replace("\n", "  \r\n") + " \r\n\n", []),
    (HOUSE, GOOD.replace("\nNext", "\n\nNext"), []),
    (HOUSE, GOOD.replace("Cats", "So do ducks. Cats"), ["3 sentences, at most 2"]),
    (HOUSE, GOOD.replace("\nSource: pets", ""), [f"no line matches {SOURCE}"]),
    (HOUSE, GOOD.replace("pets", "pets!"), [f"no line matches {SOURCE}"]),
    (HOUSE, GOOD.replace("Next step", " Next step"), [f"no line matches {STEP}", "3 sentences, at most 2"]),
    (HOUSE, GOOD + "\nSource: fares", [f"2 lines match {SOURCE}"]),
    (HOUSE, "No.\nSource: pets\nNext step: Go.", [f"the line for {SOURCE} does not follow the one for {STEP}"]),
    (HOUSE, GOOD + "\nThank you!", ["line 4 is none of the closing lines: Thank you!"]),
    (HOUSE, GOOD.replace("\nSource", "\nBye.\nSource"), ["line 3 is none of the closing lines: Bye."]),
    (HOUSE, "Next step: Go.\nSource: pets", ["there is no answer before the closing lines"]),
    (HOUSE, "One. Two. Three.", [f"no line matches {STEP}", f"no line matches {SOURCE}", "3 sentences, at most 2"]),
    (FormatConfig(lines=("A.*", ".*B")), "AB", ["the line for .*B does not follow the one for A.*"]),
    (FormatConfig(lines=("END",)), "END", []),
    # the whole text
    (FormatConfig(regex="[A-D]"), " B\n", []),
    (FormatConfig(regex="[A-D]"), "B.", ["the text does not match [A-D]"]),
    (FormatConfig(regex=".+"), "two\nlines", ["the text does not match .+"]),
    (FormatConfig(regex="(?s).+"), "two\nlines", []),
    # JSON
    (JSON_ONLY, '{"category": "delay", "urgent": false}\n', []),
    (JSON_ONLY, '{"category": "late", "urgent": 0}',
     ['category is "late", not one of "delay", "other"', "urgent is 0, not boolean"]),
    (JSON_ONLY, '{"category": "delay"}', ["urgent is missing"]),
    (JSON_ONLY, '{"category": "delay", "urgent": true} Done.', ["not one JSON value: extra data at character 39"]),
    (JSON_ONLY, '```json\n{"category": "delay"}\n```', ["not one JSON value: expecting value at character 1"]),
    (JSON_ONLY, "", ["not one JSON value: expecting value at character 1"]),
    (JSON_ONLY, "NaN", ["not one JSON value: NaN is no JSON"]),
    (FormatConfig(json_schema={}), "[" * 100_000, ["not one JSON value: it is nested too deeply"]),
    (FormatConfig(json_schema={}), "9" * 5_000, ["not one JSON value: an integer in it is too long"]),
]  # fmt: skip


@pytest.mark.parametrize(("config", "text", "faults"), CASES)
def test_finds_exactly_its_faults(config: FormatConfig, text: str, faults: list[str]) -> None:
    assert FormatRule.from_config(config).faults(text, {}) == faults


EXCEPTED = [  # except_when, metadata, whether the row is excepted
    ({"slice": "ticket"}, {"slice": "ticket"}, True),
    ({"slice": "ticket"}, {"slice": "tickets"}, False),
    ({"slice": "ticket"}, {}, False),
    ({"slice": ["ticket", "code"]}, {"slice": "code"}, True),
    ({"slice": ["ticket", "code"]}, {"slice": "fact"}, False),
    ({"slice": "ticket", "level": 2}, {"slice": "ticket", "level": 2}, True),
    ({"slice": "ticket", "level": 2}, {"slice": "ticket", "level": 3}, False),
    ({"level": 2}, {"level": "2"}, True),
    ({"urgent": True}, {"urgent": True}, True),
    ({"urgent": True}, {"urgent": 1}, False),
    ({"slice": None}, {"slice": None}, True),
    ({"slice": None}, {}, False),
    ({}, {"slice": "ticket"}, False),
]


@pytest.mark.parametrize(("except_when", "metadata", "excepted"), EXCEPTED)
def test_excepted_rows_are_not_judged(except_when: dict[str, Any], metadata: dict[str, Any], excepted: bool) -> None:
    rule = FormatRule.from_config(FormatConfig(max_sentences=1, except_when=except_when))
    assert rule.faults("One. Two.", metadata) == ([] if excepted else ["2 sentences, at most 1"])


def test_excepted_rows_are_judged_by_otherwise() -> None:
    inner = FormatConfig(regex="B", except_when={"free": "yes"})
    outer = FormatConfig(regex="A", except_when={"slice": "ticket"}, otherwise=inner)
    rule = FormatRule.from_config(outer)
    assert rule.faults("A", {"slice": "fact"}) == []
    assert rule.faults("A", {"slice": "ticket"}) == ["the text does not match B"]
    assert rule.faults("B", {"slice": "ticket"}) == []
    assert rule.faults("anything", {"slice": "ticket", "free": "yes"}) == []


def test_a_rule_from_a_project_file(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(
        r"""
data: x.jsonl
format:
  max_sentences: 3
  lines: ['Next step: .+', 'Source: \S.*']
  except_when: {slice: ticket}
  otherwise:
    json_schema:
      type: object
      required: [route, urgent]
      properties: {route: {type: [string, null]}, urgent: {type: boolean}}
"""
    )
    config = load_project(path).format
    assert config is not None
    rule = FormatRule.from_config(config)
    assert rule.faults(GOOD, {"slice": "single_fact"}) == []
    assert rule.faults('{"route": null, "urgent": true}', {"slice": "ticket"}) == []
    assert rule.faults(GOOD, {"slice": "ticket"}) == ["not one JSON value: expecting value at character 1"]
