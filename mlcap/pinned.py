"""A model version pinned by its identity: what a plan sends to processes that tag, each of which loads it once.

A plan is made in one process and carried out in others, perhaps hours later. Whatever becomes current meanwhile, all
of them tag with the version that was meant, or say that they cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from mlcap import __version__
from mlcap.collecting import seldom_collected
from mlcap.errors import ArtifactError, InputError, RegistryError
from mlcap.model.arrow import checked_finder, tag_columns, tag_records
from mlcap.model.arrow_schema import arrow_schema, load_pyarrow
from mlcap.model.location import find_models, shipped_models
from mlcap.model.opening import open_tagger
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.records.writing import bearing_our_names
from mlcap.types import LEAST_TARGET, Facet

if TYPE_CHECKING:
    import pyarrow as pa

#: Versions that a process keeps; a plan has one.
_MOST_KEPT = 4
_kept: dict[tuple[object, ...], Tagger] = {}
#: One thread loads and tags at a time: Python runs one at a time anyway, and a second would only take memory.
_lock = Lock()


@dataclass(frozen=True)
class Pinned:
    """A model version, and how captions are read for it; a few kilobytes when it is pickled.

    Attributes:
        folder: the registry's, absolute, as all processes see it; None for the one that comes with mlcap.
        identity: of the version.
        digest: SHA-256 of its manifest.
        facets: those that it tags.
        mlcap: the version of mlcap.
        text_only: whether captions alone are read.
        target: see `Tagger`.
        choice: the columns with captions and ids.
        prefix: stands before the names of the columns that tags get.
    """

    folder: str | None
    identity: str
    digest: str
    facets: tuple[Facet, ...]
    mlcap: str
    text_only: bool = False
    target: float | None = None
    choice: FieldChoice = ANY_FIELD
    prefix: str = ""

    def tagger(self) -> Tagger:
        """The tagger of this process, loaded when it is first asked for.

        Raises:
            RegistryError, ArtifactError: the version is not here, or not the same; or mlcap is another one.
        """
        if self.mlcap != __version__:
            raise ArtifactError(f"the plan was made by mlcap {self.mlcap}, here is {__version__}; install the same one")
        found = _loaded(self.folder, self.identity, self.text_only, self.target)
        if found.artifact.manifest.digest != self.digest:
            raise ArtifactError(f"version {self.identity} is not the one for which the plan was made")
        return found

    @property
    def schema(self) -> pa.Schema:
        """The columns that tags get."""
        schema = arrow_schema(self.facets)
        for index, field in enumerate(schema):
            schema = schema.set(index, field.with_name(self.prefix + field.name))
        return schema

    def check_captions(self, names: Sequence[str]) -> None:
        """Check that captions will be found in columns of these names.

        Raises:
            InputError: one that was asked for is not there, or none holds captions.
        """
        checked_finder(names, self.choice)

    def check(self, names: Sequence[str]) -> None:
        """Check the columns of what is to be tagged, before any of it is.

        Raises:
            InputError: as `check_captions`, or one has a name that tags get.
        """
        self.check_captions(names)
        # Databases know no capitals in names, and readers of labels take `Event` for `event`.
        ours = {name.casefold() for name in self.schema.names}
        labels = () if self.prefix else bearing_our_names(names, self.facets)
        taken = [name for name in names if name.casefold() in ours or name in labels]
        if taken:
            raise InputError(
                f"the table has columns of the names that tags get ({', '.join(taken)}); rename or drop them, or give a prefix"
            )

    def tags(self, names: Sequence[str], columns: Sequence[Any], before: int = 0) -> pa.Table:
        """The tags of some columns, a row each, in order; the arguments are those of `row_records`."""
        with _lock, seldom_collected():
            found = tag_columns(self.tagger(), names, columns, self.choice, before)
        return self._named(found)

    def tags_of_records(self, records: Iterable[Record]) -> pa.Table:
        """The same of records."""
        with _lock, seldom_collected():
            return self._named(tag_records(self.tagger(), records))

    def _named(self, tags: pa.Table) -> pa.Table:
        return load_pyarrow().Table.from_arrays(tags.columns, schema=self.schema)

    def tagged(self, table: pa.Table) -> pa.Table:
        """A table with the columns of its tags behind its own."""
        return with_tags(table, self.tags(table.schema.names, table.columns))

    def tagged_batch(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The same of a batch, as batches."""
        table = load_pyarrow().Table.from_batches([batch])
        yield from self.tagged(table).combine_chunks().to_batches()


def with_tags(table: pa.Table, tags: pa.Table) -> pa.Table:
    """A table with the columns of tags behind its own, and the version of their schema in its metadata."""
    for field, column in zip(tags.schema, tags.columns, strict=True):
        table = table.append_column(field, column)
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **(tags.schema.metadata or {})})


def pin(
    text: str | Sequence[str] = (),
    id: str | None = None,  # noqa: A002 (as the option is called)
    model: str | int = "current",
    models: str | Path | None = None,
    text_only: bool = False,
    target: float | None = None,
    prefix: str = "",
) -> Pinned:
    """Choose a model version now, for processes that tag later.

    Args:
        text: the column with the caption, or several in order of preference; none to find it by its usual names.
        id: the column that names a record; None to find it by its usual names.
        model: the version's number, its identity, or `current`.
        models: the registry's folder, which every process must see; where None, as the command line chooses it. The version
            that comes with mlcap is found by each process in its own mlcap, from whatever folder it was chosen.
        text_only: whether to read captions alone, not what records hold beside them.
        target: the share of automatic captions that are to be right; None for the version's own.
        prefix: stands before the names of the columns that tags get.

    Raises:
        RegistryError: there is no such version.
        ArtifactError: the version is damaged or does not fit this mlcap.
        InputError: it keeps no such target, `text` names no columns, or another argument is not what it is to be.
    """
    columns = (text,) if isinstance(text, str) else text
    if not isinstance(columns, Sequence) or not all(isinstance(one, str) for one in columns):
        raise InputError(f"text={text!r}: is no name of a column; give one as text, or several in a list")
    if not isinstance(prefix, str):
        raise InputError(
            f"prefix={prefix!r}: is no text; give what stands before the names of the columns of tags, or ''"
        )
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        raise InputError(f"target={target!r}: is no number; give a share such as 0.95")
    if target is not None and not LEAST_TARGET <= target < 1:
        raise InputError(f"target={target:g}: is no target; give a share from {LEAST_TARGET:g} to 1")
    chosen = find_models(models).folder.resolve()
    registry = Registry(chosen)
    identity = registry.identity(registry.resolve(str(model)))
    folder = None if chosen == shipped_models().resolve() else str(chosen)
    with _lock:
        tagger = _loaded(folder, identity, text_only, target)
        digest = tagger.artifact.manifest.digest
        # Of a checkout or a copy of the shipped registry: other machines need not have that.
        with suppress(RegistryError, ArtifactError, InputError):
            if folder is not None and identity in _shipped_identities():
                shipped = _loaded(None, identity, text_only, target)
                folder = None if shipped.artifact.manifest.digest == digest else folder
    choice = FieldChoice(tuple(columns), id)
    return Pinned(folder, identity, digest, tagger.facets, __version__, text_only, target, choice, prefix)


def _shipped_identities() -> set[str]:
    """The versions that come with mlcap."""
    shipped = Registry(shipped_models())
    return {shipped.identity(number) for number in shipped.versions()}


def _loaded(folder: str | None, identity: str, text_only: bool, target: float | None) -> Tagger:
    """A tagger that this process keeps, so that a version is loaded once."""
    key = (folder, identity, text_only, target)
    if key not in _kept:
        found = open_tagger(identity, folder or shipped_models(), text_only=text_only, target=target)
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = found
    return _kept[key]
