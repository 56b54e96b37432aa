"""Who is in the picture: the people named in a caption and the groups told of by their post, each with a probability.

The weights stand in the lexicon's folder of the language (`shown-weights.csv`); they are learned from people and posts
that readers marked (`labels/depiction.csv`) by `benchmarks/shown.py`. No list of crews is asked, and nothing is known of
anybody but what the caption says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from mlcap.captions import Caption
from mlcap.captions.mentions import Mention
from mlcap.captions.people import Person
from mlcap.captions.zones import sentence_at
from mlcap.features.mentions import describe
from mlcap.lexicon import lexicon
from mlcap.logistic import sigmoid
from mlcap.types import NamedPerson

#: Numbers of times that somebody is named beyond this are one.
_MOST_TIMES = 4


@dataclass(frozen=True)
class Candidate:
    """One who may be in the picture: the occurrences of the name (none for a group), and the mentions of posts by number."""

    names: Sequence[Person]
    mentions: Sequence[tuple[int, Mention]]

    @property
    def span(self) -> tuple[int, int]:
        """Where the name, or for a group the post, stands first in the normalised text."""
        first = self.names[0] if self.names else self.mentions[0][1]
        return first.start, first.end


def candidates(caption: Caption) -> list[Candidate]:
    """The people of the sentences, by first occurrence, and posts without a name."""
    named: dict[str, list[Person]] = {}
    for person in caption.people:
        if sentence_at(caption.sentences, person.start) >= 0:
            named.setdefault(person.key, []).append(person)
    mentions = list(enumerate(caption.mentions))
    out = [Candidate(found, [(i, m) for i, m in mentions if key in m.people]) for key, found in named.items()]
    out += [Candidate((), [(i, m)]) for i, m in mentions if not m.people]
    return sorted(out, key=lambda c: c.span)


def shown_features(caption: Caption, one: Candidate, described: Sequence[Sequence[str]]) -> set[str]:
    """Name the features of a candidate: those of a mention, and how often and where the name stands.

    Args:
        described: the features of each mention of the caption (`describe_all`).
    """
    if one.names:
        roles_in_lead = any(m.zone == "lead" for m in caption.mentions)
        out = set(describe(caption, _as_mention(caption, one.names[0]), roles_in_lead))
    else:
        out = set(described[one.mentions[0][0]])
    kind = "name" if one.names else "post"
    out |= {f"kind={kind}", f"times={min(len(one.names), _MOST_TIMES)}"}
    out |= {f"{kind} post={m.value}" for _, m in one.mentions} or {"no post"}
    out |= {f"post form={m.form} zone={m.zone}" for _, m in one.mentions}
    out |= {f"stands in={caption.zone_at(person.start)}" for person in one.names}
    # What is said of a group means something else than the same said of a name.
    return out if one.names else out | {f"group {name}" for name in out}


def _as_mention(caption: Caption, first: Person) -> Mention:
    """A name in the form in which mentions are described: it stands for the post."""
    sentence = sentence_at(caption.sentences, first.start)
    zone = caption.sentences[sentence].zone
    shown = int(first.key in caption.lead_people)
    return Mention("", first.start, first.end, sentence, zone, "name", (first.key,), shown)


def probability(features: Collection[str]) -> float:
    """How probable it is that somebody of these features is in the picture, 0 to 1."""
    weights = lexicon().shown_weights
    # An exact sum, which does not depend on the order of a set.
    score = fsum([weights.get("", 0.0), *map(weights.__getitem__, weights.keys() & features)])
    return float(sigmoid(np.asarray(score)))


#: A surname that is also the name of a place is no part of what was found as a name.
_SURNAME = re.compile(r"\s[^\W\d_a-z](?:[^\W\d_]|['-])+")


def _whole_name(text: str, start: int, end: int) -> str:
    """A name with the surname behind it where the given name alone was found."""
    if " " not in text[start:end] and (surname := _SURNAME.match(text, end)):
        end = surname.end()
    return text[start:end]


def find_shown(caption: Caption, described: Sequence[Sequence[str]]) -> Iterator[NamedPerson]:
    """Give everybody named, and every group, in the order of the caption, with the probability of being in the picture.

    Args:
        described: the features of each mention of the caption (`describe_all`).
    """
    for one in candidates(caption):
        start, end = caption.original_span(*one.span)
        name = None
        if one.names:
            longest = max(one.names, key=lambda p: p.end - p.start)
            name = _whole_name(caption.text, longest.start, longest.end)
        posts = tuple(dict.fromkeys(m.value for _, m in one.mentions))
        yield NamedPerson(name, posts, start, end, probability(shown_features(caption, one, described)))
