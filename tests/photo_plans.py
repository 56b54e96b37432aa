"""A folder of photographs with plans made, applied and undone by the library, for tests."""

from __future__ import annotations

import hashlib

from photo_files import exiftool, tags_of

from mlcap.photos.apply import apply_plan
from mlcap.photos.journal import Journal
from mlcap.photos.planning import PlanSettings, make_plan
from mlcap.photos.undo import undo_run
from mlcap.records.photo import read_photos
from mlcap.types import TaggedCaption, TaggedFacet


def tagged(event, *roles, score=0.98, people=(), reasons=()):
    """A caption tagged with an event and roles."""
    chances = {"commander": 0.1, "pilot": 0.1, **dict.fromkeys(roles, 0.9)}
    facets = {"event": TaggedFacet(False, (event,), {event: score}), "crew_role": TaggedFacet(True, roles, chances)}
    return TaggedCaption(facets, reasons, "1", people)


def by_words(text):
    """Tags by the words of a caption."""
    event = next((e for e in ("launch", "landing", "ceremony") if e in text), "other")
    return tagged(event, *(r for r in ("commander", "pilot") if r in text))


LAUNCH = tagged("launch", "commander")


class Folders:
    """A folder of photographs and a folder of journals."""

    def __init__(self, folder):
        self.photos, self.runs = folder / "photos", folder / "runs"
        self.photos.mkdir()

    def plan(self, tagged=LAUNCH, model="1", **settings):
        """Plan the same tags for every photograph, or what a function of the caption says."""
        tag = tagged if callable(tagged) else lambda _: tagged
        records = list(read_photos(str(self.photos)))
        pairs = [(r, tag(r.text) if r.text is not None else None) for r in records]
        return make_plan(pairs, model, PlanSettings(**settings))

    def outcomes(self, plan):
        """What became of each file, with reasons."""
        return list(apply_plan(plan, Journal(self.runs, plan.run)))

    def apply(self, plan):
        """What became of each file."""
        return [o.what for o in self.outcomes(plan)]

    def undo(self, plan):
        """What became of each file."""
        return [o.what for o in undo_run(plan.run, Journal(self.runs, plan.run))]

    def names(self):
        """What lies in the folder of photographs, also hidden."""
        return sorted(str(p.relative_to(self.photos)) for p in self.photos.rglob("*"))


def digest(path):
    """The content of a file, as a digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def set_status(path, value, status):
    """Set the status of a tag as a person does with exiftool."""
    (one,) = [t for t in tags_of(path)["XMP-mlcap:Tags"] if t["Value"] == value]
    old = ",".join(f"{k}={v}" for k, v in one.items())
    new = ",".join(f"{k}={v}" for k, v in {**one, "Status": status}.items())
    exiftool("-q", "-overwrite_original", f"-XMP-mlcap:Tags-={{{old}}}", f"-XMP-mlcap:Tags+={{{new}}}", path)


def words(path, name="XMP-dc:Subject"):
    """The values of a list in a file."""
    found = tags_of(path).get(name, [])
    return [str(v) for v in found] if isinstance(found, list) else [str(found)]


def own(path):
    """Mlcap's structures of a file: (value, status)."""
    found = tags_of(path).get("XMP-mlcap:Tags", [])
    return [(t["Value"], t["Status"]) for t in (found if isinstance(found, list) else [found])]
