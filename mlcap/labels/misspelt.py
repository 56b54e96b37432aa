"""Fields of labelled captions that are no facet and nearly one: a label under a misspelt name is no label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from mlcap.records.names import folded
from mlcap.records.types import Record
from mlcap.types import Facet

#: How alike two names are that are taken for one (`difflib.SequenceMatcher.ratio`): `crew_roles` and `crew_role` 0.94,
#: `permission` and `mission` 0.82.
_ALIKE = 0.84
#: Records of one file have few different sets of fields; no more are looked at.
_MOST_LAYOUTS = 1000
#: The field that names the group of a caption.
_MISSION = "mission"


def told_of_misspelt(
    records: Iterable[Record], facets: Sequence[Facet], path: Path, warn: Callable[[str], object]
) -> Iterator[Record]:
    """Pass records on, and say once of each field that is nearly called as a facet or the mission that it is not read.

    A field is passed over in silence where the one that it resembles is there.
    """
    wanted = {folded(name): name for name in (*(f.name for f in facets), _MISSION)}
    looked_at: set[tuple[str, ...]] = set()
    told: set[str] = set()
    for record in records:
        names = tuple(record.fields)
        if names not in looked_at and len(looked_at) < _MOST_LAYOUTS:
            looked_at.add(names)
            for name, meant in _misspelt(names, wanted):
                if name not in told:
                    told.add(name)
                    warn(f"{path}: the field {name!r} is not read; is {meant} meant?")
        yield record


def _misspelt(names: Sequence[str], wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names that resemble a wanted one that is not among them, each with that one.

    Args:
        wanted: names as they are compared -> as they are written.
    """
    own = {folded(name) for name in names}
    lacking = [name for name in wanted if name not in own]
    for name in names:
        if folded(name) not in wanted and (near := get_close_matches(folded(name), lacking, 1, _ALIKE)):
            yield name, wanted[near[0]]
