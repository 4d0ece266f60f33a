"""How well each search method finds the documents that rows name.

    python bench/retrieval.py samples/tern-ferries/knowledge samples/tern-ferries/sft.jsonl
    python bench/retrieval.py KNOWLEDGE ROWS.jsonl --words 60 120 240 --overlap 20

Rows are JSONL with `prompt` (a text, or messages) and `documents` (a list of document ids, here or under `metadata`).
Choose settings on training or dev rows, never on held-out ones.
"""

import argparse
import json
from pathlib import Path
from typing import Any, get_args

from stepladder.retrieval import Retriever, load_documents, measures, query_of
from stepladder.retrieval.chunks import OVERLAP, WORDS
from stepladder.retrieval.retriever import Method

SHOWN = ("hit@1", "hit@3", "recall@3", "ndcg@3", "mrr")


def main() -> None:
    """Print one line a method and passage length."""
    options = _options()
    questions, golds = _rows(options.rows)
    documents = load_documents(options.knowledge)
    named = {document for gold in golds for document in gold}
    if unknown := named - {document.id for document in documents}:
        raise SystemExit(f"{options.rows}: no such documents in {options.knowledge}: {', '.join(sorted(unknown))}")
    print(f"{len(documents)} documents, {len(golds)} rows that name theirs, embedder {options.embedder}")
    print(f"{'words':>5}  {'passages':>8}  {'method':8}" + "".join(f"  {name:>8}" for name in SHOWN))
    for words in options.words:
        retriever = Retriever.build(documents, options.embedder, words=words, overlap=options.overlap)
        methods: tuple[Method, ...] = get_args(Method) if retriever.embedder else ("lexical",)
        for method in methods:
            found = retriever.search_many(questions, len(retriever.passages), method=method)
            rankings = [[hit.passage.document for hit in hits] for hits in found]
            figures = measures.measure(rankings, golds)
            cells = "".join(f"  {figures[name]:8.3f}" for name in SHOWN)
            print(f"{words:5}  {len(retriever.passages):8}  {method:8}{cells}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("knowledge", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--embedder", default="minilm", help="minilm, a local folder, a hub id, or none")
    parser.add_argument("--words", type=int, nargs="+", default=[WORDS], help="longest passage, one or more values")
    parser.add_argument("--overlap", type=int, default=OVERLAP, help="words that two passages share")
    return parser.parse_args()


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Questions and gold documents of the rows that name their documents."""
    questions, golds = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        gold = row.get("documents") or row.get("metadata", {}).get("documents")
        if gold:
            prompt = row["prompt"]
            questions.append(prompt if isinstance(prompt, str) else query_of(prompt))
            golds.append(gold)
    return questions, golds


if __name__ == "__main__":
    main()
