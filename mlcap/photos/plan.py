"""A plan of writing tags to photographs: what is there, what would come and go, and why some tags are not written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlcap.photos.changes import PlannedTag, Wish
from mlcap.photos.credentials import has_manifest
from mlcap.photos.metadata import Metadata
from mlcap.photos.terms import Term, by_tag
from mlcap.records.photo_names import WITH_IPTC, WRITABLE, is_photo, is_sidecar, new_sidecar

#: How the reason begins for which the tags of a photograph are not written that can be.
NEEDS_REVIEW = "needs review: "
#: Names of files have at most so many bytes on the usual systems.
_LONGEST_NAME = 255


@dataclass(frozen=True)
class PlannedPhoto:
    """One photograph of a plan.

    Attributes:
        file: the photograph, absolute.
        target: what would be written: the sidecar, or the photograph itself.
        caption: digest of the caption that was read, by which a later change is seen; "" where it holds none.
        tags: the tags to write.
        fields: name of the field -> the values it had (`old`), those that would come (`add`), and, where some would,
            those that would go (`remove`).
        skipped: why nothing is written, "" where something may be.
        people: names to add.
        new: the tags that would come, in words.
        gone: the tags that would go, in words.
        notes: what a person should know: why the sidecar is written, which tags are not.
        changes: whether anything would change.
        untouched: facets of which nothing is known, as the caption needs review: what stands there of them stays.
    """

    file: str
    target: str
    caption: str
    tags: tuple[PlannedTag, ...]
    fields: Mapping[str, Mapping[str, Sequence[str]]]
    skipped: str
    people: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: bool = True
    untouched: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether its tags cannot be written, rather than are not to be."""
        return bool(self.skipped) and not self.skipped.startswith(NEEDS_REVIEW)


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        run: the name of the run that it becomes.
        model: the model version.
        embed: whether tags go into the photographs themselves.
        photos: the photographs.
        folders: the folders that they lie in, without links; nothing is written elsewhere.
        facets: facet -> whether it takes several values.
        terms: the archive's words for values.
        void: whether photographs with Content Credentials are written into, which makes these invalid.
    """

    run: str
    model: str
    embed: bool
    photos: tuple[PlannedPhoto, ...]
    folders: tuple[str, ...] = ()
    facets: Mapping[str, bool] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    void: bool = False

    def wish(self, photo: PlannedPhoto, target: Path) -> Wish:
        """What the plan asks for one of its photographs."""
        facets = {name: several for name, several in self.facets.items() if name not in photo.untouched}
        with_iptc = target.suffix.lower() in WITH_IPTC
        return Wish(photo.tags, facets, photo.people, self.model, self.run, by_tag(self.terms), with_iptc)

    def misplaced(self, photo: PlannedPhoto) -> str:
        """Why a photograph is none of the plan's, as a plan changed by hand may name anything; "" where it is one."""
        path = Path(photo.file)
        if not photo.file or not path.is_absolute() or not is_photo(path.name):
            return "the plan names no photograph here; make it again"
        if os.path.realpath(path.parent) not in self.folders:
            return "lies outside of the plan's folders; make the plan again"
        return ""


def target_of(photo: Path, sidecars: Sequence[Path], metadata: Metadata, embed: bool, void: bool) -> tuple[Path, str]:
    """(the file that holds the tags of a photograph, why it is its sidecar where the photograph was asked for).

    Args:
        sidecars: of the photograph; one may have to be made.
        metadata: of the photograph.
        embed: whether the photograph itself is asked for.
        void: whether to write into photographs with Content Credentials.

    Raises:
        OSError: the photograph cannot be read.
    """
    if is_sidecar(photo):
        return photo, ""
    why = ""
    if embed:
        if photo.suffix.lower() not in WRITABLE:
            why = f"{photo.suffix.lower()} files are not written into, so the tags go into a sidecar"
        elif not void and (metadata.remote_manifest or has_manifest(photo)):
            why = "carries Content Credentials (C2PA), which writing into it would void, so the tags go into a sidecar"
        else:
            return photo, ""
    if sidecars:
        return sidecars[0], why
    made = new_sidecar(photo)
    return (made if len(os.fsencode(made.name)) <= _LONGEST_NAME else made.with_name(photo.stem + made.suffix)), why


def starts_fields(photo: PlannedPhoto, target: Path, metadata: Metadata) -> bool:
    """Whether the fields of a file start with the photograph's own keywords, as mlcap has not written into it before.

    Some programs read only the sidecar where there is one, and in a photograph only XMP where that has keywords.

    Args:
        metadata: of the target, as the photographs of the plan before this one leave it.
    """
    begins = target == Path(photo.file) or not target.exists()
    return bool(begins and photo.tags and not (metadata.own or metadata.links))
