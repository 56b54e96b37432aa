"""What the catalogue says of the picture beside its caption, as features that are there or not."""

from __future__ import annotations

from mlcap.captions import Caption
from mlcap.captions.catalogue import FieldText
from mlcap.features.flags import Flags, nowhere
from mlcap.features.mission_time import record_time
from mlcap.lexicon import section_names

#: Kinds of code of which a title or a keyword says something beside its words.
_KINDS = ("mission", "vehicle", "place", "agency", "role")
#: Masked words that number a picture.
_NUMBERED = frozenset(("_id", "_num"))


def catalogue_flags(caption: Caption) -> Flags:
    """What the record says; the first word of each feature names the field that says it.

    The image id tells its form and where such pictures are made, title and keywords their words and what stands in
    the lexicon, the date how it stands to launch, landing and the days of the text. Location and photographer are left out: out of fold they made events less often right.
    """
    catalogue = caption.catalogue
    flags: Flags = {}
    if catalogue.id_form:
        flags[f"id form={catalogue.id_form}"] = flags[f"id source={catalogue.id_source}"] = nowhere
    if catalogue.center:
        flags[f"center {catalogue.center}"] = nowhere
    for name in record_time(caption):
        flags[f"date {name}"] = nowhere
    for field, text in (("title", catalogue.title), ("keywords", catalogue.keywords)):
        for name in _field_names(text):
            flags[f"{field} {name}"] = nowhere
    return flags


def _field_names(text: FieldText) -> list[str]:
    # An identifier in the place of a title tells no more than the record's own does.
    if _NUMBERED.issuperset(text.words):
        return []
    names = [f"word={word}" for word in text.words]
    names += [f"{code.kind}={code.group}" for code in text.codes if code.kind in _KINDS]
    names += [f"cue={section_names('cues')[section]}" for section in sorted(text.cues)]
    names += [f"scene={section_names('scenes')[section]}" for section in sorted(text.scenes)]
    return names


def field_of(name: str) -> str:
    """The field of the record that a feature of the catalogue comes from."""
    return name.partition(" ")[0]
