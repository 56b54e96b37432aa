"""A value's own name as a phrase that mentions it: what a taxonomy need not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from mlcap.lexicon import lexicon
from mlcap.types import Facet, Value


def lexicon_posts() -> frozenset[str]:
    """The values that the lexicon itself has words for, as posts of people."""
    return frozenset(section.name for section in lexicon().sections["roles"])


def with_own_names(facets: Iterable[Facet]) -> tuple[Facet, ...]:
    """Give each value of a multi-valued facet its own name among its words, unless the lexicon knows the value.

    A version is trained with these facets and holds them, so that it tags as it was trained. The lexicon's own phrases
    for a value say which of them are none (`wing commander`); a value's words already count beside its name
    (`mlcap.taxonomy.extra_words`).
    """
    known = lexicon_posts()
    return tuple(replace(f, values=tuple(_named(v, known) for v in f.values)) if f.multiple else f for f in facets)


def _named(value: Value, known: Collection[str]) -> Value:
    if value.words or value.name in known:
        return value
    return replace(value, words=(re.sub("[-_]", " ", value.name),))
