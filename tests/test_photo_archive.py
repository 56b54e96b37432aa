"""A folder of photographs of every kind, there and back: written, corrected, written again, rejected, undone."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections import Counter

import pytest
from photo_files import JPEG, SIDECAR, exiftool, needs_exiftool, png, tiff
from photo_plans import Folders, by_words
from test_credentials import signed_jpeg, signed_png

from mlcap.photos.changes import after, change_for
from mlcap.photos.metadata import read_metadata
from mlcap.records.exiftool import CONFIG, session
from mlcap.records.photo_names import is_sidecar

pytestmark = needs_exiftool

CAPTION = "A launch with a commander."
CORRECTED = "A landing with a pilot."
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
SHARED = SIDECAR.format(CAPTION).replace("<rdf:li xml:lang='de'>Ein Kran.</rdf:li>", "")
RATED = SHARED.replace(
    "xmlns:dc",
    "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4' xmlns:dc",
).replace(
    "</rdf:Description>",
    "<dc:subject><rdf:Bag><rdf:li>Launch</rdf:li><rdf:li>Юрий</rdf:li></rdf:Bag></dc:subject></rdf:Description>",
)
XMP = f"-XMP-dc:Description={CAPTION}"
#: Kind -> (what is made: name with {} for a number -> its bytes or text, what exiftool puts into the photograph).
KINDS = {
    "plain": ({"{}.jpg": JPEG}, [XMP]),
    "keywords": (
        {"{}.jpg": JPEG},
        [f"-IPTC:Caption-Abstract={CAPTION}", "-codedcharacterset=utf8", "-IPTC:Keywords=Юрий", "-IPTC:Credit=Ольга"],
    ),
    "unmarked": ({"{}.jpeg": JPEG}, [XMP, "-charset", "iptc=latin", "-IPTC:Keywords=Orléans", "-IPTC:City=Orléans"]),
    "exif": ({"{}.tif": tiff()}, [f"-EXIF:ImageDescription={CAPTION}", "-EXIF:Artist=Bo Ek"]),
    "png": ({"{}.png": png()}, [XMP, "-XMP-dc:Subject= pad ", "-XMP-photoshop:Credit=Ольга"]),
    "gif": ({"{}.gif": GIF}, [XMP]),
    "upper case": ({"{}.JPG": JPEG, "{}.XMP": RATED}, []),
    "shared": ({"{}.jpg": JPEG, "{}.png": png(), "{}.xmp": SHARED}, []),
    "whole name": ({"{}.webp": b"RIFF\4\0\0\0WEBP", "{}.webp.xmp": RATED}, []),
    "versions": ({"{}.jpe": JPEG, "{}.jpe.xmp": SHARED, "{}_01.jpe.xmp": SHARED}, []),
    "signed": ({"{}.jpg": signed_jpeg(), "{}.jpg.xmp": SHARED}, []),
    "signed png": ({"{}.png": signed_png(), "{}.xmp": SHARED}, []),
    "camera": ({"{}.dng": tiff()}, [XMP]),
    "alone": ({"{}.xmp": RATED}, []),
    "regions": ({"{}.jfif": JPEG}, [XMP, "-XMP-lr:HierarchicalSubject=Places|Pad", "-XMP-dc:Subject=Pad"]),
}
#: What may differ: where a picture lies, the file's own times and size, exiftool's word, what is computed from others.
_PLACE = "IFD0:StripOffsets"
_PASSING = (_PLACE, "System:", "File:", "ExifTool:", "Composite:", "XMP-x:", "XMP-mlcap:", "SourceFile", "JFIF:")
OURS = ("launch", "landing", "commander", "pilot")


def make(folder, count):
    """Photographs of every kind in turn."""
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        files, tags = KINDS[kind]
        for name, content in files.items():
            path = folder / name.format(f"p{number:03d}")
            first = folder / name.format(f"p{number % len(KINDS):03d}")
            if path != first:
                shutil.copy(first, path)
            elif isinstance(content, str):
                path.write_text(content, "utf-8")
            else:
                path.write_bytes(content)
                if tags:
                    exiftool("-q", "-overwrite_original", *tags, path)


def metadata(folder):
    """Every field of every file by exiftool: name -> field -> value."""
    done = subprocess.run(
        ["exiftool", "-config", str(CONFIG), "-j", "-G1", "-struct", "-a", "-ext", "*", str(folder)],
        capture_output=True,
        check=False,
    )
    rows = json.loads(done.stdout)
    return {
        r["SourceFile"].rpartition("/")[2]: {k: v for k, v in r.items() if not k.startswith(_PASSING)} for r in rows
    }


def own(folder):
    """Mlcap's structures: name -> their values with status."""
    done = subprocess.run(
        ["exiftool", "-config", str(CONFIG), "-j", "-struct", "-XMP-mlcap:Tags", "-ext", "*", str(folder)],
        capture_output=True,
        check=False,
    )
    rows = json.loads(done.stdout)
    return {
        r["SourceFile"].rpartition("/")[2]: [(t["Value"], t["Status"]) for t in r["Tags"]] for r in rows if "Tags" in r
    }


def pictures(folder):
    """The bytes of each photograph's image: from JPEG's scan on, the data of PNG and GIF, TIFF's strip of one point."""
    rows = json.loads(
        subprocess.run(
            ["exiftool", "-j", "-G1", "-n", f"-{_PLACE}", "-ext", "*", folder], capture_output=True, check=False
        ).stdout
    )
    strips = {r["SourceFile"].rpartition("/")[2]: r[_PLACE] for r in rows if _PLACE in r}
    out = {}
    for path in folder.iterdir():
        if is_sidecar(path):
            continue
        data = path.read_bytes()
        start, length = {b"\xff\xd8": (b"\xff\xda", None), b"\x89P": (b"IDAT", 12), b"GI": (b",\0\0\0\0", 16)}.get(
            data[:2], (b"", 1)
        )
        out[path.name] = data[strips.get(path.name, data.index(start)) :][:length]
    return out


def foreign(folder):
    """What is not mlcap's: fields of others, and in fields of keywords the values that mlcap does not write."""
    found = {}
    for name, fields in metadata(folder).items():
        kept = {}
        for field, value in fields.items():
            values = value if isinstance(value, list) else [value]
            others = [v for v in values if str(v).rpartition("|")[2].rpartition("/")[2] not in OURS]
            if others:
                kept[field] = others
        found[name] = kept
    return found


def check_once(folder, values):
    """Each file that holds tags holds each value once in every field, and each structure once."""
    for name, fields in metadata(folder).items():
        for field in ("XMP-dc:Subject", "XMP-lr:HierarchicalSubject", "XMP-digiKam:TagsList", "IPTC:Keywords"):
            found = fields.get(field, [])
            found = [str(v).casefold() for v in (found if isinstance(found, list) else [found])]
            assert max(Counter(found).values(), default=1) == 1, (name, field, found)
    for name, tags in own(folder).items():
        assert sorted(tags) == sorted(values), name


def run(folders, photographs, **settings):
    """Plan and apply; a second time nothing changes, and the plan's count was right."""
    plan = folders.plan(by_words, **settings)
    done = folders.apply(plan)
    assert len(done) == photographs
    assert done.count("written") == sum(p.changes for p in plan.photos)
    assert set(done) <= {"written", "unchanged"}, Counter(done)
    assert set(folders.apply(plan)) == {"unchanged"}
    assert not any(p.changes for p in folders.plan(by_words, **settings).photos)
    return plan


def there_and_back(folders, count, **settings):
    """The whole way, for as many kinds of photographs in turn."""
    folder = folders.photos
    make(folder, count)
    photographs = sum(
        len([n for n in KINDS[list(KINDS)[i % len(KINDS)]][0] if "xmp" not in n.lower()]) or 1 for i in range(count)
    )
    start, images, others = metadata(folder), pictures(folder), foreign(folder)
    whole = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if not is_sidecar(p)}
    inside = settings.get("embed", False)

    first = run(folders, photographs, **settings)
    check_once(folder, [("launch", "machine"), ("commander", "machine")])
    targets = sorted({p.target for p in first.photos})
    captioned = sorted({*targets, *(str(p) for p in folder.iterdir() if is_sidecar(p))})
    exiftool("-q", "-overwrite_original", "-m", f"-XMP-dc:Description={CORRECTED}", *captioned)
    if not inside:
        assert {n: d for n, d in digests(folder).items() if n in whole} == whole
    second = run(folders, photographs, **settings)
    check_once(folder, [("landing", "machine"), ("pilot", "machine")])
    structure = "{Facet=event,Value=landing"
    exiftool(
        *("-q", "-overwrite_original", "-m", f"-XMP-mlcap:Tags-={structure}}}"),
        *(f"-XMP-mlcap:Tags+={structure},Score=0.98,Model=1,Run={second.run},Status=rejected}}", *targets),
    )
    third = run(folders, photographs, **settings)
    check_once(folder, [("landing", "rejected"), ("pilot", "machine")])
    assert not any("landing" in str(f.get("XMP-dc:Subject")) for f in metadata(folder).values())
    for plan in (third, second, first):
        assert set(folders.undo(plan)) == {"undone"}

    assert pictures(folder) == images
    exiftool("-q", "-overwrite_original", "-m", "-XMP-mlcap:all=", f"-XMP-dc:Description={CAPTION}", *captioned)
    made = {n for n in metadata(folder) if n not in start}
    assert made == {n.rpartition("/")[2] for n in targets} - set(start)
    left, captions = foreign(folder), {c.rpartition("/")[2] for c in captioned}
    for name, fields in others.items():
        described = {**fields, "XMP-dc:Description": [CAPTION]} if name in captions else fields
        assert left[name] == described, name
    for name in made:
        assert set(left[name]) == {"XMP-dc:Description"}, name
    if not inside:
        assert {n: d for n, d in digests(folder).items() if n in whole} == whole


def digests(folder):
    """The content of every photograph, as a digest."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if not is_sidecar(p)}


@pytest.mark.parametrize("embed", [False, True])
def test_every_kind_of_photograph_there_and_back(tmp_path, embed):
    """One photograph of each kind: images and foreign fields as they were, each value once, at every step."""
    there_and_back(Folders(tmp_path), len(KINDS), embed=embed)


@pytest.mark.slow
@pytest.mark.parametrize("embed", [False, True])
def test_two_hundred_photographs_of_every_kind_there_and_back(tmp_path, embed):
    """Two hundred of them in one folder."""
    there_and_back(Folders(tmp_path), 200, embed=embed)


def test_a_plan_says_what_exiftool_then_does(tmp_path):
    """What a file holds after a change is what the plan reckoned with, for every kind."""
    folders = Folders(tmp_path)
    make(folders.photos, len(KINDS))
    for embed in (False, True):
        plan = folders.plan(by_words, embed=embed)
        targets = {p.target: p for p in plan.photos if p.changes}
        paths = {t: folders.photos / t.rpartition("/")[2] for t in targets}
        with session() as tool:
            before = read_metadata(tool, list(paths.values()))
            folders.apply(plan)
            found = read_metadata(tool, list(paths.values()))
        for target, photo in targets.items():
            path = paths[target]
            asked = plan.wish(photo, path)
            reckoned = after(before[path], change_for(asked, before[path]))
            assert set(reckoned.own) == set(found[path].own)
            for name in ("lr:hierarchicalSubject", "IPTC:Keywords"):
                assert set(reckoned.values(name)) == set(found[path].values(name)), (path, name)
