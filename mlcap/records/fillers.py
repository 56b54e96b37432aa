"""Texts that stand where a caption should and are none: what cameras and programs write by themselves."""

from __future__ import annotations

import html
import re

from mlcap.records.photo_names import PHOTOS

#: Whole texts, in lower case, without what stands around them.
_WHOLE = frozenset(
    line.strip()
    for line in """
        appleMark | ascii | binary comment | camera | caption | charset=ascii | cof | dav | default | description | dsc
        edf | exif jpeg | exif_jpeg_picture | fbt | fpt | hdr | hdrpl | image | img | jpeg | jpeg image | mde | n/a
        no caption | no description | none | nor | not available | nan | nil | null | \\n | oznor | oznorwb | photo | picasa | picture
        ptr | qrf | rbt | samsung | samsung camera pictures | screenshot | sdr | sony dsc | tbd | undefined | unknown
        untitled | vivi | xxx
        ref! | value! | name? | div/0! | null! | num! | spill! | calc! | getting_data
    """.lower()
    .replace("\n", "|")
    .split("|")
)
#: Texts of a kind, also in lower case: the camera's maker, the program that wrote the file, bytes that are no text.
_KINDS = re.compile(
    r"(?:[\w&-]+ ){0,3}digital (?:still )?camera"
    r"|(?:created|edited|processed|scanned|exported|made) (?:with|by|using|in) (?:the )?"
    r"(?:gimp|vsco|snapseed|adobe|photoshop|lightroom|acdsee|picasa|canva|imagej|paint|darktable|digikam|imagemagick).{0,60}"
    r"|file written by adobe .{0,60}"
    r"|adobe (?:photoshop|lightroom|illustrator|indesign|bridge|elements)\b[\w .()]{0,40}"
    r"|(?:nikon|canon|fujifilm|fuji photo film|olympus|sony|panasonic|leica|hasselblad|pentax|ricoh|minolta|casio|kodak)"
    r"(?: (?:corporation|corp|inc|co|ltd|optical|imaging|camera|ag|computer|company|eastman)[.,]{0,2}){0,4}"
    r"|(?:please )?(?:enter|type|add|insert|write) (?:a |an |your |the )?(?:photo |image |picture )?"
    r"(?:caption|description|text)(?: text)?(?: here)?"
    r"|(?:caption|description|text)(?: goes)? here"
    r"|lorem ipsum.{0,180}"
    r"|creator: gd-jpeg.{0,60}"
    r"|lead technologies.{0,60}"
    r"|binary data \d+ bytes.{0,60}"
    r"|untitled[ -]?\d+"
    r"|dcim[\\/].{0,120}"
)
_LONGEST = 200
_MARKUP = re.compile(r"<[^<>]*>")
_AROUND = " \t\r\n\0\f\v\ufeff\u200b\u200c\u200d\u2060\xa0\"'`*_-=#.,;:()[]{}<>|~"
_OTHER_PICTURES = (".bmp", ".mov", ".mp4")


#: What is said of such a text.
EMPTY, STANDARD, FILE = "is empty", "is only what cameras and programs write", "is only the name of a file"


def is_filler(text: str) -> bool:
    """Whether a text says nothing of a picture, see `filler_words`."""
    return bool(filler_words(text))


def filler_words(text: str) -> str:
    """Say what a text is that says nothing of a picture, "" for a caption.

    Such are empty marks, a camera's or program's standard words, and the name of a file.
    """
    if "<" in text or "&" in text:
        text = html.unescape(_MARKUP.sub(" ", text))
    text = text.strip(_AROUND)
    if not text:
        return EMPTY
    if len(text) > _LONGEST:
        return ""
    plain = " ".join(text.lower().split())
    if plain in _WHOLE or _KINDS.fullmatch(plain):
        return STANDARD
    return FILE if _is_file(plain) else ""


def _is_file(text: str) -> bool:
    is_path = " " not in text or "\\" in text or text.startswith("/")
    return is_path and text.endswith((*PHOTOS, *_OTHER_PICTURES))
