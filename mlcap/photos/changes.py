"""What tags ask of one file, given what stands in it: the same rules for a plan, for applying it, and for undoing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlcap.photos.keywords import PEOPLE, SUBJECT, by_field, identity, keywords, lacking, others, with_others
from mlcap.photos.metadata import FIELDS, MACHINE, REJECTED, Link, Metadata, WrittenTag
from mlcap.photos.terms import Terms

_Keys = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class PlannedTag:
    """One tag to be written.

    Attributes:
        facet, value: what it says.
        score: its probability as it is written, "" where no version gave one.
        status: `machine`, or what a person decided about it elsewhere: `confirmed` or `rejected`.
        model: the version that gave it; "" for that of the plan, or for none where a person gave it.
        reconsidered: whether the contrary was decided before, so that it goes where it stands.
    """

    facet: str
    value: str
    score: str
    status: str = MACHINE
    model: str = ""
    reconsidered: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What it says: (facet, value)."""
        return self.facet, self.value

    def written(self, model: str, run: str) -> WrittenTag:
        """Its structure, as a run of a plan of a model version writes it."""
        given = model if self.status == MACHINE else self.model
        return WrittenTag(self.facet, self.value, self.score, given, run, self.status)


@dataclass(frozen=True)
class Wish:
    """What a plan asks for one file.

    Attributes:
        tags: the tags to write; () where none are, as their caption needs review.
        facets: facet that was tagged -> whether it takes several values. What stands there of these and is not among
            the tags is out of date.
        people: names of the people shown.
        model: the model version.
        run: the run.
        terms: the archive's words for values.
        with_iptc: whether the file takes IPTC beside XMP.
    """

    tags: tuple[PlannedTag, ...]
    facets: Mapping[str, bool]
    people: tuple[str, ...]
    model: str
    run: str
    terms: Terms
    with_iptc: bool


@dataclass(frozen=True)
class Change:
    """How one file changes.

    Attributes:
        add: field -> values that come.
        remove: field -> values that go, each written for a tag that goes or was rejected.
        new: structures of tags that come.
        gone: structures that go.
        new_links: which of the keywords that come belong to which tag.
        gone_links: links that go.
        notes: why something that was asked for is not done, for a person.
    """

    add: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remove: Mapping[str, Sequence[str]] = field(default_factory=dict)
    new: tuple[WrittenTag, ...] = ()
    gone: tuple[WrittenTag, ...] = ()
    new_links: tuple[Link, ...] = ()
    gone_links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(any(self.add.values()) or any(self.remove.values()) or self.new or self.gone)


def change_for(wish: Wish, metadata: Metadata, seeds: Sequence[str] = ()) -> Change:
    """Find what a file lacks of a wish, and what of mlcap's own in it is out of date or rejected.

    Args:
        seeds: the photograph's own keywords, where the fields start with them.
    """
    kept, notes = _allowed(wish, metadata)
    new, gone = _structures(wish, kept, metadata)
    there = [o for o in (*metadata.own, *new) if o not in gone]
    staying = frozenset(o.key for o in there if o.status != REJECTED)
    leaving = frozenset(o.key for o in (*gone, *there)) - staying
    wanted = {t.key: keywords(t.key, wish.terms, wish.with_iptc) for t in kept if t.status != REJECTED}
    known = links_in(metadata, leaving | {o.key for o in metadata.own})
    stale = [one for one in known if one.key in leaving or (one.key in wanted and one not in wanted[one.key])]
    removal = taken_away(stale, staying, metadata, wish.terms)
    left = {name: [v for v in metadata.values(name) if v not in removal.remove.get(name, ())] for name in FIELDS}
    # A keyword with which the fields start keeps its spelling, and stays whatever becomes of a tag that says the same.
    seeded = others(seeds, left[SUBJECT], SUBJECT)
    left[SUBJECT] = [*left[SUBJECT], *seeded]
    lacks, more = lacking(wanted, left, metadata)
    add = by_field(lacks)
    if wish.people and (names := others(wish.people, left[PEOPLE], PEOPLE)):
        add[PEOPLE] = names
    remove = dict(removal.remove)
    for name, values in with_others(seeded, add, remove, left, metadata).items():
        going = remove.pop(name, [])
        add[name] = [*(v for v in values if v not in going), *add.get(name, [])]
        # What a keyword of others asks for as well stays.
        if gone_for_all := [v for v in going if v not in values]:
            remove[name] = gone_for_all
    links = [*removal.new_links, *lacks]
    if metadata.links is None:
        # From now on the file says which keywords are mlcap's, so those of an earlier mlcap that stay are said too.
        holds = {name: (*metadata.values(name), *add.get(name, ())) for name in FIELDS}
        links += [one for one in known if one not in stale and one.keyword in holds[one.field]]
    return Change(add, remove, new, gone, tuple(dict.fromkeys(links)), removal.gone_links, (*notes, *more))


def _allowed(wish: Wish, metadata: Metadata) -> tuple[list[PlannedTag], list[str]]:
    """(the tags that nobody has decided against, why the others are not written)."""
    kept, notes = [], []
    for tag in wish.tags:
        against = [] if tag.reconsidered else _decided_against(wish, tag, metadata)
        if not against:
            kept.append(tag)
        elif tag.status == REJECTED:
            notes.append(f"{tag.facet} {tag.value} was confirmed there, so it is not rejected")
        elif against[0].status == REJECTED:
            notes.append(f"{tag.facet} {tag.value} was rejected")
        else:
            notes.append(f"{tag.facet} {against[0].value} was confirmed, so {tag.value} is not written")
    return kept, notes


def _is_settled(tag: WrittenTag) -> bool:
    """Whether a person took a tag for right, in whatever word."""
    return tag.status not in (MACHINE, REJECTED)


def _decided_against(wish: Wish, tag: PlannedTag, metadata: Metadata) -> list[WrittenTag]:
    """The structures by which a person decided otherwise than a tag says, those of the tag itself first."""
    same = [o for o in metadata.own if o.key == tag.key]
    if tag.status == REJECTED:
        return [o for o in same if _is_settled(o)]
    single = not wish.facets.get(tag.facet, True)
    others = [o for o in metadata.own if single and o.facet == tag.facet and o.key != tag.key and _is_settled(o)]
    return [o for o in same if o.status == REJECTED] + others


def _structures(
    wish: Wish, kept: Iterable[PlannedTag], metadata: Metadata
) -> tuple[tuple[WrittenTag, ...], tuple[WrittenTag, ...]]:
    """(structures that come, structures that go): a machine's tag follows the latest tagging, a person's stays."""
    ours = [o for o in metadata.own if o.status == MACHINE and o.facet in wish.facets]
    new: list[WrittenTag] = []
    staying: list[WrittenTag] = []
    against: list[WrittenTag] = []
    for tag in kept:
        there = [o for o in ours if o.key == tag.key]
        current = [o for o in there if (o.model, o.score) == (wish.model, tag.score)]
        against += _decided_against(wish, tag, metadata)
        if tag.status == REJECTED:
            decided = any(o.key == tag.key and o.status == REJECTED for o in metadata.own)
        else:
            decided = any(o.key == tag.key and _is_settled(o) for o in metadata.own)
        if decided:
            continue
        if current and tag.status == MACHINE:
            staying.append(current[0])
        else:
            new.append(tag.written(wish.model, wish.run))
    gone = [o for o in metadata.own if (o in ours and o not in staying) or o in against]
    return tuple(new), tuple(gone)


def links_in(metadata: Metadata, keys: Iterable[tuple[str, str]]) -> list[Link]:
    """The links of a file; where it has none, being written by an earlier mlcap, those of tags that stand as it wrote them."""
    if metadata.links is not None:
        return list(metadata.links)
    own = [key for key in sorted(keys) if "|".join(key) in metadata.values("lr:hierarchicalSubject")]
    return [link for key in own for link in keywords(key, {}, with_iptc=True)]


def taken_away(stale: Iterable[Link], staying: _Keys, metadata: Metadata, terms: Terms) -> Change:
    """Take away links with their keywords, except a keyword that a tag which stays asks for as well: that one gets it."""
    heirs = {
        (link.field, identity(link.field, link.keyword)): link
        for key in sorted(staying)
        for link in keywords(key, terms, with_iptc=True)
    }
    stale = list(stale)
    heirs |= {
        (link.field, identity(link.field, link.keyword)): link
        for link in metadata.links or ()
        if link.key in staying and link not in stale
    }
    remove: list[Link] = []
    inherited: list[Link] = []
    for link in stale:
        if link.keyword in metadata.values(link.field):
            heir = heirs.get((link.field, identity(link.field, link.keyword)))
            if heir is None:
                remove.append(link)
            elif heir not in (metadata.links or ()):
                inherited.append(heir._replace(keyword=link.keyword))
    # Those of an earlier mlcap as well, so that undoing brings their keywords back.
    said = (
        [one for one in stale if one.keyword in metadata.values(one.field)]
        if metadata.links is None
        else metadata.links
    )
    gone = tuple(link for link in stale if link in said)
    return Change(remove=by_field(remove), new_links=tuple(inherited), gone_links=gone)


def after(metadata: Metadata, change: Change) -> Metadata:
    """The metadata of a file when a change is made."""
    fields = {
        name: (
            *(v for v in metadata.values(name) if v not in change.remove.get(name, ())),
            *change.add.get(name, ()),
        )
        for name in FIELDS
    }
    own = (*(o for o in metadata.own if o not in change.gone), *change.new)
    links = (*(link for link in metadata.links or () if link not in change.gone_links), *change.new_links)
    return replace(metadata, fields=fields, own=own, links=links)
