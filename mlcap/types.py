"""What passes between the parts of mlcap: facets, labelled captions and tagged captions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from mlcap.errors import TaxonomyError
from mlcap.rounding import rounded

#: No smaller share of right automatic tags can be asked for.
LEAST_TARGET = 0.5
#: The fields of a record that may hold its caption, in the order in which they are looked for.
TEXT_FIELDS = ("text", "caption", "description")

#: The value of a single-valued facet, or the values of a multi-valued one in taxonomy order.
FacetValue = str | tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """One value of a facet.

    Attributes:
        name: its name in records ("fit-check").
        definition: what it stands for.
        thesaurus: its term of the NASA Thesaurus, "" where there is none.
        words: further phrases that mention it.
        iri: its IRI, "" where the taxonomy names none; `Facet.iri` then makes one.
        exact_match, close_match: IRIs of terms of other vocabularies that mean the same or nearly the same, as
            SKOS has it (Miles & Bechhofer, "SKOS reference", W3C 2009).

    Example:
        >>> launch = mlcap.load().facets[0].values[0]
        >>> launch.name, launch.thesaurus
        ('launch', 'SPACECRAFT LAUNCHING')
    """

    name: str
    definition: str
    thesaurus: str = ""
    words: tuple[str, ...] = ()
    iri: str = ""
    exact_match: tuple[str, ...] = ()
    close_match: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facet:
    """One axis of tags.

    Attributes:
        name: its name in records ("event").
        multiple: whether a caption takes any number of its values (else exactly one).
        definition: what the facet is about.
        values: its values, in the order of the taxonomy.

    Example:
        >>> event, crew_role = mlcap.load().facets
        >>> event.names[:3], event.multiple, crew_role.multiple
        (('launch', 'landing', 'fit-check'), False, True)
        >>> event.iri("launch")
        'urn:mlcap:event:launch'
    """

    name: str
    multiple: bool
    definition: str
    values: tuple[Value, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the values, in order."""
        return tuple(v.name for v in self.values)

    @cached_property
    def iris(self) -> Mapping[str, str]:
        """The IRIs of the values by their names, in order."""
        return {v.name: v.iri or default_iri(self.name, v.name) for v in self.values}

    def iri(self, name: str) -> str:
        """The IRI of a value: the one that the taxonomy names, else `urn:mlcap:FACET:VALUE`.

        Raises:
            KeyError: the facet has no such value.
        """
        return self.iris[name]


def default_iri(facet: str, value: str) -> str:
    """The IRI of a value for which the taxonomy names none."""
    return f"urn:mlcap:{facet}:{value}"


@dataclass(frozen=True)
class LabelledCaption:
    """A caption with the labels that people gave it.

    Attributes:
        id: the record's identifier.
        text: the caption.
        labels: facet name -> value(s); a facet without a label is missing.
        mission: the group that stays on one side of every split.
        source: `composed`, `library` or `own`.
        slices: further fields for reports (stratum, era, style, sample).
        catalogue: the bibliographic fields of its record.
    """

    id: str
    text: str
    labels: Mapping[str, FacetValue]
    mission: str
    source: str
    slices: Mapping[str, str] = field(default_factory=dict)
    catalogue: Mapping[str, str] = field(default_factory=dict)


class ReasonKind(StrEnum):
    """What sends a caption to review.

    Example:
        >>> reason = mlcap.load().tag_one("A crane.").reasons[0]
        >>> reason.kind is mlcap.ReasonKind.TOO_SHORT, reason.kind.of_caption
        (True, True)
    """

    CONTRADICTION = "contradiction"
    UNSEEN_PROGRAMME = "unseen programme"
    NOT_READ = "a language that is not read"
    NO_WORDS = "no words"
    UNLIKE_TRAINING = "unlike the training captions"
    TOO_SHORT = "too short"
    BELOW_THRESHOLD = "below the threshold"
    OTHER_WITHOUT_BACKGROUND = "another value without the background"
    OTHER_WITHOUT_RECORD = "another value without the record"
    UNLIKELY_ID = "an image id that the text does not fit"
    WHOLE_UNCERTAIN = "not every tag is sure"

    @property
    def of_caption(self) -> bool:
        """Whether the caption itself is one for a person, however sure its tags are."""
        return self in _OF_CAPTION


_OF_CAPTION = frozenset(
    (
        ReasonKind.CONTRADICTION,
        ReasonKind.UNSEEN_PROGRAMME,
        ReasonKind.NO_WORDS,
        ReasonKind.UNLIKE_TRAINING,
        ReasonKind.TOO_SHORT,
        ReasonKind.UNLIKELY_ID,
        ReasonKind.NOT_READ,
    )
)


@dataclass(frozen=True)
class ReviewReason:
    """Why a person should look at a caption's tags; `mlcap.model.reasons` finds the words.

    Attributes:
        kind: what it is.
        about: the facet that is uncertain, the programme that training has not seen, or the language that is not
            read; "" for the caption as a whole.
        words: for a person.

    Example:
        >>> mlcap.load().tag_one("A crane.").reasons[0].words
        'too short to be sure: 2 known words in the lead'
    """

    kind: ReasonKind
    about: str
    words: str


@dataclass(frozen=True)
class TaggedFacet:
    """What a model version gives for one facet of a caption.

    Attributes:
        multiple: whether a caption takes any number of the facet's values (else exactly one).
        values: those given, in the order of the taxonomy; exactly one for a single-valued facet.
        probabilities: of every value of the facet, strictly between 0 and 1; those of a single-valued one add up to about 1.

    Example:
        >>> event = mlcap.load().tag_one("A crane lifts the capsule onto the recovery ship.").facets["event"]
        >>> event.value, event.values
        ('landing', ('landing',))
        >>> event.probability == event.probabilities["landing"] > 0.5
        True
    """

    multiple: bool
    values: tuple[str, ...]
    probabilities: Mapping[str, float]

    @property
    def value(self) -> str:
        """The value of a single-valued facet.

        Raises:
            ValueError: the facet is multi-valued.
        """
        if self.multiple:
            raise ValueError("a multi-valued facet has no one value; ask for its values")
        return self.values[0]

    @property
    def probability(self) -> float:
        """The probability of the value of a single-valued facet.

        Raises:
            ValueError: the facet is multi-valued.
        """
        return self.probabilities[self.value]


@dataclass(frozen=True)
class NamedPerson:
    """A person named in a caption, or a group told of by its post alone.

    Attributes:
        name: the name as the caption writes it where it is longest; None for a group without one.
        posts: the values that are said of the person or group, each once, in the order of the caption.
        start, end: where the name, or for a group its post, stands first: a half-open span of the caption as given.
        confidence: the probability that the person or group is in the picture, 0 to 1.

    Example:
        >>> [(p.name, p.posts) for p in mlcap.load().tag_one("Pilot Jan Roe tries his seat liner in the capsule.").people]
        [('Jan Roe', ('pilot',))]
    """

    name: str | None
    posts: tuple[str, ...]
    start: int
    end: int
    confidence: float

    @property
    def shown(self) -> bool:
        """Whether the person or group is more probably in the picture than not."""
        return self.confidence > 0.5

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "name": self.name,
            "posts": list(self.posts),
            "start": self.start,
            "end": self.end,
            "confidence": rounded(self.confidence),
        }


@dataclass(frozen=True)
class TaggedCaption:
    """A caption with the tags that a model version gave it.

    Attributes:
        facets: facet name -> what is given for it.
        reasons: why a person should look before the tags are used; empty where that is not needed.
        model: the identity of the model version that gave the tags.
        people: those who are probably in the picture, in the order of the caption.

    Of a caption in a language that mlcap does not read (`is_read`), `event` is None and `crew_role` is empty, as in a
    record, and `reasons` says which language it is. `facets` and `tags` hold what the model gives all the same, and mean
    nothing.

    Example:
        >>> tagged = mlcap.load().tag_one("Pilot Jan Roe tries his seat liner in the capsule.")
        >>> tagged.event, tagged.crew_role
        ('fit-check', ('pilot',))
        >>> {name: facet.values for name, facet in tagged.facets.items()}
        {'event': ('fit-check',), 'crew_role': ('pilot',)}
    """

    facets: Mapping[str, TaggedFacet]
    reasons: tuple[ReviewReason, ...]
    model: str
    people: tuple[NamedPerson, ...] = ()

    @cached_property
    def tags(self) -> Mapping[str, FacetValue]:
        """Facet name -> value, or the values of a multi-valued facet, in the form that labels have."""
        return {name: facet.values if facet.multiple else facet.value for name, facet in self.facets.items()}

    @property
    def needs_review(self) -> bool:
        """Whether a person should look before the tags are used."""
        return bool(self.reasons)

    @property
    def is_read(self) -> bool:
        """Whether the caption is in a language that mlcap reads; of another one, what is given means nothing."""
        return not any(reason.kind is ReasonKind.NOT_READ for reason in self.reasons)

    @property
    def review_reasons(self) -> tuple[str, ...]:
        """The reasons in words, as records give them."""
        return tuple(reason.words for reason in self.reasons)

    @property
    def event(self) -> str | None:
        """The event shown, None of a caption in a language that mlcap does not read.

        Raises:
            TaxonomyError: the model has no facet of this name.

        Example:
            >>> tagged = mlcap.load().tag_one("La nave despega de la plataforma y las familias saludan desde lejos.")
            >>> tagged.event, tagged.review_reasons
            (None, ('...',))
        """
        facet = self._facet("event")
        return facet.value if self.is_read else None

    @property
    def crew_role(self) -> tuple[str, ...]:
        """The crew roles of the people shown, () for none and for a caption in a language that mlcap does not read.

        Raises:
            TaxonomyError: the model has no facet of this name.
        """
        facet = self._facet("crew_role")
        return facet.values if self.is_read else ()

    def _facet(self, name: str) -> TaggedFacet:
        if name not in self.facets:
            known = ", ".join(self.facets)
            raise TaxonomyError(f"the model version has no facet {name}; it has {known}: take them from `facets`")
        return self.facets[name]

    def as_record(self) -> dict[str, Any]:
        """The fields of an output record, ready for JSON: lists for multi-valued facets, `_confidence` beside each."""
        record: dict[str, Any] = {}
        for name, facet in self.facets.items():
            if not self.is_read:
                record[name] = [] if facet.multiple else None
                record[f"{name}_confidence"] = {} if facet.multiple else None
                continue
            record[name] = list(facet.values) if facet.multiple else facet.value
            record[f"{name}_confidence"] = dict(facet.probabilities) if facet.multiple else facet.probability
        record["people"] = [person.as_data() for person in self.people]
        record["needs_review"] = self.needs_review
        record["review_reasons"] = list(self.review_reasons)
        record["model"] = self.model
        return record
