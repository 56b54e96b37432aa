"""How newer captions differ from older ones: what is given for them, what sends them to review, what training has not seen.

The captions of one mission resemble each other, so what is taken as drawn are missions: the captions that one side has of
one. Whether two sets differ is asked by drawing such groups at random from both together, as many captions as the newer set
has, a thousand times: a difference that is larger, in its own standard errors, than the largest of any measure in all but a
few draws is a change (the maxT procedure of Westfall & Young, "Resampling-based multiple testing", 1993). The draws give the
standard errors as well, but none below that of captions drawn one by one (Agresti & Caffo, "Simple and effective confidence
intervals for proportions and differences of proportions", 2000), which holds for shares of 0 and 1 and for few captions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from mlcap.captions.catalogue import recorded_date
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
#: What is no larger than by rounding is not larger.
_ROUNDING = 1e-9
#: No picture of a flight is older; what is dated before has a filler for a date.
_FIRST_YEAR = 1901
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
    month = month_of(record.catalogue.get("date_created", "")) or month_of(dates[0] if dates else "")
    return Seen(month, missions[0] if missions else "", measures, missions, new_words)


def month_of(date: str) -> str:
    """The month of a record's date, however it is written; "" for none."""
    found = recorded_date(date)
    return "" if found is None or found[0] < _FIRST_YEAR else f"{found[0]:04d}-{found[1]:02d}"


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
    before = _values(old, names)
    drawn = _drawn(old, new, names, [len(one) for one in sets])
    # Half of the false alarms for the whole, half for all months together.
    levels = [FALSE_ALARM / 2, *[FALSE_ALARM / 2 / max(len(sets) - 1, 1)] * (len(sets) - 1)]
    common = _values([*old, *new], names).sum(axis=0) >= FEWEST
    out = []
    for captions, differences, level in zip(sets, drawn, levels, strict=True):
        now = _values(captions, names)
        middles, one_by_one = _one_by_one(before, now)
        errors = np.maximum(differences.std(axis=0), one_by_one)
        sizes = np.where(common, np.abs(differences / errors), 0).max(axis=1, initial=0)
        largest = np.quantile(sizes, 1 - level, method="higher") * (1 + _ROUNDING)
        shares = np.stack((before.mean(axis=0), now.mean(axis=0)), axis=1)
        rows = []
        for name, (was, is_now), middle, error, counted in zip(names, shares, middles, errors, common, strict=True):
            if was or is_now:
                # The share that was seen lies within, where the corrected one lies far from it.
                low = max(-1.0, min(middle - _USUAL * error, is_now - was))
                high = min(1.0, max(middle + _USUAL * error, is_now - was))
                changed = counted and abs(is_now - was) > largest * error
                rows.append(Difference(name, float(was), float(is_now), float(low), float(high), bool(changed)))
        out.append(tuple(rows))
    return out


def _one_by_one(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The differences of shares, (names,), and their standard errors, were captions drawn one by one.

    Each side counts one caption more that has a measure and one more that has it not (Agresti & Caffo, 2000).
    """
    old, new = ((side.sum(axis=0) + 1) / (len(side) + 2) for side in (before, now))
    return new - old, np.sqrt(old * (1 - old) / (len(before) + 2) + new * (1 - new) / (len(now) + 2))


def _values(captions: Sequence[Seen], names: Sequence[str]) -> np.ndarray:
    """The measures of captions: (captions, names)."""
    place = {name: index for index, name in enumerate(names)}
    values = np.zeros((len(captions), len(names)))
    for row, one in enumerate(captions):
        for name, value in one.measures.items():
            values[row, place[name]] = value
    return values


def _drawn(old: Sequence[Seen], new: Sequence[Seen], names: Sequence[str], sizes: Sequence[int]) -> list[np.ndarray]:
    """What the differences would be were there none: for every size (`DRAWS`, names), of so many captions less the rest.

    What one side has of a mission is drawn whole, so a draw has as many captions as come nearest to the size. Captions of a
    mission that both sides have are two groups: drawn together they would always be on one side, where they never were.
    """
    captions = [*old, *new]
    sides = ["old"] * len(old) + ["new"] * len(new)
    names_of = [f"{side} {one.group or f'#{n}'}" for n, (side, one) in enumerate(zip(sides, captions, strict=True))]
    _, group = np.unique(names_of, return_inverse=True)
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
