"""What a sentence says of its zone: features by which a learned weight each decides between lead and background.

The weights stand in the lexicon's folder of the language (`lead-weights.csv`); they are learned from sentences that
people marked (`labels/depiction.csv`) by `benchmarks/lead.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import pairwise
from math import fsum

from mlcap.captions.codes import Code
from mlcap.captions.people import Person
from mlcap.captions.tokens import Tokens
from mlcap.lexicon import Match, lexicon, section_names

#: Places of a sentence, numbers of sentences and of people beyond these are one.
_MOST_PLACES, _MOST_SENTENCES, _MOST_PEOPLE = 5, 6, 4
#: Sentences are told apart by their length in steps of this many tokens, up to so many steps.
_LENGTH, _MOST_LENGTHS = 6, 5
#: As many words at the beginning of a sentence are looked at together.
_OPENING = 3


def sentence_features(
    spans: Sequence[tuple[int, int]],
    cues: Sequence[Collection[int]],
    found: dict[str, list[Match]],
    codes: Sequence[Code],
    people: Sequence[Person],
    tokens: Tokens,
) -> list[set[str]]:
    """Name the features of each sentence of a caption: its masked words, pairs of them, and others with an equals sign.

    The first sentence has none: it is lead whatever it says, since something must be.

    Args:
        spans: of the sentences in the normalised text.
        cues: for each sentence the numbers of its cues.
        found: table of the lexicon -> its phrases.
        codes, people, tokens: what else was found.
    """
    out: list[set[str]] = []
    seen: set[str] = set()
    for place, (start, end) in enumerate(spans):
        first, last = bisect_left(tokens.starts, start), bisect_left(tokens.starts, end)
        words = tokens.texts[first:last]
        keys = {p.key for p in people if start <= p.start < end}
        if not place:
            seen = keys
            out.append(set())
            continue
        names = set(words)
        names |= {f"{word} {after}" for word, after in pairwise(words)}
        names |= {f"cue={section_names('cues')[cue]}" for cue in cues[place]}
        names |= {f"time={section_names('time')[m.section]}" for m in found["time"] if start <= m.start < end}
        for match in found["lead"]:
            if start <= match.start < end:
                names.add(f"lead={section_names('lead')[match.section]}")
                if match.start == start:
                    names.add(f"begins={section_names('lead')[match.section]}")
        names |= {f"code={c.kind}" for c in codes if start <= c.start < end}
        names |= {f"place={min(place, _MOST_PLACES)}", f"of={min(len(spans), _MOST_SENTENCES)}"}
        names |= {f"length={min(len(words) // _LENGTH, _MOST_LENGTHS)}", f"people={min(len(keys), _MOST_PEOPLE)}"}
        names |= {name for name, holds in (("person=known", keys & seen), ("person=new", keys - seen)) if holds}
        if words:
            names |= {f"opens={' '.join(words[:count])}" for count in range(1, _OPENING + 1)}
        if place == len(spans) - 1:
            names.add("place=last")
        seen |= keys
        out.append(names)
    return out


def leads(features: Sequence[Collection[str]]) -> list[bool]:
    """Whether each sentence shows the picture; the first always counts as lead."""
    weights = lexicon().lead_weights
    intercept = weights.get("", 0.0)
    # An exact sum, which does not depend on the order of a set.
    scores = [fsum([intercept, *map(weights.__getitem__, weights.keys() & names)]) for names in features]
    return [place == 0 or score > 0 for place, score in enumerate(scores)]
