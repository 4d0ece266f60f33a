"""The sample's documents agree with each other: a fact that stands in several of them is the same in all."""

import re
from pathlib import Path

import pytest

KNOWLEDGE = Path(__file__).parent.parent / "samples" / "tern-ferries" / "knowledge"

# fact -> document -> the words around its figure(s), which are the group(s) of the pattern
FACTS: dict[str, dict[str, str]] = {
    "spaces at Harrowmouth": {"routes": r"Harrowmouth has (\d+) parking", "parking": r"Harrowmouth:\*\* (\d+) spaces"},
    "a day at Harrowmouth": {"routes": r"spaces at £([\d.]+) a day, Kel", "parking": r"240 spaces, £([\d.]+) a day"},
    "Kelderwick parking": {
        "routes": r"Kelderwick (\d+) at £([\d.]+) a day",
        "parking": r"Kelderwick:\*\* (\d+) spaces, £([\d.]+)",
    },
    "pass holders' parking": {"parking": r"park for £([\d.]+) a month", "commuter-pass": r"for £([\d.]+) a month"},
    "badge bays": {
        "parking": r"(?i)(ten) bays for badge",
        "accessibility": r"with a badge: (\d+) at Harrowmouth",
    },
    "bus 12": {"routes": r"bus 12 links them in (\d+) minutes", "bus-links": r"Bus 12\D+Kelderwick: (\d+) minutes"},
    "walk to the launch": {"routes": r"a (\d+)-minute walk", "vannick-terminal": r"a (\d+)-minute walk"},
    "Vannick in bad weather": {
        "weather": r"Vannick's until (\d\d:\d\d)",
        "vannick-terminal": r"open until (\d\d:\d\d)",
    },
    "lockers at Vannick": {"luggage": r"Vannick has (\d+), all small", "vannick-terminal": r"has (\d+) small lockers"},
    "group from": {"groups": r"is (\d+) or more paying", "booking": r"from (\d+) on see `groups`"},
    "camera recordings": {
        "safety": r"recordings are kept for (\d+) days",
        "privacy": r"are kept for (\d+) days \(see `safety`",
    },
    "complaints in writing": {
        "contact": r"answer within (\d+) working days",
        "complaints": r"answer within (\d+) working days",
    },
    "launch on Regatta Day": {
        "timetable-summer": r"adds a (\d\d:\d\d) from Vannick and a (\d\d:\d\d)",
        "events": r"sailings at (\d\d:\d\d) and (\d\d:\d\d)",
    },
    "Regatta Day": {"timetable-summer": r"the (second Saturday in August)", "events": r"(second Saturday in August)"},
    "after two on 24 and 31 December": {
        "timetable-winter": r"leaves after (\d\d:\d\d)",
        "public-holidays": r"leaves after (\d\d:\d\d)",
    },
    "26 December to Skarrey": {
        "timetable-winter": r"08:00, (12:00), 16:30\. From Vannick 09:50, (13:50)",
        "public-holidays": r"Harrowmouth (\d\d:\d\d), Vannick (\d\d:\d\d)",
    },
    "reprint": {
        "check-in": r"reprint at the office costs £([\d]+\.\d\d)",
        "phone-tickets": r"prints the code for £(\d+\.\d\d)",
    },
    "status page": {"weather": r"updated at ([\d:, and]+);", "alerts": r"updated at ([\d:, and]+), and"},
    "amber alert": {"weather": r"amber alert by (\d\d:\d\d)", "alerts": r"sent by (\d\d:\d\d) the evening"},
    "recorded line": {"contact": r"line, (01632 \d+)", "alerts": r"line, (01632 \d+)"},
    "gas": {
        "safety": r"at most (two) cylinders of up to (\d+) kg",
        "campervans": r"at most (two) cylinders of up to (\d+) kg",
    },
    "high vehicles": {
        "fares-vehicles": r"Over ([\d.]+) m high, add £([\d.]+)",
        "campervans": r"£(?:[\d.]+) per crossing over ([\d.]+) m",
    },
    "step in length": {"fares-vehicles": r"Each extra ([\d.]+) m", "campervans": r"every extra ([\d.]+) m"},
    "wheelchairs at low water": {
        "accessibility": r"within (\d+) minutes of low water",
        "tides": r"within (\d+) minutes of low water",
    },
    "goods on the launch": {
        "freight": r"up to (\d+) kg, at £([\d.]+) per piece",
        "removals": r"£4.00 per piece up to (\d+) kg",
    },
    "residents' months": {
        "island-residents": r"at least (\d+) months a year",
        "removals": r"lived there for (\d+) months",
    },
    "refit": {"timetable-winter": r"Refit: from 12 to 23 (January)", "kelderwick-terminal": r"the (January) refit"},
    "working days of the desk": {
        "contact": r"closed on (25 December and 1 January)",
        "public-holidays": r"desk is closed on (25 December and 1 January)",
    },
    "locker charge": {"luggage": r"£([\d.]+) opening charge", "lost-property": r"carry a £([\d.]+) charge"},
    "e-bike battery": {"bikes": r"(\d+) Wh", "safety": r"at most (\d+) Wh"},
    "late payment to pass holders": {
        "delays": r"flat £([\d.]+) \(Tolvay\) or £([\d.]+)",
        "commuter-pass": r"get £([\d.]+) \(Tolvay\) or £([\d.]+)",
    },
    "coaches check in": {"check-in": r"freight check in (\d+) minutes", "groups": r"Coaches check in (\d+) minutes"},
    "telephone fee": {"fares-foot": r"carry a £([\d.]+) fee", "refunds": r"the £([\d.]+) telephone fee"},
    "claims": {
        "refunds": r"within (\d+) days of the sailing",
        "delays": r"within (\d+) days; payment",
        "complaints": r"lengthen their (\d+) days",
    },
}
SPELT = {"ten": "10", "two": "2"}


def stated(document: str, pattern: str) -> tuple[str, ...]:
    text = " ".join((KNOWLEDGE / f"{document}.md").read_text(encoding="utf-8").split())
    found = re.search(pattern, text)
    assert found, f"{document}: nothing like {pattern!r}"
    return tuple(SPELT.get(group.casefold(), group) for group in found.groups())


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_the_same_wherever_it_stands(fact: str) -> None:
    values = {document: stated(document, pattern) for document, pattern in FACTS[fact].items()}
    shortest = min(len(value) for value in values.values())
    assert len({value[:shortest] for value in values.values()}) == 1, values
