"""Keywords as they are written for tags and people: in which fields, in whose words, and when two are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlcap.photos.metadata import Link, Metadata
from mlcap.photos.terms import Term, Terms
from mlcap.records.mojibake import as_utf8

#: A value that says nothing when it stands among keywords.
_NO_KEYWORD = "other"
#: IPTC takes keywords of so many bytes (IIM 2:25).
_LONGEST_IPTC = 64
CV_TERM = "Iptc4xmpExt:AboutCvTerm"
SUBJECT = "dc:subject"
TAGS_LIST = "digiKam:TagsList"
_HIERARCHY = "lr:hierarchicalSubject"
PEOPLE = "Iptc4xmpExt:PersonInImage"


def same(keyword: str) -> str:
    """What two keywords have in common that are one and the same: spelling but for case and outer spaces."""
    return keyword.strip().casefold()


def identity(name: str, value: str) -> str:
    """By what a value of a field is known: a controlled term by its IRI."""
    if name == CV_TERM:
        return next((part for part in value.strip("{}").split(",") if part.startswith("CvTermId=")), value)
    return same(value)


def keywords(key: tuple[str, str], terms: Terms, with_iptc: bool) -> list[Link]:
    """The keywords that a tag asks for, in the archive's words where it has some."""
    facet, value = key
    term = terms.get(key)
    if value == _NO_KEYWORD and (term is None or term.term == value):
        return []
    term = term or Term(facet, value, value)
    out = {
        SUBJECT: term.term,
        _HIERARCHY: f"{facet}|{term.term}",
        TAGS_LIST: f"{facet}/{term.term}",
    }
    if with_iptc:
        out["IPTC:Keywords"] = term.term
    if term.structure:
        out[CV_TERM] = term.structure
    return [Link(facet, value, name, keyword) for name, keyword in out.items()]


def lacking(
    wanted: Mapping[tuple[str, str], Iterable[Link]], left: Mapping[str, Sequence[str]], metadata: Metadata
) -> tuple[list[Link], list[str]]:
    """(the keywords that a file lacks, why some cannot be written)."""
    lacking: list[Link] = []
    notes = []
    there = {(name, identity(name, v)) for name, values in left.items() for v in values}
    # Text of an unknown encoding must not be marked as UTF-8; plain ASCII is the same in all.
    ascii_only = metadata.iptc and not metadata.iptc_utf8
    for link in (one for links in wanted.values() for one in links):
        place = link.field, identity(link.field, link.keyword)
        if place in there:
            continue
        if link.field == "IPTC:Keywords" and ascii_only and not link.keyword.isascii():
            notes.append(f"{link.keyword} is not written to IPTC, whose encoding is not marked")
        elif link.field == "IPTC:Keywords" and len(link.keyword.encode()) > _LONGEST_IPTC:
            notes.append(f"{link.keyword} is longer than the {_LONGEST_IPTC} bytes of an IPTC keyword")
        else:
            there.add(place)
            lacking.append(link)
    return lacking, notes


def others(values: Iterable[str], there: Iterable[str], name: str) -> list[str]:
    """Those of the values that do not stand there, each once."""
    known = {identity(name, v) for v in there}
    found: dict[str, str] = {}
    for value in values:
        if (same_as := identity(name, value)) not in known:
            found.setdefault(same_as, value)
    return list(found.values())


def with_others(
    seeded: Sequence[str],
    add: Mapping[str, Sequence[str]],
    remove: Mapping[str, Sequence[str]],
    left: Mapping[str, Sequence[str]],
    metadata: Metadata,
) -> dict[str, list[str]]:
    """The keywords of others with which a new sidecar, or a new field, starts, or that one of ours no longer stands for.

    Args:
        seeded: those with which fields start, which `left` has as well.

    Programs that know digiKam:TagsList read only that where it is there, so it has what the other fields have.
    """
    out = {SUBJECT: list(seeded)}
    there, mine, gone = left[TAGS_LIST], add.get(TAGS_LIST, ()), remove.get(TAGS_LIST, ())
    if there or mine:
        ours = {(link.field, link.keyword) for link in metadata.links or ()}
        # Wrong letters, once copied, count as right.
        fit = {name: [v.strip() for v in left[name] if (name, v) not in ours and as_utf8(v) is None] for name in left}
        paths = [v.replace("|", "/") for v in fit[_HIERARCHY]]
        flat = fit[SUBJECT]
        if there:
            free = {same(v) for v in gone}
            paths = [v for v in paths if same(v) in free]
            flat = [v for v in flat if same(v) in set(map(_last, free))]
        parts = {same(part) for path in (*paths, *there) for part in path.split("/")}
        flat = [v for v in flat if same(v) not in parts]
        out[TAGS_LIST] = [*others(paths, mine, TAGS_LIST), *others(flat, map(_last, mine), TAGS_LIST)]
    return {name: values for name, values in out.items() if values}


def _last(path: str) -> str:
    """The last level of a hierarchy."""
    return path.rpartition("/")[2]


def by_field(links: Iterable[Link]) -> dict[str, list[str]]:
    """The keywords of links, each once a field."""
    out: dict[str, list[str]] = {}
    for link in links:
        if link.keyword not in out.setdefault(link.field, []):
            out[link.field].append(link.keyword)
    return out
