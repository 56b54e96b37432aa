"""Where in a caption a feature stands.

Features are made by `mlcap.features`, which keeps names only. Here the same tables are
searched again for the places, so a feature of a kind unknown here has no span, and never
a wrong one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from mlcap.captions.tokens import Token
from mlcap.features.cues import CUES, SCENES
from mlcap.features.extract import Reading
from mlcap.features.mentions import Mention, mention_features

#: Half-open spans in the normalised text.
Spans = list[tuple[int, int]]

#: Which words a block of letters is made of, and the lengths of its runs, as in `mlcap.features.extract`.
_RUNS = {"lead-letters": ("lead", (4, 5)), "letters": ("all", (2, 3, 4))}


class Evidence:
    """Finds the places of the features of one caption.

    Args:
        reading: the caption, read.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._words = {block: self._ngrams(block) for block in ("lead", "background")}
        self._words["words"] = self._single_words(reading.tokens)
        for block, (zone, lengths) in _RUNS.items():
            tokens = reading.tokens if zone == "all" else [t for row in self._zone_tokens(zone) for t in row]
            self._words[block] = self._letters(tokens, lengths)
        self._groups: dict[tuple[str, str, str], Spans] = {}

    def spans(self, block: str, feature: str) -> Spans:
        """The places of a common feature in the normalised text, [] where it has none."""
        if block in self._words:
            return self._words[block].get(feature, [])
        if block == "header":
            return self._header(feature)
        if block == "codes":
            return self._codes(feature)
        if block in ("cues", "scenes"):
            return self._cues(block, feature)
        if block == "time":
            return [(c.start, c.end) for c in self._reading.codes if c.kind == "date"]
        return self._people(feature) if block == "people" else []

    def _zone(self, name: str) -> list[tuple[int, int]]:
        sentences = self._reading.caption.sentences
        if name == "first":
            return [(s.start, s.end) for s in sentences[:1]]
        return [(s.start, s.end) for s in sentences if s.zone == name]

    def _zone_tokens(self, zone: str) -> Iterator[list[Token]]:
        for start, end in self._zone(zone):
            yield [t for t in self._reading.tokens if start <= t.start < end]

    def _ngrams(self, block: str) -> dict[str, Spans]:
        found: dict[str, Spans] = defaultdict(list)
        for tokens in self._zone_tokens(block):
            words = _words_of(tokens)
            for word in words:
                found[word.text].append((word.start, word.end))
            for first, second in pairwise(words):
                found[f"{first.text} {second.text}"].append((first.start, second.end))
        return found

    def _single_words(self, tokens: Sequence[Token]) -> dict[str, Spans]:
        found: dict[str, Spans] = defaultdict(list)
        for token in _words_of(tokens):
            found[token.text].append((token.start, token.end))
        return found

    def _letters(self, tokens: Sequence[Token], lengths: Sequence[int]) -> dict[str, Spans]:
        found: dict[str, Spans] = defaultdict(list)
        for token in _words_of(tokens):
            padded = "" if token.text.startswith("_") else f" {token.text} "
            for run in {padded[i : i + n] for n in lengths for i in range(len(padded) - n + 1)}:
                found[run].append((token.start, token.end))
        return found

    def _header(self, feature: str) -> Spans:
        caption = self._reading.caption
        if feature == "credit":
            return [(caption.credit.start, len(caption.text))]
        if feature in ("no-credit", "form=none") or not caption.header.end:
            return []
        return [(0, caption.header.end)]

    def _codes(self, feature: str) -> Spans:
        zone, _, name = feature.partition(" ")
        if zone == feature:
            return [
                (c.start, c.end) for c in self._reading.codes if feature.startswith("century=") and c.kind == "date"
            ]
        return [
            (c.start, c.end)
            for c in self._reading.codes
            if name in (f"{c.kind}={c.group}", c.canonical, c.kind)
            and any(start <= c.start < end for start, end in self._zone(zone))
        ]

    def _cues(self, block: str, feature: str) -> Spans:
        zone, _, groups = feature.partition(" ")
        zone = zone if zone in ("first", "background") else "lead"
        return [span for group in groups.split("+") for span in self._group(block, zone, group)]

    def _group(self, block: str, zone: str, group: str) -> Spans:
        key = (block, zone, group)
        if key not in self._groups:
            pattern = _PATTERNS[block].get(group)
            self._groups[key] = [
                match.span()
                for start, end in (self._zone(zone) if pattern else ())
                for match in pattern.finditer(self._reading.caption.text, start, end)  # type: ignore[union-attr]
                if match.group()
            ]
        return self._groups[key]

    def _people(self, feature: str) -> Spans:
        if feature.startswith("opens=") and self._reading.tokens:
            return [(self._reading.tokens[0].start, self._reading.tokens[0].end)]
        if not feature.startswith(("lead-people", "stranger", "subject", "people")):
            return []
        zones = self._zone("lead") + (
            [] if feature.startswith(("lead", "stranger", "subject")) else self._zone("background")
        )
        return [(p.start, p.end) for p in self._reading.people if any(a <= p.start < b for a, b in zones)]

    def of_mentions(self, value: str) -> list[tuple[Mention, frozenset[str]]]:
        """Each mention of a value with the names of the features that it has by itself."""
        reading = self._reading
        lead = next((m for m in reading.mentions if m.zone == "lead"), None)
        out = []
        for mention in reading.mentions:
            if mention.value != value:
                continue
            # Whether any role stands in the lead is a feature too, so one mention from there keeps it company.
            company = [replace(mention, value="mine"), *([replace(lead, value="its company")] if lead else [])]
            features = mention_features(reading.caption, company, reading.tokens, reading.people)
            out.append((mention, frozenset(features["mine"])))
        return out


def _words_of(tokens: Sequence[Token]) -> list[Token]:
    return [t for t in tokens if t.text[0].isalpha() or t.text[0] == "_"]


def _compiled(table: tuple[tuple[str, str], ...]) -> dict[str, re.Pattern[str]]:
    return {group: re.compile(pattern, re.IGNORECASE) for group, pattern in table}


_PATTERNS = {"cues": _compiled(CUES), "scenes": _compiled(SCENES)}
