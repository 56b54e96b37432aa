"""Which embedded field is the caption: one rule for sidecar, photograph and exiftool's JSON."""

from __future__ import annotations

import base64
import json
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import JPEG, SIDECAR, embed, exiftool, needs_exiftool

from mlcap.errors import PhotoError
from mlcap.records.fields import embedded_caption, embedded_doubts
from mlcap.records.fillers import is_filler
from mlcap.records.finder import record_of
from mlcap.records.mojibake import looks_misread, repaired
from mlcap.records.photo import read_photos
from mlcap.records.sidecar import sidecar_fields

RDF = "xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'"


def lang_alt(**texts):
    """A dc:description in several languages; `_` stands for the hyphen of a language."""
    items = "".join(f"<r:li xml:lang='{k.replace('_', '-')}'>{v}</r:li>" for k, v in texts.items())
    return f"<dc:description><r:Alt>{items}</r:Alt></dc:description>"


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ({"de": "Ein Kran.", "x_default": "Ein Kran", "en_GB": "A crane."}, "A crane."),
        ({"de": "Ein Kran.", "x_default": "Un treuil."}, "Un treuil."),
        ({"ru": "Кран ждёт."}, "Кран ждёт."),
        ({"en": "untitled", "x_default": "SONY DSC", "fr": "Une grue."}, "Une grue."),
        ({"enm": "Nat english", "fr": "Une grue."}, "Nat english"),
    ],
)
def test_english_first_then_any_language(tmp_path, languages, expected):
    """A sidecar, and what exiftool prints of it, give the same text: English, then everybody's, then any."""
    path = tmp_path / "a.xmp"
    path.write_text(f"<r:RDF {RDF}><r:Description r:about=''>{lang_alt(**languages)}</r:Description></r:RDF>", "utf-8")
    assert embedded_caption(sidecar_fields(path)) == ("dc:description", expected)
    flat = {f"XMP-dc:Description-{k.replace('_', '-')}".removesuffix("-x-default"): v for k, v in languages.items()}
    assert embedded_caption(flat) == ("dc:description", expected)
    whole = {"XMP:Description": {k.replace("_", "-"): v for k, v in languages.items()}}
    assert embedded_caption(whole) == ("dc:description", expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mutated_sidecar_is_read_or_refused(data):
    """Whatever happens to the bytes of a sidecar, it gives texts or one error."""
    text = bytearray(SIDECAR.format("A crane waits.").encode())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text[start:end] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"<rdf:RDF>", b"</rdf:li>", b"xml:lang=''", b"&"])
        )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xmp"
        path.write_bytes(text)
        found = None
        with suppress(PhotoError):
            found = embedded_caption(sidecar_fields(path))
        assert found is None or found[1].strip()


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["XMP:Description", "Description-en", "IPTC:Caption-Abstract", "IFD0:ImageDescription"]),
        st.text()
        | st.lists(st.text(), max_size=3)
        | st.integers()
        | st.dictionaries(st.sampled_from(["en", "x-default"]), st.text()),
    )
)
def test_any_embedded_value_gives_a_text_or_none(fields):
    """Whatever exiftool prints for a field, the caption is a text that holds something, or there is none."""
    found = embedded_caption(fields)
    assert found is None or found[1].strip()


@needs_exiftool
def test_a_photograph_in_other_languages_is_read_like_its_sidecar(tmp_path):
    """A caption that stands in one language alone is found in the photograph too."""
    embed(tmp_path / "a.jpg", JPEG, "-XMP-dc:Description-ru=Кран ждёт.", "-XMP-dc:Description=")
    embed(tmp_path / "b.jpg", JPEG, "-XMP-dc:Description=Ein Kran.", "-XMP-dc:Description-en-US=A crane.")
    assert [r.text for r in read_photos(str(tmp_path))] == ["Кран ждёт.", "A crane."]


@needs_exiftool
def test_what_a_photograph_is_called_and_when_it_was_taken_is_read(tmp_path):
    """Title and day come along from the photograph and from its sidecar; keywords do not, as mlcap writes them itself."""
    record = ("-XMP-dc:Title=Suit check", "-XMP-photoshop:DateCreated=2024:05:09", "-XMP-dc:Subject=launch")
    embed(tmp_path / "a.jpg", JPEG, "-XMP-dc:Description=A crane waits.", *record)
    embed(
        tmp_path / "b.jpg",
        JPEG,
        "-XMP-dc:Description=A crane.",
        "-IPTC:DateCreated=2024:05:10",
        "-XMP-dc:Title=A crane.",
    )
    (tmp_path / "c.xmp").write_text(
        f"<r:RDF {RDF}><r:Description r:about='' xmlns:p='http://ns.adobe.com/photoshop/1.0/' p:DateCreated='2024:05:09'>"
        f"{lang_alt(en='A crane waits.')}<d:title xmlns:d='http://purl.org/dc/elements/1.1/'><r:Alt><r:li>Suit check</r:li></r:Alt>"
        "</d:title></r:Description></r:RDF>",
        "utf-8",
    )
    a, b, c = read_photos(str(tmp_path))
    assert a.catalogue == c.catalogue == {"title": "Suit check", "date_created": "2024:05:09"}
    assert b.catalogue == {"date_created": "2024:05:10"}, "a title that is the caption says nothing more"


@pytest.mark.parametrize(
    "text",
    [
        "<r:RDF {}><r:Description r:about=''><reg xmlns='urn:x'><r:Bag><r:li r:parseType='Resource'>{}</r:li></r:Bag></reg>"
        "</r:Description><r:Description r:about=''>{}</r:Description></r:RDF>",
        "<x {}><y><r:RDF><r:Description><reg xmlns='urn:x'>{}</reg></r:Description><r:Description>{}</r:Description></r:RDF></y></x>",
        "<r:RDF {}><r:Description r:about='#part'>{}</r:Description><r:Description r:about=''>{}</r:Description></r:RDF>",
        "<x {}><r:Description><reg xmlns='urn:x'>{}</reg></r:Description><r:Description>{}</r:Description></x>",
    ],
)
def test_only_what_is_of_the_picture_itself_counts(tmp_path, text):
    """The description of a region, or of another thing, is never the photograph's, wherever it stands."""
    path = tmp_path / "a.xmp"
    path.write_text(text.format(RDF, lang_alt(en="A launch on a screen."), lang_alt(en="A man at a desk.")), "utf-8")
    assert embedded_caption(sidecar_fields(path)) == ("dc:description", "A man at a desk.")
    path.write_text(text.format(RDF, lang_alt(en="A launch on a screen."), ""), "utf-8")
    assert embedded_caption(sidecar_fields(path)) is None


@pytest.mark.parametrize(
    "text",
    [
        *("OLYMPUS DIGITAL CAMERA     ", "MINOLTA DIGITAL CAMERA", "SONY DSC", "Kodak Digital Still Camera", "DSC"),
        *("DCIM\\102MEDIA\\DJI_0042.JPG", "C:\\My Pictures\\x y.jpg", "IMG_2031.jpeg", "/mnt/photos/a.tif"),
        *(
            "Created with GIMP",
            "Processed with VSCO with c1 preset",
            "Edited in Adobe Lightroom",
            "default",
            "Untitled-3",
        ),
        *("<p></p>", "<br/>&nbsp;", "\ufeff \u200b", "---", "(none)", "N/A", "null", "Exif_JPEG_PICTURE"),
        "(Binary data 412 bytes, use -b option to extract)",
        *(
            "NIKON CORPORATION",
            "OLYMPUS IMAGING CORP.",
            "Casio Computer Co., Ltd.",
            "Canon",
            "Adobe Photoshop 25.1 (Macintosh)",
        ),
        *("Enter your caption here", "[Add a description]", "Caption goes here", "Lorem ipsum dolor sit amet."),
    ],
)
def test_fillers_count_as_empty(text):
    """What a camera or program writes by itself hides no caption in a later field, in upper case or lower."""
    for filler in (text, text.lower(), f" {text}\n"):
        assert is_filler(filler)
        assert embedded_caption({"XMP:Description": filler, "AVAIL:Description": "A crane."}) == (
            "AVAIL:Description",
            "A crane.",
        )


@pytest.mark.parametrize(
    "text",
    [
        *("A diver with a digital camera", "2031", "Screenshot of a launch", "Launch", "Default settings are tried."),
        *(
            "A crane. See IMG_2031.jpeg",
            "The picture is edited.",
            "Союз",
            "T-3",
            "Canons fire",
            "Add oxygen",
            "Sony engineers wait",
            "Photo by Bo Ek",
        ),
    ],
)
def test_captions_are_no_fillers(text):
    """A caption that only resembles one stays."""
    assert not is_filler(text)


def test_more_fields_are_looked_at_in_their_turn():
    """TIFF's description, the accessible ones and at last the headline, which goes to review."""
    fields = {
        "XMP-photoshop:Headline": "At the pad",
        "AVAIL:Description508": "A crane beside a tower.",
        "XMP-tiff:ImageDescription": "A crane.",
    }
    seen = []
    while found := embedded_caption(fields):
        seen.append(found[0])
        fields = {k: v for k, v in fields.items() if k.partition(":")[2] != found[0].partition(":")[2]}
    assert seen == ["tiff:ImageDescription", "AVAIL:Description508", "photoshop:Headline"]
    assert embedded_doubts("photoshop:Headline", "At the pad")
    assert not embedded_doubts("tiff:ImageDescription", "A crane.")


def test_bytes_that_exiftool_gives_as_base64_are_read_or_empty():
    """Text within base64 is text; anything else is no caption; lines are parted in one way."""
    west = "base64:" + base64.b64encode("José waits.".encode("latin-1")).decode()
    east = "base64:" + base64.b64encode("Юрий waits.".encode()).decode()
    odd = "base64:" + base64.b64encode(bytes(range(40))).decode()
    for value, expected in ((west, "José waits."), (east, "Юрий waits."), ("a\r\nb\rc", "a\nb\nc")):
        assert embedded_caption({"IPTC:Caption-Abstract": value}) == ("IPTC:Caption-Abstract", expected)
    assert embedded_caption({"IPTC:Caption-Abstract": odd}) is None


@pytest.mark.parametrize("text", ["Юрий Гагарин", "José «Союз» – “А”", "日本", "\U0001f680 launch"])
def test_utf8_taken_for_western_bytes_is_read_as_what_it_is(text):
    """Every byte finds its way back, also those for which Windows-1252 has no character."""
    wrong = "".join(bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in text.encode())
    assert repaired(wrong) == text
    assert embedded_caption({"IPTC:Caption-Abstract": wrong}) == ("IPTC:Caption-Abstract", text)
    marked = {"IPTC:Caption-Abstract": text, "IPTC:CodedCharacterSet": "UTF8"}
    assert embedded_caption(marked) == ("IPTC:Caption-Abstract", text)


def test_other_texts_are_left_as_they_are():
    """Western letters, and what is marked as UTF-8, are not touched."""
    for text in ("José", "Größe", "plain", "Юрий", "na\u00efve \u2014 yes"):
        assert repaired(text) == text
    assert embedded_caption({"IPTC:Caption-Abstract": "Ã©", "IPTC:CodedCharacterSet": "\x1b%G"})[1] == "Ã©"
    assert looks_misread("Ñîþç waits")
    assert not looks_misread("José Ångström a un été à Öå")


@needs_exiftool
def test_unmarked_bytes_of_a_photograph(tmp_path):
    """UTF-8 and Western letters in IPTC and EXIF without a mark are each read right; Cyrillic of one byte goes to review."""
    for name, charset, text in (
        ("1", "iptc=utf8", "Юрий с Раей у «Союза»"),
        ("2", "iptc=latin", "José à Orléans"),
        ("3", "exif=utf8", "Юрий с Раей у «Союза»"),
        ("4", "exif=latin", "José à Orléans"),
        ("5", "iptc=cyrillic", "Юрий у крана"),
    ):
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(JPEG)
        tag = "IPTC:Caption-Abstract" if charset.startswith("iptc") else "EXIF:ImageDescription"
        exiftool("-q", "-overwrite_original", "-charset", charset, f"-{tag}={text}", path)
    records = list(read_photos(str(tmp_path)))
    assert [r.text for r in records[:4]] == ["Юрий с Раей у «Союза»", "José à Orléans"] * 2
    assert [bool(r.doubts) for r in records] == [False] * 4 + [True]


@needs_exiftool
@pytest.mark.parametrize("options", [["-j"], ["-j", "-G"], ["-j", "-G1", "-struct"], ["-j", "-g"], ["-j", "-g1", "-a"]])
def test_what_exiftool_prints_is_read_like_the_photograph(tmp_path, options):
    """What exiftool prints as JSON of a photograph gives the caption that the photograph gives."""
    path = embed(tmp_path / "a.jpg", JPEG, "-XMP-dc:Description-en=A crane.", "-IPTC:Caption-Abstract=Ein Kran.")
    (row,) = json.loads(subprocess.run(["exiftool", *options, path], capture_output=True, check=True).stdout)
    (record,) = read_photos(str(path))
    printed = record_of(row, "f")
    assert printed.text == record.text == "A crane."
    assert (printed.id, printed.fields["SourceFile"]) == (str(path), str(path))


def test_groups_are_told_from_other_objects():
    """Fields in groups are named as exiftool names them with `-G`; a record with any other field is left as it is."""
    grouped = {
        "SourceFile": "a.jpg",
        "File": {"FileName": "a.jpg"},
        "XMP": {"Description": "A crane.", "Subject": ["x"]},
    }
    record = record_of(grouped, "f")
    assert (record.text, record.fields) == (
        "A crane.",
        {
            "SourceFile": "a.jpg",
            "File:FileName": "a.jpg",
            "XMP:Description": "A crane.",
            "XMP:Subject": ["x"],
            "caption_source": "dc:description",
        },
    )
    for other in ({"SourceFile": "a.jpg"}, {**grouped, "n": 1}, {"XMP": {"Description": "A crane."}}):
        assert record_of(other, "f").fields == other
    for name in ("XMP:Description", "Description"):
        languages = {"SourceFile": "a.jpg", name: {"en": "A crane.", "de": "Ein Kran."}}
        assert record_of(languages, "f").text == "A crane."
