"""Retrieval: golden values of BM25, fusion and measures, search in every script, ties, the prompt's wording."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stepladder.errors import UserError
from stepladder.records import Message
from stepladder.retrieval import Document, Passage, Retriever, query_of, with_passages
from stepladder.retrieval import measures as m
from stepladder.retrieval.fusion import convex, ranked, reciprocal_ranks
from stepladder.retrieval.lexical import BM25


def document(id: str, text: str, title: str = "T") -> Document:
    return Document(id, title, text, f"{id}.md")


def ids(retriever: Retriever, query: str, k: int = 9) -> list[str]:
    return [hit.passage.id for hit in retriever.search(query, k)]


def test_bm25_gives_the_published_scores() -> None:
    texts = [text.split() for text in ("the cat sat on the mat", "dogs chase the cat", "birds fly high")]
    assert BM25(texts).scores(["cat", "mat"]) == pytest.approx([0.494710, 0.194743, 0], abs=1e-6)


def test_bm25_equals_the_formula_for_repeated_terms() -> None:
    texts = [["a", "a", "b"], ["a", "c"], ["d"]]
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    expected = idf * 2 / (2 + 1.5 * (1 - 0.75 + 0.75 * 3 / 2))
    assert BM25(texts).scores(["a"])[0] == pytest.approx(expected, abs=1e-9)
    assert BM25(texts).scores(["a", "a"])[0] == pytest.approx(2 * expected, abs=1e-9)


@pytest.mark.parametrize("texts", [[["x"]], [["x"], ["x", "y"]]])
def test_a_term_in_every_passage_still_scores(texts: list[list[str]]) -> None:
    assert (BM25(texts).scores(["x"]) > 0).all()


@pytest.mark.parametrize("query", [[], ["unheard"]])
def test_a_query_without_known_terms_scores_zero(query: list[str]) -> None:
    assert BM25([["x"], ["y"]]).scores(query).tolist() == [0, 0]
    assert BM25([[], []]).scores(query).tolist() == [0, 0]


SCRIPTS = [
    ("犬と猫は無料です", "駐車場は一日五百円です", "犬はいくらですか"),
    ("Собаки едут бесплатно", "Парковка стоит пять евро", "можно взять с собой собаку"),
    ("कुत्ते मुफ़्त यात्रा करते हैं", "पार्किंग का शुल्क पाँच है", "कुत्तों का किराया"),
    ("반려견의 요금은 무료입니다", "주차 요금 하루 오천원", "반려견과 함께"),
    ("สุนัขเดินทางฟรี", "ค่าจอดรถวันละห้าสิบบาท", "พาสุนัขไปได้ไหม"),
    ("تسافر الكلاب مجاناً", "موقف السيارات بخمسة", "الكلب"),
    ("Hundehaltung an Bord ist frei", "Parkplatzgebühren betragen fünf Euro", "darf mein Hund mit"),
]


@pytest.mark.parametrize(("right", "wrong", "query"), SCRIPTS)
def test_search_works_in_every_script(right: str, wrong: str, query: str) -> None:
    retriever = Retriever.build([document("a", wrong, ""), document("b", right, "")], None)
    assert ids(retriever, query)[0] == "b"


def test_plurals_and_misspellings_are_found() -> None:
    documents = [document("dogs", "Dogs travel in the lounge."), document("cars", "Vehicles wait in the lane.")]
    retriever = Retriever.build(documents, None)
    assert ids(retriever, "vehicel")[0] == "cars"
    assert ids(retriever, "my dog")[0] == "dogs"


def test_reciprocal_ranks_by_hand() -> None:
    one, other = np.array([3.0, 2.0, 1.0]), np.array([-np.inf, 5.0, 9.0])
    expected = [1 / 61, 1 / 62 + 1 / 62, 1 / 63 + 1 / 61]
    assert reciprocal_ranks(one, other) == pytest.approx(expected, abs=1e-12)
    assert reciprocal_ranks(one, k=0) == pytest.approx([1, 1 / 2, 1 / 3])


def test_convex_by_hand() -> None:
    assert convex(np.array([0.2, 0.6, 0.4]), np.array([8.0, 0.0, 0.0]), share=0.75) == pytest.approx(
        [0.25, 0.75, 0.375]
    )


def test_convex_with_no_matching_word_is_the_dense_order() -> None:
    similar = np.array([0.1, 0.3, 0.2])
    assert ranked(convex(similar, np.zeros(3))).tolist() == ranked(similar).tolist() == [1, 2, 0]


def test_equal_scores_keep_the_order_of_the_passages() -> None:
    assert ranked(np.array([1.0, 2.0, 1.0 + 1e-9, 2.0])).tolist() == [1, 3, 0, 2]


def test_ties_are_broken_by_passage_id_whatever_the_input_order() -> None:
    documents = [document(id, "Dogs pay four pounds.") for id in ("c", "a", "b")]
    for order in (documents, documents[::-1]):
        assert ids(Retriever.build(order, None), "dogs") == ["a", "b", "c"]


def test_the_wording_of_the_prompt() -> None:
    """Pinned: adapters are trained with it, so another wording needs new adapters."""
    turns: list[Message] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "May my dog come?"}]
    passages = [
        Passage("pets#2", "pets", "Pets", "Pets\nDogs pay."),
        Passage("bikes", "bikes", "Bikes", "Bikes\nFree."),
    ]
    assert with_passages(turns, passages) == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": "Documents:\n\n[pets] Pets\nDogs pay.\n\n[bikes] Bikes\nFree.\n\nQuestion: May my dog come?",
        },
    ]
    assert turns[1]["content"] == "May my dog come?"


def test_no_passages_leave_the_messages_as_they_are() -> None:
    turns: list[Message] = [{"role": "user", "content": "Hello"}]
    assert with_passages(turns, []) == turns


TALK: list[Message] = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Yes?"},
    {"role": "user", "content": "Dogs?"},
    {"role": "assistant", "content": "Source: pets"},
    {"role": "user", "content": "And two?"},
]


def test_passages_go_into_the_last_user_turn_only() -> None:
    changed = with_passages(TALK, [Passage("p", "p", "P", "P\ntext")])
    assert changed[:-1] == TALK[:-1]
    assert changed[-1]["content"].endswith("Question: And two?")


def test_the_query_is_the_last_user_turn_and_the_one_before() -> None:
    assert query_of(TALK) == "And two?\nDogs?"
    assert query_of(TALK[:1]) == "Hello"


def test_a_prompt_without_a_user_turn_is_an_error() -> None:
    with pytest.raises(UserError, match="no user turn"):
        query_of([{"role": "system", "content": "x"}])


def test_measures_by_hand() -> None:
    ranking = ["x", "a", "a", "b", "c"]
    assert [m.hit(ranking, ["a", "b"], k) for k in (1, 2)] == [0, 1]
    assert [m.recall(ranking, ["a", "b"], k) for k in (1, 3, 4)] == [0, 0.5, 1]
    assert m.reciprocal_rank(ranking, ["b", "c"]) == 0.25
    assert m.reciprocal_rank(ranking, ["q"]) == 0
    # (1/log2(3) + 1/log2(5)) / (1/log2(2) + 1/log2(3)): the second 'a' counts for nothing
    assert m.ndcg(ranking, ["a", "b"], 5) == pytest.approx(0.650921, abs=1e-6)
    assert m.ndcg(["a", "b"], ["b", "a"], 2) == pytest.approx(1)
    assert m.ndcg(["a"], ["a", "b", "c"], 1) == pytest.approx(1)


def test_only_rows_that_name_documents_count() -> None:
    assert m.measure([["a"], ["b"], ["c"]], [["a"], [], ["x"]], cuts=[1]) == {
        "n": 2, "hit@1": 0.5, "recall@1": 0.5, "ndcg@1": 0.5, "mrr": 0.5,
    }  # fmt: skip
    assert m.measure([["a"]], [[]]) == {"n": 0}


PETS = document("pets", "Dogs pay four pounds on the Skarrey route.", "Pets")
WIFI = document("wifi", "The network is free for thirty minutes.", "Wi-fi")


@pytest.mark.parametrize("embedder", [None, "none"])
def test_without_an_embedder_only_passages_that_share_a_term_are_hits(embedder: str | None) -> None:
    retriever = Retriever.build([PETS, WIFI], embedder)
    assert ids(retriever, "dogs") == ["pets"]
    assert ids(retriever, "zzzz") == ids(retriever, "") == ids(retriever, "dogs", 0) == []
    with pytest.raises(UserError, match="no embedder"):
        retriever.search("dogs", 1, method="dense")


def test_many_queries_at_once_give_what_each_gives_alone() -> None:
    retriever = Retriever.build([PETS, WIFI], None)
    queries = ["free pounds", "dogs", "the network"]
    assert retriever.search_many(queries, 2) == [retriever.search(query, 2) for query in queries]
    assert retriever.search_many([], 2) == []


def test_the_fingerprint_follows_text_and_parameters() -> None:
    documents = [PETS, WIFI]
    same = Retriever.build(documents, None).fingerprint
    assert Retriever.build(documents[::-1], None).fingerprint == same
    others = [
        Retriever.build([PETS], None),
        Retriever.build([PETS, document("wifi", "Other.")], None),
        Retriever.build(documents, None, words=99),
        Retriever.build(documents, None, overlap=9),
    ]
    assert len({same, *(r.fingerprint for r in others)}) == 5


def test_no_documents_is_an_error() -> None:
    with pytest.raises(UserError, match="no documents"):
        Retriever.build([], None)


def test_hits_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from stepladder.retrieval import Document, Retriever\n"
        "d = [Document(str(i), 'T', f'dog {i % 3} cat {i % 5} ferry', '') for i in range(20)]\n"
        "r = Retriever.build(d, None)\n"
        "print(r.fingerprint, [(h.passage.id, h.score) for h in r.search('cat 2 dogs ferry', 9)])"
    )
    root = str(Path(__file__).parents[2])
    runs = [
        subprocess.run(
            [sys.executable, "-P", "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != b""


def test_importing_retrieval_loads_no_torch() -> None:
    code = "import sys, stepladder.retrieval; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-P", "-c", code], env={"PYTHONPATH": str(Path(__file__).parents[2])}, check=True)
