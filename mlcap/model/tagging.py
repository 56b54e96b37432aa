"""Tagging captions with a model version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat, zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlcap.errors import InputError
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.labels.own_names import lexicon_posts
from mlcap.lexicon import word_list
from mlcap.model.load import Artifact
from mlcap.model.manifest import own_promise
from mlcap.model.promise import Promise, promise_of, rule_for
from mlcap.model.review import decide, find_oddities
from mlcap.records.names import given_fields
from mlcap.records.types import FieldChoice
from mlcap.taxonomy import extra_words
from mlcap.text import no_caption, no_captions
from mlcap.types import Facet, NamedPerson, TaggedCaption

if TYPE_CHECKING:
    import pyarrow as pa

#: Captions scored together; bounds the memory, not the result.
BATCH = 64
#: The bibliographic fields of a record, as `mlcap.records.names.catalogue_fields` gives them.
CatalogueFields = Mapping[str, str]
_NONE: CatalogueFields = MappingProxyType({})

#: Stands where one of two lists has ended.
_END: Any = object()


def _paired(texts: Iterable[str], catalogues: Iterable[CatalogueFields]) -> Iterator[tuple[str, CatalogueFields]]:
    for text, catalogue in zip_longest(texts, catalogues, fillvalue=_END):
        if text is _END or catalogue is _END:
            raise InputError("captions and the fields beside them must be equally many")
        yield text, catalogue


class Tagger:
    """Tags captions.

    Args:
        artifact: a loaded model version.
        version: its identity, for the records.
        text_only: whether to pass over what records hold beside their captions.
        target: the share of automatic captions that are to be right on desks not seen (`mlcap.model.promise`); None
            for what the version was made for.

    Raises:
        InputError: the version keeps no such target.

    Example:
        >>> tagger = mlcap.load()
        >>> [tagged.event for tagged in tagger.stream(iter(["A rocket stands on the launch pad before dawn."]))]
        ['launch']
    """

    def __init__(self, artifact: Artifact, version: str, text_only: bool = False, target: float | None = None) -> None:
        self.artifact = artifact
        self.version = version
        self.text_only = text_only
        self.target = target
        self.review = artifact.manifest.review if target is None else rule_for(artifact.manifest.promises, target)
        self._words = extra_words(artifact.facets)
        self._values = frozenset(name for facet in artifact.facets for name in facet.names)

    @property
    def promise(self) -> Promise | None:
        """What the thresholds that are applied keep on desks left out of training; None where nothing is promised."""
        manifest = self.artifact.manifest
        if self.target is not None:
            return promise_of(manifest.promises, self.target)
        return own_promise(manifest.provenance.training, manifest.promises)

    @property
    def facets(self) -> tuple[Facet, ...]:
        """The facets that the model tags."""
        return self.artifact.facets

    def tag(self, texts: Iterable[str], catalogues: Iterable[CatalogueFields] | None = None) -> list[TaggedCaption]:
        """Tag captions, in order.

        Args:
            texts: the captions.
            catalogues: of each the bibliographic fields of its record: any of `nasa_id`, `title`, `keywords`,
                `date_created`, `center`, `location` and `photographer`, with texts, of which an empty cell of a data
                frame is none; None for captions alone.

        Raises:
            InputError: a caption is no text, or the two are not equally many.

        Example:
            `mlcap.load().tag(["Crew members wave from the steps."])[0].event`
        """
        return list(self.stream(texts, catalogues))

    def stream(
        self, texts: Iterable[str], catalogues: Iterable[CatalogueFields] | None = None
    ) -> Iterator[TaggedCaption]:
        """Tag captions one after another, reading no further ahead than one batch; arguments as for `tag`."""
        if fault := no_captions(texts):
            raise InputError(f"{fault}; for one caption use tag_one()" if isinstance(texts, str) else fault)
        numbered = enumerate(zip(texts, repeat(_NONE)) if catalogues is None else _paired(texts, catalogues))
        while batch := list(islice(numbered, BATCH)):
            yield from self.tag_features([self._read(text, catalogue, place) for place, (text, catalogue) in batch])

    def tag_one(self, text: str, catalogue: CatalogueFields = _NONE) -> TaggedCaption:
        """Tag one caption; arguments as for `tag`.

        Raises:
            InputError: it is no text.

        """
        return self.tag_features([self._read(text, catalogue)])[0]

    def read(self, text: str, catalogue: CatalogueFields = _NONE) -> CaptionFeatures:
        """Read one caption for `tag_features`; arguments as for `tag`.

        Raises:
            InputError: it is no text.
        """
        return self._read(text, catalogue)

    def _read(self, text: str, catalogue: CatalogueFields, place: int | None = None) -> CaptionFeatures:
        if not isinstance(text, str):
            raise InputError(no_caption(text, place))
        return extract(text, self._words, _NONE if self.text_only else given_fields(catalogue, place))

    def tag_arrow(
        self,
        batch: pa.RecordBatch | pa.Table,
        text: str | Sequence[str] = (),
        id: str | None = None,  # noqa: A002 (as the option is called)
    ) -> pa.Table:
        """Tag the captions of an Arrow batch or table, a row each; needs the extra `parquet`.

        Args:
            batch: the records; what they hold beside their captions is read as `mlcap tag` reads it.
            text: the column with the caption, or several in order of preference; none to find it by its usual names.
            id: the column that names a record; None to find it by its usual names.

        Returns:
            As many rows, in order, of `mlcap.model.arrow_schema.arrow_schema`: a record that cannot be read has `error` alone.

        Raises:
            InputError: `batch` is none of Arrow, a column that was asked for is not there, none holds captions, or pyarrow
                is missing.

        Example:
            >>> import pyarrow
            >>> batch = pyarrow.RecordBatch.from_pydict({"Description": ["A crane lifts the capsule.", None]})
            >>> tags = mlcap.load().tag_arrow(batch, "Description")
            >>> tags["event"].to_pylist(), tags["error"][1].as_py()
            (['other', None], 'the caption is empty (Description)')
        """
        from mlcap.model.arrow import tag_columns
        from mlcap.model.arrow_schema import load_pyarrow

        pa = load_pyarrow()
        if not isinstance(batch, pa.RecordBatch | pa.Table):
            raise InputError(
                f"{type(batch).__name__} is no batch or table of Arrow; mlcap.frames.tag takes data frames, `tag` a list of texts"
            )
        choice = FieldChoice((text,) if isinstance(text, str) else tuple(text), id)
        return tag_columns(self, batch.schema.names, batch.columns, choice)

    def tag_features(self, features: Sequence[CaptionFeatures]) -> list[TaggedCaption]:
        """Tag captions that were read already."""
        scorer = self.artifact.scorer
        scored = scorer.score(features)
        oddities = find_oddities(scorer, features, scored)
        decided = decide(self.review, scorer.weights, scorer.probabilities(scored), oddities, self.version)
        return [
            replace(tagged, people=tuple(p for p in self.people(one, tagged) if p.shown)) if tagged.is_read else tagged
            for tagged, one in zip(decided, features, strict=True)
        ]

    def people(self, one: CaptionFeatures, tagged: TaggedCaption) -> tuple[NamedPerson, ...]:
        """Everybody named in a caption, and every group, with the probability of being in the picture.

        Of the posts that reading finds, those that are values of the version's facets. Who is shown was learned with the
        posts of the lexicon; nobody who is told of by others alone is more probably shown than the tags say of these.

        Args:
            tagged: the tags of the caption.
        """
        probable = {name: p for facet in tagged.facets.values() for name, p in facet.probabilities.items()}
        known = lexicon_posts()
        out = []
        for person in self._without_posts(one.people):
            posts = tuple(post for post in person.posts if post in self._values)
            confidence = person.confidence
            if posts and known.isdisjoint(person.posts):
                likely = max(probable[post] for post in posts)
                confidence = likely if person.name is None else min(confidence, likely)
            out.append(replace(person, posts=posts, confidence=confidence))
        return tuple(out)

    def _without_posts(self, people: Sequence[NamedPerson]) -> Sequence[NamedPerson]:
        """Part names from words of the taxonomy before them: `Welder Jan Roe`, which begins a sentence, is the welder Jan Roe.

        Reading knows the posts of the lexicon alone, and takes others for a part of the name, and for a group beside it.
        """
        parted = {place: length for place, one in enumerate(people) if (length := self._post_before(one.name or ""))}
        joined: set[int] = set()
        out = list(people)
        for place, length in parted.items():
            one = people[place]
            name = one.name or ""
            out[place] = replace(one, name=name[length:])
            if one.end - one.start != len(name):
                continue  # It stands first in another form.
            begin = one.start + length
            groups = [n for n, g in enumerate(people) if g.name is None and one.start <= g.start and g.end < begin]
            posts = dict.fromkeys(post for n in (*groups, place) for post in people[n].posts)
            out[place] = replace(out[place], posts=tuple(posts), start=begin)
            joined.update(groups)
        return [one for place, one in enumerate(out) if place not in joined]

    def _post_before(self, name: str) -> int:
        """How many letters of a name are words of the taxonomy before it; somebody's given name is none of these."""
        first = name.partition(" ")[0]
        if first.lower() in word_list("given names"):
            return 0
        found = (pattern.match(name) for pattern in self._words.values())
        return max((m.end() + 1 for m in found if m and name[m.end() : m.end() + 1] == " "), default=0)
