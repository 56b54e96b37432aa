"""How newer captions differ from older ones: what is given for them, what sends them to review, what training has not seen.

The captions of one mission resemble each other, so missions are what is taken as drawn. Whether two sets differ is asked
by drawing missions at random from both together, as many captions as the newer set has, a thousand times: a difference
that is larger, in its own standard errors, than the largest of any measure in all but a few draws is a change (the maxT
procedure of Westfall & Young, "Resampling-based multiple testing", 1993). The draws give the standard errors as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from mlcap.captions.codes import find_codes
from mlcap.captions.normalise import normalise
from mlcap.features.words import different_words
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.rounding import rounded
from mlcap.types import TaggedCaption

#: Of all comparisons together, how probable it is that one is called a change where there is none.
FALSE_ALARM = 0.05
#: How often missions are drawn.
DRAWS = 1000
#: A month of fewer captions is compared with nothing; a measure that fewer have among all is never called a change.
FEWEST = 20
#: Standard errors on each side of a 95 % interval.
_USUAL = 1.96
#: Words and missions that are listed.
_MOST_LISTED = 20


@dataclass(frozen=True)
class Seen:
    """What is measured of one caption.

    Attributes:
        month: `2014-05` by the record's date, else by the first one in the caption; "" where there is none.
        group: the mission it speaks of, "" where it speaks of none and stands for itself.
        measures: name -> a share, 0 to 1; names that it lacks are 0.
        missions: those of which it speaks.
        new_words: the words of its lead that training has not seen.
    """

    month: str
    group: str
    measures: Mapping[str, float]
    missions: tuple[str, ...] = ()
    new_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A measure of two sets of captions.

    Attributes:
        measure: its name.
        old, new: its share in both.
        low, high: the 95 % interval of `new` less `old`.
        changed: whether the two differ, all comparisons of the report taken together (`FALSE_ALARM`).
    """

    measure: str
    old: float
    new: float
    low: float
    high: float
    changed: bool


@dataclass(frozen=True)
class NewName:
    """A mission or word that is more frequent than it was.

    Attributes:
        name: the mission or word.
        old, new: how many captions have it.
    """

    name: str
    old: int
    new: int


@dataclass(frozen=True)
class Drift:
    """How newer captions differ from older ones.

    Attributes:
        old, new: how many captions there are.
        differences: of every measure that either has, of all newer captions.
        months: month -> how many newer captions it has, and the differences of its captions from all older ones; none
            where it has fewer than `FEWEST`. The month "" is that of captions without a date.
        missions: those that newer captions speak of and no older one does, the most frequent first.
        words: the same of words in leads that training has not seen.
    """

    old: int
    new: int
    differences: tuple[Difference, ...]
    months: Mapping[str, tuple[int, tuple[Difference, ...]]]
    missions: tuple[NewName, ...]
    words: tuple[NewName, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        months = {
            month: {"captions": count, "differences": [asdict(d) for d in found]}
            for month, (count, found) in self.months.items()
        }
        data: dict[str, Any] = rounded({**asdict(self), "months": months})
        return data


def seen(tagger: Tagger, records: Iterable[Record]) -> Iterator[Seen]:
    """Tag records that have captions, and measure each."""
    source = (record for record in records if record.text is not None)
    while batch := list(islice(source, BATCH)):
        read = [tagger.read(record.text or "", record.catalogue) for record in batch]
        known = tagger.artifact.scorer.layout.columns("lead")
        for record, features, tagged in zip(batch, read, tagger.tag_features(read), strict=True):
            words = different_words(features.units["lead"])
            new_words = tuple(word for word in words if word not in known and not word.startswith("_"))
            yield _seen(record, tagged, new_words, len(words))


def _seen(record: Record, tagged: TaggedCaption, new_words: tuple[str, ...], words: int) -> Seen:
    codes = find_codes(normalise(record.text or "").text, ("mission", "date"))
    missions = tuple(dict.fromkeys(code.canonical for code in codes if code.kind == "mission"))
    dates = [code.canonical for code in codes if code.kind == "date"]
    measures = {f"programme: {code.group}": 1.0 for code in codes if code.kind == "mission"}
    measures |= {f"review: {reason.kind}": 1.0 for reason in tagged.reasons}
    measures["needs review"] = float(tagged.needs_review or bool(record.doubts))
    measures["unknown words of the lead"] = len(new_words) / words if words else 0.0
    for name, facet in tagged.facets.items() if tagged.is_read else ():
        measures |= {f"{name}: {value}": 1.0 for value in facet.values}
    month = _month(record.catalogue.get("date_created", "")) or _month(dates[0] if dates else "")
    return Seen(month, missions[0] if missions else "", measures, missions, new_words)


def _month(date: str) -> str:
    """The month of a date that begins as ISO 8601 or EXIF writes it, "" for any other."""
    year, month = date[:4], date[5:7]
    sound = (year + month).isdecimal() and len(month) == 2 and date[4:5] in ("-", ":") and 1 <= int(month) <= 12
    return f"{year}-{month}" if sound and year > "1900" else ""


def drift(old: Sequence[Seen], new: Sequence[Seen]) -> Drift:
    """Compare newer captions with older ones, at least one each, as a whole and by month."""
    months: dict[str, list[Seen]] = {}
    for one in new:
        months.setdefault(one.month, []).append(one)
    sets = [new, *(found for found in months.values() if len(found) >= FEWEST)]
    compared = _compared(old, new, sets)
    by_month = {found[0].month: (len(found), rows) for found, rows in zip(sets[1:], compared[1:], strict=True)}
    few: dict[str, tuple[int, tuple[Difference, ...]]] = {month: (len(found), ()) for month, found in months.items()}
    return Drift(
        len(old),
        len(new),
        compared[0],
        dict(sorted({**few, **by_month}.items())),
        _new_names((one.missions for one in old), (one.missions for one in new)),
        _new_names((one.new_words for one in old), (one.new_words for one in new)),
    )


def _compared(old: Sequence[Seen], new: Sequence[Seen], sets: Sequence[Sequence[Seen]]) -> list[tuple[Difference, ...]]:
    """The differences of each set from the older captions, of the measures that either has."""
    names = sorted({name for one in (*old, *new) for name in one.measures})
    before = _values(old, names).mean(axis=0)
    drawn = _drawn([*old, *new], names, [len(one) for one in sets])
    # Half of the false alarms for the whole, half for all months together.
    levels = [FALSE_ALARM / 2, *[FALSE_ALARM / 2 / max(len(sets) - 1, 1)] * (len(sets) - 1)]
    common = _values([*old, *new], names).sum(axis=0) >= FEWEST
    out = []
    for captions, differences, level in zip(sets, drawn, levels, strict=True):
        now = _values(captions, names).mean(axis=0)
        errors = np.maximum(differences.std(axis=0), 1 / len(captions) / DRAWS)
        sizes = np.where(common, np.abs(differences / errors), 0).max(axis=1, initial=0)
        largest = np.quantile(sizes, 1 - level, method="higher")
        rows = []
        for index, name in enumerate(names):
            if before[index] or now[index]:
                middle, error = float(now[index] - before[index]), float(errors[index])
                low, high = max(-1.0, middle - _USUAL * error), min(1.0, middle + _USUAL * error)
                changed = common[index] and abs(middle) > largest * error
                rows.append(Difference(name, float(before[index]), float(now[index]), low, high, bool(changed)))
        out.append(tuple(rows))
    return out


def _values(captions: Sequence[Seen], names: Sequence[str]) -> np.ndarray:
    """The measures of captions: (captions, names)."""
    place = {name: index for index, name in enumerate(names)}
    values = np.zeros((len(captions), len(names)))
    for row, one in enumerate(captions):
        for name, value in one.measures.items():
            values[row, place[name]] = value
    return values


def _drawn(captions: Sequence[Seen], names: Sequence[str], sizes: Sequence[int]) -> list[np.ndarray]:
    """What the differences would be were there none: for every size (`DRAWS`, names), of so many captions less the rest.

    Whole missions are drawn, so a draw has as many captions as come nearest to the size.
    """
    _, group = np.unique([one.group or f" {n}" for n, one in enumerate(captions)], return_inverse=True)
    counts = np.bincount(group)
    sums = np.zeros((len(counts), len(names)))
    np.add.at(sums, group, _values(captions, names))
    total, all_sums = len(captions), sums.sum(axis=0)
    rng = np.random.default_rng(0)
    out = [np.zeros((DRAWS, len(names))) for _ in sizes]
    for draw in range(DRAWS):
        order = rng.permutation(len(counts))
        drawn_captions = np.cumsum(counts[order])
        for found, size in zip(out, sizes, strict=True):
            # Some captions are left on either side, whatever one mission has.
            last = min(int(np.abs(drawn_captions - size).argmin()), len(counts) - 2)
            if last >= 0:
                part, count = sums[order[: last + 1]].sum(axis=0), int(drawn_captions[last])
                found[draw] = part / count - (all_sums - part) / (total - count)
    return out


def _new_names(old: Iterable[Sequence[str]], new: Iterable[Sequence[str]]) -> tuple[NewName, ...]:
    """The names that several newer captions have and no older one, the most frequent first."""
    before = Counter(name for names in old for name in names)
    now = Counter(name for names in new for name in names)
    found = sorted((-count, name) for name, count in now.items() if count > 1 and not before[name])
    return tuple(NewName(name, 0, -count) for count, name in found[:_MOST_LISTED])
