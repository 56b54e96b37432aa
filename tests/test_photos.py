"""Captions in photographs and sidecars: the first that is not empty, named, and every fault one record."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from conftest import mlcap
from photo_files import JPEG, SIDECAR, embed, needs_exiftool, png, tiff

from mlcap.errors import InputError, PhotoError
from mlcap.records import exiftool as exiftool_module
from mlcap.records import sidecar as sidecar_module
from mlcap.records.exiftool import ExifTool, session
from mlcap.records.fields import EMBEDDED
from mlcap.records.photo import CAPTION_TAGS, read_photos
from mlcap.records.photo_names import Sidecars, photos_in
from mlcap.records.sidecar import sidecar_fields


@pytest.fixture
def no_exiftool(monkeypatch):
    """A machine without exiftool."""
    monkeypatch.setattr("mlcap.records.exiftool.exiftool_path", lambda: None)
    monkeypatch.setattr("mlcap.records.photo.exiftool_path", lambda: None)


def by_name(folder):
    """Records of a folder by the name of the photograph."""
    return {Path(r.fields["file"]).name: r for r in read_photos(str(folder))}


def test_sidecars_are_read_without_exiftool(tmp_path, no_exiftool):
    """The default language counts; a photograph without a sidecar says what is missing; a lone sidecar is read."""
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (tmp_path / "a.jpg.xmp").write_text(SIDECAR.format("A crane waits."), "utf-8")
    (tmp_path / "b.jpg").write_bytes(JPEG)
    (tmp_path / "b.xmp").write_text(SIDECAR.format("Ольга waits."), "utf-8")
    (tmp_path / "c.jpg").write_bytes(JPEG)
    (tmp_path / "alone.xmp").write_text(SIDECAR.format("Divers wave."), "utf-8")
    (tmp_path / "notes.txt").write_text("no photograph")
    records = by_name(tmp_path)
    assert {n: r.text for n, r in records.items()} == {
        "a.jpg": "A crane waits.",
        "b.jpg": "Ольга waits.",
        "c.jpg": None,
        "alone.xmp": "Divers wave.",
    }
    assert records["a.jpg"].fields["caption_source"] == "sidecar dc:description"
    assert "libimage-exiftool-perl" in records["c.jpg"].error


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "<a xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
            "<r:Description dc:description=' As an attribute. '/></a>",
            {"XMP-dc:Description": "As an attribute."},
        ),
        (
            "<a xmlns:t='http://ns.adobe.com/tiff/1.0/'><t:ImageDescription>Plain.</t:ImageDescription></a>",
            {"XMP-tiff:ImageDescription": "Plain."},
        ),
        ("<a/>", {}),
    ],
)
def test_captions_stand_in_several_forms(tmp_path, text, fields):
    """XMP may hold a caption as a list of languages, as an attribute, or as text."""
    path = tmp_path / "a.xmp"
    path.write_text(text)
    assert sidecar_fields(path) == fields


class Element:
    """An element of XML that counts how often an element is given by one above it."""

    given = 0

    def __init__(self, tag, *inner):
        self.tag, self.inner, self.text = tag, inner, ""

    def get(self, name, default=None):
        """It has no attributes."""
        return default

    def __iter__(self):
        for one in self.inner:
            Element.given += 1
            yield one

    def iter(self, tag=None):
        """The elements below, and itself."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if tag in (None, one.tag):
                Element.given += 1
                yield one
            waiting += one.inner


@pytest.mark.parametrize("around", [None, sidecar_module._RDF + "RDF"])
@pytest.mark.parametrize("name", [sidecar_module._DC + "description", sidecar_module._RDF + "Description"])
def test_nested_descriptions_are_searched_in_linear_time(around, name):
    """However deep descriptions lie within each other, no element is looked at more than a few times."""
    element = Element(name)
    for _ in range(500):
        element = Element(name, element)
    Element.given = 0
    _, elements = sidecar_module._properties(Element(around or "x", element))
    assert not [e for e in elements if sidecar_module._items(e) != [("", "")]]
    assert Element.given < 5 * 500


def test_only_the_photograph_s_own_description_counts(tmp_path):
    """The description of a part of the picture, deeper in the sidecar, is not the photograph's."""
    inner = "<r:li><r:Description><dc:description><r:Alt><r:li>A launch.</r:li></r:Alt></dc:description></r:Description></r:li>"
    outer = "<dc:description><r:Alt><r:li>A crane waits.</r:li></r:Alt></dc:description>"
    names = "xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    regions = f"<regions xmlns='urn:regions'><r:Bag xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{inner}</r:Bag></regions>"
    path = tmp_path / "a.xmp"
    path.write_text(f"<r:RDF {names}><r:Description>{regions}{outer}</r:Description></r:RDF>")
    assert sidecar_fields(path) == {"XMP-dc:Description": "A crane waits."}
    path.write_text(f"<x {names}><r:RDF><r:Description>{regions}</r:Description></r:RDF></x>")
    assert sidecar_fields(path) == {}


@pytest.mark.parametrize(
    "around",
    [
        b"%s",
        b"\xef\xbb\xbf%s",
        b"\n\n%s\n",
        b"\n<?xml version='1.0' encoding='UTF-8'?>%s",
        b"%s\0\0\0",
        b"\xef\xbb\xbf\n%s\0",
    ],
)
@pytest.mark.parametrize(
    ("data", "caption"), [("A crane at the café.".encode(), "café"), (b"A crane at the caf\xe9.", "café")]
)
def test_dirt_around_a_sidecar_and_bytes_of_windows_hide_no_caption(tmp_path, around, data, caption):
    """What programs leave before and behind the document, and bytes that are no UTF-8, are mended as in other texts."""
    path = tmp_path / "a.xmp"
    path.write_bytes(around % SIDECAR.format("@").encode().replace(b"@", data))
    assert sidecar_fields(path)["XMP-dc:Description"] == f"A crane at the {caption}."
    latin = b"<?xml version='1.0' encoding='ISO-8859-5'?>" + SIDECAR.format("@").encode().replace(b"@", b"\xcd")
    path.write_bytes(latin)
    assert sidecar_fields(path)["XMP-dc:Description"] == b"\xcd".decode("iso-8859-5")
    path.write_bytes(b" \n\0")
    with pytest.raises(PhotoError, match="is empty"):
        sidecar_fields(path)


@pytest.mark.parametrize(
    "data",
    [
        b"no xml",
        b"\0\1\2",
        b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b"<a>" * 200_000,
    ],
)
def test_hostile_sidecars_are_refused(tmp_path, data):
    """Entities, other files and broken XML: one error, nothing read."""
    path = tmp_path / "a.xmp"
    path.write_bytes(data)
    with pytest.raises(PhotoError, match="no sound XMP"):
        sidecar_fields(path)


def test_large_sidecars_are_refused(tmp_path, monkeypatch):
    """A sidecar beyond its bound is not parsed."""
    monkeypatch.setattr(sidecar_module, "LARGEST_SIDECAR", 100)
    (tmp_path / "a.xmp").write_text(SIDECAR)
    (record,) = read_photos(str(tmp_path / "a.xmp"))
    assert "larger than" in record.error


def test_odd_names_and_links_are_refused_one_by_one(tmp_path, no_exiftool):
    """A name with a line end and a link are error records; their neighbour is read."""
    (tmp_path / "a\nb.jpg").write_bytes(JPEG)
    (tmp_path / "link.jpg").symlink_to("/etc/hostname")
    (tmp_path / "z.xmp").write_text(SIDECAR.format("Divers wave."), "utf-8")
    records = list(read_photos(str(tmp_path)))
    assert ["line end" in r.error for r in records] == [True, False, False]
    assert "is a link" in records[1].error
    assert records[2].text == "Divers wave."


def test_a_sidecar_that_is_a_link_and_a_name_that_is_too_long_for_one(tmp_path, no_exiftool):
    """Text from elsewhere is not read through a link; where a sidecar's name would be too long there is none."""
    (tmp_path / "secret.xmp").write_text(SIDECAR.format("From elsewhere."), "utf-8")
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "x" * 251 + ".jpg"):
        (folder / name).write_bytes(JPEG)
    (folder / "a.jpg.xmp").symlink_to(tmp_path / "secret.xmp")
    records = by_name(folder)
    assert records["a.jpg"].text is None
    assert "its sidecar is a link" in records["a.jpg"].error
    assert "exiftool" in records["x" * 251 + ".jpg"].error


def test_folders_are_walked_in_order(tmp_path):
    """Hidden files and folders are passed over, and so are a photograph's own sidecars."""
    for name in ("b/2.JPG", "b/2.jpg.xmp", "a.tif", "a.xmp", ".hidden/x.jpg", ".x.jpg", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    said = []
    found = [str(p.relative_to(tmp_path)) for p, *_ in photos_in(tmp_path, said.append)]
    assert found == ["a.tif", "b/2.JPG"]
    assert said == [f"{tmp_path}: 1 file is not read, being no photographs or sidecars (1 .txt)"]
    assert Sidecars().of(tmp_path / "a.tif") == (tmp_path / "a.xmp",)
    assert Sidecars().of(tmp_path / "b" / "2.JPG") == (tmp_path / "b" / "2.jpg.xmp",)


def test_a_folder_without_photographs_is_said(tmp_path):
    """An empty folder is an unusable input."""
    with pytest.raises(InputError, match="is a folder without"):
        list(read_photos(str(tmp_path)))


@needs_exiftool
def test_embedded_captions_are_found_in_order(tmp_path):
    """JPEG, TIFF and PNG: dc:description, then IPTC, then EXIF; which one is recorded; damage is one record."""
    embed(tmp_path / "1.jpg", JPEG, "-XMP-dc:Description=From XMP", "-IPTC:Caption-Abstract=IPTC")
    embed(tmp_path / "2.jpg", JPEG, "-XMP-dc:Description= ", "-IPTC:Caption-Abstract=Юрий waves", "-ImageDescription=E")
    embed(tmp_path / "3.tif", tiff(), "-EXIF:ImageDescription=From EXIF")
    embed(tmp_path / "4.png", png(), "-XMP-dc:Description=From PNG")
    embed(tmp_path / "5.jpg", JPEG, "-IPTC:Caption-Abstract=" + "Divers wave. " * 153 + "Divers wave")
    embed(tmp_path / "6.jpg", JPEG)
    embed(tmp_path / "7.jpg", b"no photograph")
    embed(tmp_path / "8.jpg", JPEG, "-XMP-dc:Description=From XMP")
    (tmp_path / "8.xmp").write_text(SIDECAR.format("From the sidecar"))
    embed(tmp_path / "#9 $HOME é.jpg", JPEG, "-IPTC:Caption-Abstract=2031")
    records = by_name(tmp_path)
    assert {n: (r.text or "")[:16] for n, r in records.items()} == {
        "#9 $HOME é.jpg": "2031",
        "1.jpg": "From XMP",
        "2.jpg": "Юрий waves",
        "3.tif": "From EXIF",
        "4.png": "From PNG",
        "5.jpg": "Divers wave. Div",
        "6.jpg": "",
        "7.jpg": "",
        "8.jpg": "From the sidecar",
    }
    assert records["2.jpg"].fields["caption_source"] == "IPTC:Caption-Abstract"
    assert records["3.tif"].fields["caption_source"] == "EXIF:ImageDescription"
    assert records["5.jpg"].doubts
    assert not records["1.jpg"].doubts
    assert records["6.jpg"].error.startswith("has no caption: it is in none of dc:description, ")
    assert "text/plain" in records["7.jpg"].error


@needs_exiftool
def test_a_caption_that_is_not_read_is_named(tmp_path):
    """The error names the fields looked at, and a comment that may be the caption, though not one that a camera wrote."""
    tags = ("UserComment", "XPComment", "XPSubject", "Comment", "XMP-exif:UserComment")
    for number, tag in enumerate(tags):
        embed(tmp_path / f"{number}.jpg", JPEG, f"-{tag}=Divers wave", "-ImageDescription=OLYMPUS DIGITAL CAMERA")
    embed(tmp_path / "both.jpg", JPEG, "-UserComment=Divers wave", "-XPComment=Divers wave")
    embed(tmp_path / "camera.jpg", JPEG, "-UserComment=Samsung", "-Comment=CREATOR: gd-jpeg v1.0")
    errors = {name: record.error for name, record in by_name(tmp_path).items()}
    named = ("EXIF:UserComment", "EXIF:XPComment", "EXIF:XPSubject", "JPEG:Comment", "exif:UserComment")
    for number, where in enumerate(named):
        assert errors[f"{number}.jpg"].endswith(
            f"; it may be in {where}, which mlcap does not read; copy it into dc:description"
        )
    assert "; it may be in EXIF:UserComment, EXIF:XPComment, which" in errors["both.jpg"]
    assert "may be in" not in errors["camera.jpg"]
    for where, exiftool_names in EMBEDDED.items():
        asked = any(tag.rstrip("*") in exiftool_names for tag in CAPTION_TAGS)
        assert (where in errors["camera.jpg"].removeprefix("has no caption: it is in none of ").split(", ")) == asked


@needs_exiftool
def test_one_process_serves_a_run(tmp_path, monkeypatch):
    """A session within a session starts nothing, and the process ends with the outer one."""
    started = []
    start = ExifTool._start
    monkeypatch.setattr(ExifTool, "_start", lambda self: started.append(1) or start(self))
    for n in range(70):
        embed(tmp_path / f"{n}.jpg", JPEG)
    with session() as tool:
        assert len(list(read_photos(str(tmp_path)))) == 70
        process = tool._process
    assert started == [1]
    assert process.poll() is not None


@needs_exiftool
def test_values_cannot_become_arguments(tmp_path):
    """Odd values arrive as they are; a value with a line end is refused before exiftool sees it."""
    path = embed(tmp_path / "a.jpg", JPEG)
    values = ["back\\slash", "tab\tпуть\u00a0$x @y", "# plain", "-delete_all", "#[CSTR]x"]
    with session() as tool:
        tool.execute("-q", "-overwrite_original", *(f"-XMP-dc:Subject+={v}" for v in values), str(path))
        assert tool.read([str(path)], ["XMP-dc:Subject"])[str(path)]["XMP-dc:Subject"] == values
        with pytest.raises(PhotoError, match="line end"):
            tool.execute("-XMP-dc:Subject+=one\n-delete_all", str(path))


@needs_exiftool
def test_a_dead_or_silent_exiftool_is_one_line(tmp_path, monkeypatch):
    """When exiftool ends or hangs, the request fails with one line, and the next one starts it again."""
    path = embed(tmp_path / "a.jpg", JPEG)
    with session() as tool:
        tool.execute("-ver")
        tool._process.kill()
        tool._process.wait()
        with pytest.raises(PhotoError, match="ended unexpectedly"):
            tool.read([str(path)], ["Error"])
        assert tool.read([str(path)], ["FileName"])
        monkeypatch.setattr(exiftool_module, "PATIENCE", 0.2)
        tool._process.send_signal(signal.SIGSTOP)
        with pytest.raises(PhotoError, match="no answer"):
            tool.read([str(path)], ["Error"])


@needs_exiftool
def test_a_stopped_request_ends_exiftool(tmp_path, monkeypatch):
    """Ctrl-C or SIGTERM while exiftool hangs ends it at once, and its late answer is nobody's."""
    path = embed(tmp_path / "a.jpg", JPEG)

    def stopped(*_args):
        raise KeyboardInterrupt

    with session() as tool:
        tool.execute("-ver")
        process = tool._process
        process.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(ExifTool, "_answer", stopped)
        with pytest.raises(KeyboardInterrupt):
            tool.read([str(path)], ["FileName"])
        monkeypatch.undo()
        assert process.returncode == -signal.SIGKILL
        assert tool.read([str(path)], ["FileName"])[str(path)]["System:FileName"] == "a.jpg"


@needs_exiftool
def test_tag_reads_a_folder_of_photographs(small, tmp_path):
    """`mlcap tag photos/` gives a record a photograph, beside files of text."""
    (tmp_path / "photos").mkdir()
    embed(tmp_path / "photos" / "a.jpg", JPEG, "-XMP-dc:Description=A crane waits near the pad.")
    embed(tmp_path / "photos" / "b.jpg", JPEG)
    (tmp_path / "t.txt").write_text("Divers wave.")
    env = {"MLCAP_MODELS": str(small / "models")}
    done = mlcap("tag", "photos", "t.txt", cwd=tmp_path, env=env, check=3)
    first, second, third = (json.loads(line) for line in done.out.splitlines())
    assert first["file"] == "photos/a.jpg"
    assert first["caption"] == "A crane waits near the pad."
    assert second["error"]
    assert third["event"]
    assert "a.jpg" in mlcap("tag", "photos/a.jpg", "--to", "table", cwd=tmp_path, env=env, check=0).out
    assert "there is no such file" in mlcap("tag", "gone.jpg", cwd=tmp_path, env=env, check=2).err


@needs_exiftool
def test_empty_and_cut_photographs_say_so(tmp_path):
    """A file without a byte is no photograph without a caption, and what exiftool warns of stands beside the lack of one."""
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "b.jpg").write_bytes(JPEG[:40])
    (tmp_path / "c.nef").write_bytes(bytes(range(256)))
    errors = [r.error for r in read_photos(str(tmp_path))]
    assert errors[0] == "is an empty file, without a single byte; copy it again"
    assert errors[1].startswith("has no caption: ")
    assert errors[1].endswith("(JPEG format error)")
    assert errors[2].startswith("cannot be read by exiftool (")
