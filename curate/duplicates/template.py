"""Text that many prompts share word for word is an instruction around the question, not the question."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice, pairwise
from statistics import mean, median

from .signatures import jaccard, shingles

_RUN = 5  # words that must stand together
_SAMPLE = 5000  # distinct prompts looked at: a share of 5 % is found in a sample as surely as in all


class Template:
    """The runs of five words that at least `least` prompts and a share `share` of all prompts have in common.

    Without it, a long instruction in front of short inputs makes all of its rows near-duplicates: of the Dolly
    prompts that are alike at 0.8, 27 of 29 have another human answer, and most of the looser ones are such templates
    (research/curation.md section 4). A run counts only where the prompts around it go on differently: three words of
    their own (median), or answers that are not alike. Near-copies of one prompt are no template.
    """

    def __init__(self, prompts: Sequence[str], answers: Sequence[str], *, least: int = 10, share: float = 0.05) -> None:
        step = max(1, len(prompts) // _SAMPLE)
        pairs = dict(zip(prompts[::step], answers[::step], strict=True))
        counts: Counter[tuple[str, ...]] = Counter()
        for prompt in pairs:
            counts.update(set(_runs(prompt.split())))
        wanted = max(least, share * len(pairs))
        self._frequent = {run for run, count in counts.items() if count >= wanted}
        if self._frequent:
            self._frequent -= self._copies(pairs, counts)
        self.found = self._texts(pairs, counts)

    def own(self, prompt: str) -> str:
        """The prompt without the shared text; the whole prompt where nothing else is in it."""
        if not self._frequent:
            return prompt
        tokens = prompt.split()
        return " ".join(t for t, shared in zip(tokens, self._mask(tokens), strict=True) if not shared) or prompt

    def _mask(self, tokens: Sequence[str]) -> list[bool]:
        mask = [False] * len(tokens)
        for start, run in enumerate(_runs(tokens)):
            if run in self._frequent:
                mask[start : start + _RUN] = [True] * _RUN
        return mask

    def _copies(self, pairs: dict[str, str], counts: Counter[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Runs whose carriers are near-copies of each other."""
        carriers: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for prompt in pairs:
            shared = [run for run in _runs(prompt.split()) if run in self._frequent]
            if shared:
                carriers[max(shared, key=lambda run: (counts[run], run))].append(prompt)
        copies: set[tuple[str, ...]] = set()
        for prompts in carriers.values():
            own = median(self._mask(prompt.split()).count(False) for prompt in prompts)
            if own < 3 and _alike([pairs[prompt] for prompt in prompts]) >= 0.5:
                copies |= {run for prompt in prompts for run in _runs(prompt.split()) if run in self._frequent}
        return copies

    def _texts(self, pairs: dict[str, str], counts: Counter[tuple[str, ...]]) -> list[tuple[str, int]]:
        """(shared text, number of prompts looked at that have it), the longest stretch first, for the summary."""
        found: dict[str, int] = {}
        for prompt in pairs:
            tokens = prompt.split()
            shared = [i for i, run in enumerate(_runs(tokens)) if run in self._frequent]
            starts = [i for n, i in enumerate(shared) if n == 0 or shared[n - 1] != i - 1]
            for start in starts:
                end = start
                while end + 1 < len(tokens) and tuple(tokens[end + 1 : end + 1 + _RUN]) in self._frequent:
                    end += 1
                text = " ".join(tokens[start : end + _RUN])
                found[text] = max(
                    found.get(text, 0), min(counts[tuple(tokens[i : i + _RUN])] for i in range(start, end + 1))
                )
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:5]


def _runs(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + _RUN]) for i in range(len(tokens) - _RUN + 1)]


def _alike(answers: Sequence[str]) -> float:
    """Mean similarity of neighbours, over at most 30 of them."""
    return (
        mean(jaccard(shingles(a), shingles(b)) for a, b in islice(pairwise(answers), 30)) if len(answers) > 1 else 1.0
    )
