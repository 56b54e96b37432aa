"""Near-duplicates: captions of one series share most of their words and must not be split apart.

Similarity is the Jaccard index of the sets of word 4-grams (Broder, "On the resemblance
and containment of documents", 1997); captions of 0.5 or more are of one series.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mlcap.captions.reading import text_words
from mlcap.text import one_line
from mlcap.types import LabelledCaption

SIMILARITY = 0.5
#: Folds of the cross-validation where nobody says how many: so many groups at least must be left.
FOLDS = 5
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


class Grouping(NamedTuple):
    """Groups after those that share near-duplicates were joined.

    Attributes:
        groups: of each text; a joined group bears the name that comes first in order.
        links: the pairs of near-duplicates by which two groups became one: (earlier index, later index, Jaccard index).
    """

    groups: list[str]
    links: list[tuple[int, int, float]]


class Joins(NamedTuple):
    """How joining near-duplicates made fewer groups of those that captions name.

    Attributes:
        named: how many groups the captions name, each caption without one its own.
        left: how many are left.
        ids: of the pair that resembles each other most, of those that joined two groups.
        similarity: of that pair.
    """

    named: int
    left: int
    ids: tuple[str, str]
    similarity: float

    @property
    def words(self) -> str:
        """What a person should know of it."""
        return (
            f"captions that resemble each other count as one mission, which made {self.left} of {self.named} (as"
            f" {one_line(self.ids[0])} and {one_line(self.ids[1])}, similarity {self.similarity:.2f};"
            " `mlcap labels duplicates` lists all)"
        )


def joins_of(captions: Sequence[LabelledCaption], grouping: Grouping) -> Joins | None:
    """How the groups of captions became fewer, None where they did not."""
    if not grouping.links:
        return None
    earlier, later, index = max(grouping.links, key=lambda link: link[2])
    left = len(set(grouping.groups))
    return Joins(left + len(grouping.links), left, (captions[earlier].id, captions[later].id), index)


def join_groups(groups: Sequence[str], pairs: Iterable[tuple[int, int, float]]) -> Grouping:
    """Join groups that share near-duplicates, so that no series stands on both sides of a split.

    Args:
        groups: the group of each text.
        pairs: of near-duplicates, as `near_duplicates` finds them.
    """
    parent = {g: g for g in groups}
    links = []

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for earlier, later, index in pairs:
        a, b = sorted((root(groups[earlier]), root(groups[later])))
        if a != b:
            parent[b] = a
            links.append((earlier, later, index))
    return Grouping([root(g) for g in groups], links)
