"""Finding the passages that a question needs: documents, chunks, BM25, embeddings, their fusion, and the prompt."""

from stepladder.retrieval.chunks import Passage, chunk
from stepladder.retrieval.documents import Document, load_documents, named_documents
from stepladder.retrieval.prompt import query_of, shows_passages, with_passages
from stepladder.retrieval.retriever import Hit, Retriever

__all__ = [
    "Document",
    "Hit",
    "Passage",
    "Retriever",
    "chunk",
    "load_documents",
    "named_documents",
    "query_of",
    "shows_passages",
    "with_passages",
]
