"""Near-duplicates: captions of one series share most of their words and must not be split apart.

Similarity is the Jaccard index of the sets of word 4-grams (Broder, "On the resemblance
and containment of documents", 1997); captions of 0.5 or more are of one series.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from mlcap.captions.reading import text_words

SIMILARITY = 0.5
_N = 4
#: Word n-grams that more captions than this share are boilerplate and find no pairs.
_COMMONEST = 400


def word_ngrams(text: str) -> frozenset[tuple[str, ...]]:
    """The set of word 4-grams of a text; of a shorter one, all its words as one."""
    words = text_words(text)
    if len(words) <= _N:
        return frozenset([tuple(words)]) if words else frozenset()
    return frozenset(tuple(words[i : i + _N]) for i in range(len(words) - _N + 1))


def near_duplicates(
    texts: Sequence[str], similarity: float = SIMILARITY, first: int = 0
) -> Iterator[tuple[int, int, float]]:
    """Find the pairs of near-duplicates.

    Args:
        first: pairs whose later text stands before this index are not looked for.

    Yields:
        (earlier index, later index, Jaccard index), by later index.
    """
    ngrams = [word_ngrams(t) for t in texts]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for later, mine in enumerate(ngrams):
        shared: Counter[int] = Counter()
        for ngram in mine if later >= first else ():
            # Most n-grams stand in one text only.
            if ngram in holders and len(holders[ngram]) <= _COMMONEST:
                shared.update(holders[ngram])
        for earlier, count in sorted(shared.items()):
            index = count / (len(mine) + len(ngrams[earlier]) - count)
            if index >= similarity:
                yield earlier, later, index
        for ngram in mine:
            holders[ngram].append(later)


def join_groups(groups: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Join groups that share near-duplicates, so that no series stands on both sides of a split.

    Args:
        groups: the group of each text.

    Returns:
        The group of each text after joining; a joined group bears the name that comes first in order.
    """
    parent = {g: g for g in groups}

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for earlier, later, _ in near_duplicates(texts):
        a, b = sorted((root(groups[earlier]), root(groups[later])))
        parent[b] = a
    return [root(g) for g in groups]
