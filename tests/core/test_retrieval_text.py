"""What retrieval reads and cuts: documents of every format, passages, terms in every script."""

from pathlib import Path

import pytest

from stepladder.errors import UserError
from stepladder.retrieval import Document, Passage, chunk, load_documents
from stepladder.retrieval.words import count_words, terms


def document(id: str, text: str, title: str = "T") -> Document:
    return Document(id, title, text, f"{id}.md")


def test_terms_are_words_and_four_grams_with_edges() -> None:
    assert terms("Ferries") == ["ferries", "_fer", "ferr", "erri", "rrie", "ries", "ies_"]
    assert terms("a") == ["a", "_a_"]
    assert terms("£14.50, 07:15") == ["14.50", "_14.", "14.5", "4.50", ".50_", "07:15", "_07:", "07:1", "7:15", ":15_"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAFÉ", "cafe"),
        ("ｆｅｒｒｙ", "ferry"),
        ("don’t", "dont"),
        ("10kg", "10 kg"),
        ("Straße", "STRASSE"),
        ("é", "é"),
    ],
)
def test_case_width_accents_and_apostrophes_do_not_count(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_accents_count_where_they_make_another_letter() -> None:
    assert terms("й") != terms("и")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("東京都", ["東", "京", "都", "東京", "京都"]),
        ("カーフェリー", ["カ", "ー", "フ", "ェ", "リ", "ー", "カー", "ーフ", "フェ", "ェリ", "リー"]),
        ("犬", ["犬"]),
        ("요금", ["요", "금", "요금"]),
    ],
)
def test_unspaced_scripts_give_characters_and_pairs(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize("word", ["हिन्दी", "مُحَمَّد", "ελληνικά", "Україна"])
def test_marks_do_not_cut_words(word: str) -> None:
    assert len({term for term in terms(word) if term.startswith("_")}) == 1


@pytest.mark.parametrize(("text", "words"), [("two dogs, 4.50", 3), ("東京都の犬", 3), ("", 0), ("ferry 東京", 2)])
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_short_document_is_one_passage_with_its_title() -> None:
    assert chunk(document("pets", "Dogs pay.\n\nCats do not.", "Pets")) == [
        Passage("pets", "pets", "Pets", "Pets\nDogs pay.\n\nCats do not.")
    ]


LONG = (
    "One two three four.\n\nFive six seven eight.\n\n## Cars\n\nNine ten eleven.\n\n### Small\n\n- twelve\n- thirteen"
)


def test_passages_follow_headings_and_carry_title_and_headings() -> None:
    assert [p.text for p in chunk(document("d", LONG, "Fares"), words=8)] == [
        "Fares\nOne two three four.\n\nFive six seven eight.",
        "Fares\n\nCars\nNine ten eleven.\n\nCars / Small\ntwelve\nthirteen".replace("twelve\n", "- twelve\n- "),
    ]


def test_a_cut_falls_before_a_heading_rather_than_in_the_middle() -> None:
    body = "a b c d\n\n## H\n\ne f g\n\nh i j k l"
    assert [p.text for p in chunk(document("d", body), words=8)] == ["T\na b c d", "T\n\nH\ne f g\n\nh i j k l"]


def test_sections_of_a_short_document_stay_together_and_end_one_another() -> None:
    (passage,) = chunk(document("d", "## A\n\n### Deep\n\na b c d\n\n## B\n\ne"))
    assert passage.text == "T\n\nA / Deep\na b c d\n\nB\ne"


def test_passage_ids_name_the_document_and_the_place() -> None:
    passages = chunk(document("faq/d", LONG), words=4)
    assert [p.id for p in passages] == [f"faq/d#{i}" for i in range(1, len(passages) + 1)]
    assert {p.document for p in passages} == {"faq/d"}


@pytest.mark.parametrize("words", [1, 3, 5, 10, 20])
def test_no_word_is_lost_repeated_or_moved_and_no_passage_is_too_long(words: int) -> None:
    body = " ".join(f"w{i}{'.' if i % 7 == 6 else ''}" for i in range(100)).replace("w50", "\n\n- w50")
    found = [p.text.removeprefix("T\n") for p in chunk(document("d", body), words=words)]
    assert [w for w in " ".join(found).split() if w != "-"] == [w for w in body.split() if w != "-"]
    assert max(count_words(text) for text in found) <= words


def test_passages_are_about_equal() -> None:
    body = "\n\n".join(f"a b c d e f g h i p{i}" for i in range(13))  # 130 words
    assert [count_words(p.text) - 1 for p in chunk(document("d", body), words=120)] == [70, 60]


def test_overlap_repeats_whole_sentences_of_the_same_section() -> None:
    body = (
        "One two three. Four five.\n\nSix seven eight. Nine ten.\n\n## H\n\nEleven twelve. Thirteen fourteen fifteen."
    )
    texts = [p.text for p in chunk(document("d", body), words=5, overlap=2)]
    assert texts == [
        "T\nOne two three. Four five.",
        "T\nFour five.\n\nSix seven eight. Nine ten.",
        "T\n\nH\nEleven twelve. Thirteen fourteen fifteen.",
    ]


def test_a_hash_inside_a_fence_is_no_heading() -> None:
    (passage,) = chunk(document("d", "Run:\n\n```\n# not a heading\n\nls\n```\n"))
    assert passage.text == "T\nRun:\n\n```\n# not a heading\n\nls\n```"


def test_sentences_of_unspaced_scripts_are_cut_too() -> None:
    assert [p.text for p in chunk(document("d", "犬は無料です。猫も無料です。"), words=3)] == [
        "T\n犬は無料です。",
        "T\n猫も無料です。",
    ]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_every_format_is_read_and_sorted_by_id(tmp_path: Path) -> None:
    write(
        tmp_path,
        z_DOT_md="---\ntitle: 'Front'\nx: 1\n---\nBody.\n",
        sub__pets_DOT_md="# Pets #\n\nDogs.\r\n",
        lost_property_DOT_txt="Sixty days.\n",
        page_DOT_html="<title>S</title><style>x{}</style><h1>Wi-fi</h1><p>Free &amp; fast.<br>Yes.<ul><li>a<li>b</ul>",
        rows_DOT_jsonl='{"id": "one", "title": "First", "text": " A. "}\n\n{"id": 2, "text": "B."}\n',
    )
    found = [(d.id, d.title, d.text) for d in load_documents(tmp_path)]
    assert found == [
        ("2", "2", "B."),
        ("lost_property", "Lost property", "Sixty days."),
        ("one", "First", "A."),
        ("page", "Wi-fi", "Free & fast.\nYes.\n\n- a\n- b"),
        ("sub/pets", "Pets", "Dogs."),
        ("z", "Front", "Body."),
    ]


def test_hidden_files_other_types_and_empty_ones_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, a_DOT_md="A.", b_DOT_md="# Only a title\n", c_DOT_pdf="%PDF", _DOT_git__d_DOT_md="D.")
    assert [d.id for d in load_documents(tmp_path)] == ["a"]
    told = capsys.readouterr().err
    assert ".pdf" in told
    assert "b.md: an empty document" in told


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no document with text"),
        ({"a_DOT_pdf": "x"}, "holds no document with text"),
        ({"a_DOT_md": "x", "a_DOT_txt": "y"}, "document id 'a' is also that of"),
        ({"a_DOT_jsonl": '{"id": "x", "text": "y"}\n{"id": 1}'}, "a.jsonl:2: is not a document"),
        ({"a_DOT_jsonl": "[1"}, "a.jsonl:1: is not JSON"),
        ({"a_DOT_txt": "x\0y"}, "NUL bytes"),
    ],
)
def test_faulty_folders_are_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_documents(write(tmp_path, **files))


def test_a_missing_folder_and_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        load_documents(tmp_path / "none")
    with pytest.raises(UserError, match="is a file, not a folder"):
        load_documents(write(tmp_path, a_DOT_md="x") / "a.md")


def test_undecodable_text_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("One\ncafé".encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.md:2: is not UTF-8 text"):
        load_documents(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("café".encode(encoding))
    assert load_documents(tmp_path)[0].text == "café"
