"""Photographs on the desk that browsers do not show: previews, or a picture that says why there is none."""

from __future__ import annotations

import io
import struct
import sys

import pytest
from conftest import write_jsonl
from desks import SERIES, client_at, make_desk, number_of, served
from photo_files import tiff
from PIL import Image

from mlcap.errors import DeskError
from mlcap.review import previews
from mlcap.review.photos import shown_photo


def decoded(content):
    """The picture of a preview."""
    return Image.open(io.BytesIO(content))


def shown(folder, name, data):
    """A photograph with this content, as it is shown."""
    (folder / name).write_bytes(data)
    return shown_photo(folder, name)


def saved(picture, form, **options):
    """A picture in a form."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def test_forms_that_browsers_show_are_sent_as_they_are(tmp_path):
    """JPEG, PNG, GIF, WebP and AVIF are known by their first bytes, whatever the name says."""
    red = Image.new("RGB", (40, 30), "red")
    forms = {"JPEG": "jpeg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
    for form, kind in forms.items():
        data = saved(red, form)
        assert shown(tmp_path, "a.tif", data) == (data, f"image/{kind}")


def test_archive_scans_and_telephones_have_previews(tmp_path):
    """TIFF of one bit, in colour or of sixteen bits, CMYK and HEIC become a JPEG no larger than a card needs."""
    pytest.importorskip("pillow_heif", reason="needs the extra `heic`").register_heif_opener()
    wide = Image.new("RGB", (4000, 1000), (200, 30, 30))
    for form, name, picture in (
        ("TIFF", "a.tif", wide),
        ("TIFF", "b.tiff", wide.convert("CMYK")),
        ("HEIF", "c.heic", wide),
        ("TIFF", "d.tif", wide.convert("1")),
    ):
        content, kind = shown(tmp_path, name, saved(picture, form))
        assert kind == "image/jpeg"
        assert decoded(content).size == (1600, 400)
    red, green, _ = decoded(shown(tmp_path, "c.heic", saved(wide, "HEIF"))[0]).getpixel((5, 5))
    assert red > 150 > green
    assert decoded(shown(tmp_path, "e.tif", tiff())[0]).size == (1, 1)


def test_sixteen_bits_are_not_all_white(tmp_path):
    """A grey scan of sixteen bits keeps its dark and light parts."""
    scan = Image.new("I;16", (64, 64), 3000)
    scan.paste(60000, (0, 0, 32, 64))
    content, _ = shown(tmp_path, "a.tif", saved(scan, "TIFF"))
    assert decoded(content).getpixel((5, 5))[0] > 240
    assert decoded(content).getpixel((60, 5))[0] < 15


def test_pictures_stand_as_the_camera_was_held(tmp_path):
    """The orientation of EXIF is followed."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content, _ = shown(tmp_path, "a.tif", saved(Image.new("RGB", (80, 20)), "TIFF", exif=exif))
    assert decoded(content).size == (20, 80)


def test_hostile_and_huge_files_are_told_in_a_line(tmp_path, monkeypatch):
    """Odd content, a cut file and a picture with more points than memory bears give one line and no trace."""
    good = saved(Image.new("RGB", (400, 300), "red"), "TIFF")
    for data in (
        b"",
        b"text",
        b"II*\0" + b"\xff" * 40,
        good[: len(good) // 2],
        struct.pack(">I", 24) + b"ftypheic" * 3,
    ):
        with pytest.raises(DeskError, match="no preview"):
            shown(tmp_path, "a.tif", data)
    monkeypatch.setattr(previews, "_MOST_POINTS", 100)
    with pytest.raises(DeskError, match="400 by 300 points"):
        shown(tmp_path, "a.tif", good)


def test_what_lacks_is_named(tmp_path, monkeypatch):
    """Without what decodes a form, the extra that has it is named."""
    data = saved(Image.new("RGB", (4, 3)), "TIFF")
    monkeypatch.setattr(previews, "decoders", lambda: ["TIFF"])
    with pytest.raises(DeskError, match="extra `heic`"):
        shown(tmp_path, "a.heic", struct.pack(">I", 24) + b"ftypheic" * 3)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DeskError, match="extra `desk`"):
        shown(tmp_path, "a.tif", data)


def test_photographs_may_be_named_later(tmp_path, tagger):
    """A folder that is named after the captions were put on the desk gives them their photographs all the same."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "series-1.jpg").write_bytes(saved(Image.new("RGB", (4, 3)), "JPEG"))
    with make_desk(tmp_path, tagger, SERIES) as desk:
        desk.add(tagger, [], photos=[folder])
        found = [tuple(row) for row in desk.store.rows("SELECT id, photo FROM captions WHERE photo <> ''")]
        assert found == [("series-1", "series-1.jpg")]


def test_a_card_shows_why_there_is_no_photograph(tmp_path, tagger):
    """In place of a photograph that cannot be shown stands a picture with its name and the reason; nothing runs in it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "series-0.cr2").write_bytes(b"II*\0camera")
    with make_desk(tmp_path, tagger, []) as desk:
        write_jsonl(tmp_path / "captions.jsonl", SERIES[:1])
        desk.add(tagger, [str(tmp_path / "captions.jsonl")], photos=[folder])
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            number = number_of(desk, "series-0")
            answer = client.get(f"/photo/{number}")
            assert answer.headers["content-type"] == "image/svg+xml"
            assert "series-0.cr2" in answer.text
            assert "no preview of this .cr2" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            (folder / "series-0.cr2").unlink()
            (folder / "series-0.cr2").symlink_to(tmp_path / "captions.jsonl")
            assert "cannot be opened" in client.get(f"/photo/{number}").text
            assert client.get("/photo/999").status_code == 404
