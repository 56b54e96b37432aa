"""Photographs and sidecars of a folder are paired by one function, whatever cameras, programs and systems call them."""

from __future__ import annotations

import os

import pytest
from photo_files import JPEG, SIDECAR, embed, needs_exiftool, png

from mlcap.records.photo import read_photos
from mlcap.records.photo_names import Sidecars, odd_name, pair, photos_in


@pytest.mark.parametrize(
    ("names", "sidecars"),
    [
        (["Q7.JPG", "Q7.XMP"], {"Q7.JPG": ("Q7.XMP",)}),
        (["q7.JPG", "Q7.jpg.Xmp"], {"q7.JPG": ("Q7.jpg.Xmp",)}),
        (["q7.jpg", "q7.jpg.xmp", "q7.xmp"], {"q7.jpg": ("q7.jpg.xmp", "q7.xmp")}),
        (["q7.jpg", "q7.tif", "q7.xmp"], {"q7.jpg": ("q7.xmp",), "q7.tif": ("q7.xmp",)}),
        (["q7.jpg", "q7.tif", "q7.tif.xmp"], {"q7.tif": ("q7.tif.xmp",)}),
        (["Q.jpg", "q.jpg", "q.jpg.xmp"], {"q.jpg": ("q.jpg.xmp",)}),
        (["q.jpg", "q.jpg.xmp", "q_01.jpg.xmp"], {"q.jpg": ("q.jpg.xmp", "q_01.jpg.xmp")}),
        (["q.jpg", "q_01.jpg", "q_01.jpg.xmp"], {"q_01.jpg": ("q_01.jpg.xmp",)}),
        (["cafe\u0301.jpg", "caf\u00e9.xmp"], {"cafe\u0301.jpg": ("caf\u00e9.xmp",)}),
        (["q.r.jpg", "q.xmp"], {}),
    ],
)
def test_a_sidecar_finds_its_photograph(names, sidecars):
    """By whole name, stem or version; case and accents make no difference, except where a photograph is called exactly so."""
    assert pair(names).sidecars == sidecars


def test_a_sidecar_without_a_photograph_is_one_itself():
    """Only a sidecar that belongs to none counts, also where it looks like a version of one that is gone."""
    assert pair(["b_01.jpg.xmp", "a.xmp", "c.jpg", "c_02.jpg.xmp"]).photos == ("a.xmp", "b_01.jpg.xmp", "c.jpg")


def test_more_kinds_of_photographs_and_none_of_the_system(tmp_path):
    """Previews, bins and marks of systems are nobody's; what else is not read is counted by kind, once."""
    kinds = ("jfif", "JPE", "webp", "dng", "avif", "gif", "heic", "nef", "NRW", "iiq", "mpo", "psb")
    for name in (
        *(f"p.{k}" for k in kinds),
        *("@eaDir/p.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/old.jpg", "$RECYCLE.BIN/old.jpg", "__MACOSX/p.jpg"),
        *("~snapshot/old.jpg", "FOUND.000/x.jpg", "Network Trash Folder/x.jpg", "Week 9 Previews.lrdata/a/x.jpg"),
        *("CaptureOne/Cache/p.jpg", "Picasa.ini", "p.jpg:Zone.Identifier", "p.jpg@SynoEAStream", "p.jpg_original"),
        *("Thumbs.db", ".DS_Store", "desktop.ini", "._p.jpg", "q.jpg_exiftool_tmp"),
        *("film.mov", "clip.MOV", "read me"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "elsewhere").symlink_to("/")
    said = []
    assert sorted(p.name for p, *_ in photos_in(tmp_path, said.append)) == sorted(f"p.{k}" for k in kinds)
    assert said == [
        f"{tmp_path}: 4 files are not read, being no photographs or sidecars (2 .mov, 1 link to a folder, 1 without extension)"
    ]


def test_more_kinds_of_other_files_than_are_named_are_cut_with_a_sign(tmp_path):
    """All are counted, the most frequent ones named."""
    for kind in "abcdefghij":
        (tmp_path / f"p.{kind}").write_bytes(b"")
    said = []
    assert not list(photos_in(tmp_path, said.append))
    assert said[0].endswith(
        "10 files are not read, being no photographs or sidecars (1 .a, 1 .b, 1 .c, 1 .d, 1 .e, 1 .f, 1 .g, 1 .h, ...)"
    )


def test_only_control_characters_and_bytes_that_are_no_text_make_a_name_odd():
    """Spaces of every kind, Cyrillic and pictures are fine; line ends, escapes and lone bytes are not."""
    for name in ("Screenshot 2031\u202fAM.png", "\u00a0x.jpg", "Союз.jpg", "\U0001f680.jpg", "a b.jpg", "x\u200b.jpg"):
        assert odd_name(name) == ""
    for name in ("a\nb.jpg", "a\x1b[2J.jpg", "a\u2028b.jpg", "a\0b", "a\x85b"):
        assert "control character" in odd_name(name)
    assert "no UTF-8" in odd_name(os.fsdecode(b"a\xff.jpg"))


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, monkeypatch):
    """What a closed folder holds is not lost without a word: the folder is an error record."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.xmp").write_text(SIDECAR.format("A crane waits."), "utf-8")
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    assert [(r.text, r.error) for r in read_photos(str(tmp_path))] == [
        ("A crane waits.", ""),
        (None, "cannot be listed (Permission denied)"),
    ]


@needs_exiftool
def test_an_upper_case_sidecar_and_a_shared_one_are_read(tmp_path):
    """`Q7.XMP` is the sidecar of `Q7.JPG`, and one sidecar serves both photographs of its stem."""
    (tmp_path / "Q7.JPG").write_bytes(JPEG)
    (tmp_path / "Q7.XMP").write_text(SIDECAR.format("Divers wave."), "utf-8")
    (tmp_path / "r.jpg").write_bytes(JPEG)
    (tmp_path / "r.png").write_bytes(png())
    (tmp_path / "r.xmp").write_text(SIDECAR.format("A crane waits."), "utf-8")
    records = list(read_photos(str(tmp_path)))
    assert [(r.fields["file"].rpartition("/")[2], r.text) for r in records] == [
        ("Q7.JPG", "Divers wave."),
        ("r.jpg", "A crane waits."),
        ("r.png", "A crane waits."),
    ]
    assert Sidecars().of(tmp_path / "r.png") == Sidecars().of(tmp_path / "r.jpg") == (tmp_path / "r.xmp",)


@needs_exiftool
def test_a_broken_or_empty_sidecar_hides_nothing(tmp_path):
    """The next sidecar, then the photograph itself, is asked; what is broken is said."""
    for name, sidecar in (
        ("broken", "<x:xmpmeta"),
        ("nothing", ""),
        ("without", SIDECAR.format(" ")),
        ("filler", SIDECAR.format("SONY DSC")),
    ):
        embed(tmp_path / f"{name}.jpg", JPEG, f"-XMP-dc:Description=Inside {name}.")
        (tmp_path / f"{name}.xmp").write_text(sidecar.replace("Ein Kran.", "-"))
    (tmp_path / "second.jpg").write_bytes(JPEG)
    (tmp_path / "second.jpg.xmp").write_text("")
    (tmp_path / "second.xmp").write_text(SIDECAR.format("Beside."), "utf-8")
    (tmp_path / "bare.jpg").write_bytes(JPEG)
    (tmp_path / "bare.xmp").write_text("no xml")
    said = []
    records = {r.position.rpartition("/")[2]: r for r in read_photos(str(tmp_path), said.append)}
    assert {n: r.text for n, r in records.items()} == {
        "broken.jpg": "Inside broken.",
        "nothing.jpg": "Inside nothing.",
        "without.jpg": "Inside without.",
        "filler.jpg": "Inside filler.",
        "second.jpg": "Beside.",
        "bare.jpg": None,
    }
    assert "no sound XMP" in records["bare.jpg"].error
    assert [s.partition(": ")[0].rpartition("/")[2] for s in said] == ["broken.jpg", "nothing.jpg", "second.jpg"]
