"""The command from end to end: files, configuration and gates."""

from pathlib import Path
from typing import Any

import pytest

from stepladder.config import CurateConfig, FormatConfig, Project
from stepladder.curate.command import curate
from stepladder.errors import GateFailed, UserError


def rows_of(count: int) -> list[dict[str, Any]]:
    import random

    rng = random.Random(0)

    def word():
        return "".join(
            rng.choices("bcdfglmnprst", k=1)
            + rng.choices("aeiou", k=1)
            + rng.choices("lmnrst", k=1)
            + rng.choices("aeiou", k=1)
        )

    text = lambda size: " ".join(word() for _ in range(size)).capitalize()  # noqa: E731
    return [{"id": f"r{i}", "prompt": text(20) + "?", "completion": text(40) + "."} for i in range(count)]


LOOK_ALIKES = [
    ("Which port is it?", "Arnmouth"),
    ("Is it open?", "Yes"),
    ("Which letter?", "B"),
    ("How many?", "0"),
    ("And the sign?", "-1"),
    ("Write a loop.", "for i in range(3):\n    print(i)"),
    ("Write SQL.", "SELECT * FROM ports;"),
    ("A haiku?", "Grey gulls on the pier\nthe last boat pulls away now\nonly rope remains"),
    ("A song?", "Row, row, row your boat\nRow, row, row your boat\nRow, row, row your boat\nGently down the stream"),
    ("A table?", "| port | fare |\n|---|---|\n| Skell | 4 |"),
    ("Packing list?", "- coat\n- torch\n- ticket"),
    ("Three colours?", "red, green and blue"),
    ("The link?", "See https://example.org/fares"),
    ("A mail?", "Dear Ann,\n\nsee you at noon.\n\nBest regards,\nBo"),
    ("What do bots say when they refuse?", "They say \"I'm sorry, but I can't assist with that request.\""),
    ("Wie spät ist es?", "Es ist neun Uhr."),
    ("几点了？", "现在是九点。"),
    ("何時ですか", "九時です。"),
    ("كم الساعة؟", "الساعة التاسعة."),
    ("เวลาอะไร", "เก้าโมงเช้า"),
    ("Translate to French: dog", "chien"),
    ("Translate to French: cat", "chat"),
    ("Fix: he go home every day", "He goes home every day."),
    ("Take two tablets a day with food, or three?", "Two."),
    ("Take two tablets a day with food, or four?", "Four."),
    ("As JSON?", '{"category": "delay", "route": null}'),
    ("Cheer!", "😀"),
    ("Price?", "4 €"),
    ("Formula?", "$E = mc^2$"),
    ("Code name?", "`tern_42`"),
    ("A letter template, please.", "Dear [insert name],\nthank you for your letter.\n[insert signature]"),
]


def test_rows_that_only_look_wrong_are_kept(write: Any, read: Any, tmp_path: Path) -> None:
    rows = [{"id": str(n), "prompt": prompt, "completion": answer} for n, (prompt, answer) in enumerate(LOOK_ALIKES)]
    curate([write(rows)], str(tmp_path / "out"))
    lost = [entry for entry in read(tmp_path / "out" / "ledger.jsonl") if entry["verdict"] != "keep"]
    assert not lost


def test_pairs_are_not_judged_by_the_response_whose_job_is_to_be_bad(write: Any, read: Any, tmp_path: Path) -> None:
    bad = "I'm sorry, but I can't assist with that request. N/A and then the"
    rows = [
        {"id": "p", "prompt": "Is it far?", "chosen": "No, ten minutes on foot.", "rejected": bad},
        {"id": "u", "prompt": "Is it near?", "completion": bad, "label": False},
    ]
    curate([write(rows)], str(tmp_path / "out"))
    assert [entry["verdict"] for entry in read(tmp_path / "out" / "ledger.jsonl")] == ["keep", "keep"]


def test_the_project_decides_what_is_done_and_with_which_limits(write: Any, read: Any, tmp_path: Path) -> None:
    rows = [*rows_of(12), {"id": "long", "prompt": "Why?", "completion": "I'm sorry, but I can't help with that. "}]
    config = CurateConfig(actions={"refusal": "drop", "whitespace": "note"}, checks={"echo": {"similar": 0.5}})
    curate([write(rows)], str(tmp_path / "a"), config=Project(curate=config))
    entry = read(tmp_path / "a" / "ledger.jsonl")[-1]
    assert {r["code"]: r["action"] for r in entry["reasons"]} == {"refusal": "drop", "whitespace": "note"}
    assert read(tmp_path / "a" / "dropped.jsonl")[0]["row"]["completion"].endswith(" ")
    curate([write(rows)], str(tmp_path / "b"), config=Project(curate=CurateConfig(review="keep")))
    entry = read(tmp_path / "b" / "ledger.jsonl")[-1]
    assert (entry["verdict"], entry["reasons"][-1]["action"]) == ("fixed", "review")
    assert entry["before"] == {"completion": [{"role": "assistant", "content": rows[-1]["completion"]}]}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (CurateConfig(actions={"refusel": "drop"}), "Did you mean 'refusal'"),
        (CurateConfig(actions={"refusal": "fix"}), "Choose drop, review, note, off"),
        (CurateConfig(checks={"echo": {"simular": 1}}), "Did you mean 'similar'"),
        (CurateConfig(checks={"format": {"rule": 1}}), "not an option"),
    ],
)
def test_a_wrong_code_action_or_option_is_told(config: CurateConfig, told: str, write: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=told):
        curate([write(rows_of(3))], str(tmp_path / "out"), config=Project(curate=config))
    assert not (tmp_path / "out").exists()


def test_a_users_own_check_comes_through_the_same_door(write: Any, read: Any, tmp_path: Path) -> None:
    plugin = tmp_path / "mine_shouting.py"
    plugin.write_text(
        "from stepladder.curate.check import check\n\n"
        "@check('shouting', action='review')\ndef shouting(row, *, share: float = 0.5):\n"
        "    text = row.completion_text\n"
        "    return 'too loud' if sum(map(str.isupper, text)) > share * len(text) else None\n"
    )
    rows = [*rows_of(5), {"prompt": "Hi", "completion": "HELLO THERE FRIEND."}]
    project = Project(plugins=(str(plugin),), curate=CurateConfig(checks={"shouting": {"share": 0.6}}))
    summary = curate([write(rows)], str(tmp_path / "out"), config=project)
    assert summary["codes"]["shouting"]["rows"] == 1
    assert read(tmp_path / "out" / "review.jsonl")[0]["reasons"][0]["detail"] == "too loud"


def test_the_system_turn_and_the_format_rule_of_the_project(write: Any, read: Any, tmp_path: Path) -> None:
    rows = [
        *rows_of(6),
        {
            "id": "own",
            "prompt": [{"role": "system", "content": "Mine."}, {"role": "user", "content": "Hm?"}],
            "completion": [{"role": "assistant", "content": "Aha. Oho. Uhu."}],
        },
    ]
    project = Project(system="Be kind.", format=FormatConfig(max_sentences=2))
    summary = curate([write(rows)], str(tmp_path / "out"), config=project)
    assert summary["system_added"] == 6
    assert summary["codes"]["format"]["rows"] == 1
    kept = [r for f in (tmp_path / "out" / "sft").iterdir() for r in read(f)]
    assert {row["prompt"][0]["content"] for row in kept} == {"Be kind."}
    assert summary["kept"] == 6, "a system turn in front is no repair"


def test_gates(write: Any, tmp_path: Path) -> None:
    data = write([*rows_of(3), {"prompt": "Why?", "completion": ""}])
    with pytest.raises(GateFailed, match="1 rows have empty"):
        curate([data], str(tmp_path / "out"), fail_on=["empty"])
    assert (tmp_path / "out" / "ledger.jsonl").exists()
    with pytest.raises(GateFailed, match=r"75\.0% of the rows"):
        curate([data], str(tmp_path / "out"), fail_under=0.8)
    curate([data], str(tmp_path / "out"), fail_under=0.75, fail_on=["refusal"])
    with pytest.raises(UserError, match="no reason code 'emtpy'"):
        curate([data], str(tmp_path / "out"), fail_on=["emtpy"])


def test_a_held_out_line_that_cannot_be_read_is_an_error(write: Any, tmp_path: Path) -> None:
    heldout = tmp_path / "heldout.jsonl"
    heldout.write_text('{"prompt": "a", "completion": "b"}\n{broken\n')
    with pytest.raises(UserError, match=r"heldout\.jsonl:2: a held-out row cannot be read"):
        curate([write(rows_of(3))], str(tmp_path / "out"), heldout=str(heldout))


def test_a_folder_that_also_holds_the_held_out_file(write: Any, tmp_path: Path) -> None:
    write(rows_of(9), "train.jsonl")
    heldout = write([{"id": "h", "prompt": "Is it far?", "completion": "No."}], "zz.jsonl")
    summary = curate([str(tmp_path)], str(tmp_path.parent / "out-beside"), heldout=heldout)
    assert summary["rows_in"] == 10
    assert summary["dropped"] == 0
    assert summary["splits"]["sft"]["heldout"]["rows"] == 1


def test_one_id_in_two_files_names_one_row(write: Any, read: Any, tmp_path: Path) -> None:
    data = [
        write([{"id": 1, "prompt": "Is it far?", "completion": "No."}], "a.jsonl"),
        write([{"id": 1, "prompt": "Is it near?", "chosen": "Yes.", "rejected": "No."}], "b.jsonl"),
    ]
    summary = curate(data, str(tmp_path / "out"))
    ledger = read(tmp_path / "out" / "ledger.jsonl")
    assert [(entry["id"], entry.get("input_id")) for entry in ledger] == [("1", None), ("1#2", "1")]
    assert "came with an id that another row has" in summary["remarks"][0]
