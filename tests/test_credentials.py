"""Content Credentials: a photograph with a manifest is found, and stays as it is, byte for byte, unless told otherwise."""

from __future__ import annotations

import json
import struct
import zlib

import pytest
from conftest import mlcap
from photo_files import JPEG, embed, needs_exiftool, png, tags_of, tiff
from photo_plans import Folders, digest, words

from mlcap.photos.credentials import has_manifest

_TYPE = bytes.fromhex("6332706100110010800000aa00389b71")
_OTHER = bytes.fromhex("6a736f6e00110010800000aa00389b71")


def box(kind, content):
    """A box of JUMBF or of the ISO base media kind."""
    return struct.pack(">I", len(content) + 8) + kind + content


def store(kind=_TYPE, label=b"c2pa"):
    """A manifest store of nothing but its description."""
    return box(b"jumb", box(b"jumd", kind + b"\x03" + label + b"\0") + box(b"json", b'{"made": "by hand"}'))


def signed_jpeg(data=JPEG, manifest=None):
    """A JPEG with a manifest store in its segment 11."""
    content = b"JP\0\1\0\0\0\1" + (manifest or store())
    return data[:2] + b"\xff\xeb" + struct.pack(">H", len(content) + 2) + content + data[2:]


def linked_jpeg():
    """A JPEG whose XMP names a manifest that lies elsewhere."""
    packet = (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description xmlns:dcterms='http://purl.org/dc/terms/'"
        b" dcterms:provenance='https://example.org/m.c2pa'/></r:RDF></x:xmpmeta>"
    )
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet + JPEG[2:]


def signed_png():
    """A PNG with a manifest store in its chunk."""
    data, content = png(), store()
    place = data.index(b"IDAT") - 4
    chunk = struct.pack(">I", len(content)) + b"caBX" + content + struct.pack(">I", zlib.crc32(b"caBX" + content))
    return data[:place] + chunk + data[place:]


@pytest.fixture
def folders(tmp_path):
    """Two empty folders."""
    return Folders(tmp_path)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (signed_jpeg(), True),
        (signed_png(), True),
        (signed_jpeg(manifest=store(kind=_OTHER)), True),
        (tiff() + store(), True),
        (b"RIFF\0\0\0\0WEBPC2PA\0\0\0\0" + store(), True),
        (box(b"ftyp", b"heic") + box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481")), True),
        (signed_jpeg(manifest=store(_OTHER, b"other")), False),
        (JPEG + b"jumd", False),
        (JPEG + b"c2pa", False),
        (b"", False),
    ],
)
def test_a_manifest_is_found_in_every_kind_of_file(tmp_path, data, found):
    """By the type or label of its JUMBF box, or the type of the box around it; nothing else is taken for one."""
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert has_manifest(path) is found


def test_a_manifest_beside_the_file_counts(tmp_path):
    """A manifest in a file of its own holds the digest of the picture."""
    for beside in ("a.c2pa", "b.jpg.c2pa"):
        path = tmp_path / f"{beside[0]}.jpg"
        path.write_bytes(JPEG)
        assert not has_manifest(path)
        (tmp_path / beside).write_bytes(store())
        assert has_manifest(path)


@needs_exiftool
def test_a_signed_photograph_stays_byte_for_byte(folders):
    """With --embed the plan says so and goes to the sidecar; told otherwise in so many words it writes, and can undo."""
    for name, data in (("a.jpg", signed_jpeg()), ("b.png", signed_png()), ("c.jpg", JPEG), ("d.jpg", linked_jpeg())):
        (folders.photos / name).write_bytes(data)
    for name in "abcd":
        (folders.photos / f"{name}.xmp").write_text(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
            "<r:Description xmlns:dc='http://purl.org/dc/elements/1.1/' dc:description='A launch.'/></r:RDF></x:xmpmeta>"
        )
    before = {p.name: digest(p) for p in folders.photos.glob("*.[jp][pn]g")}
    plan = folders.plan(embed=True)
    assert [("Content Credentials" in " ".join(p.notes), p.target[-5:]) for p in plan.photos] == [
        (True, "a.xmp"),
        (True, "b.xmp"),
        (False, "c.jpg"),
        (True, "d.xmp"),
    ]
    assert folders.apply(plan) == ["written"] * 4
    changed = {p.name for p in folders.photos.glob("*.[jp][pn]g") if digest(p) != before[p.name]}
    assert changed == {"c.jpg"}
    assert words(folders.photos / "a.xmp") == ["launch", "commander"]
    assert folders.undo(plan) == ["undone"] * 4
    told = folders.plan(embed=True, void=True)
    assert [p.notes for p in told.photos] == [()] * 4
    assert folders.apply(told) == ["written"] * 4
    assert words(folders.photos / "a.jpg") == ["launch", "commander"]
    assert folders.undo(told) == ["undone"] * 4
    assert "XMP-mlcap:Tags" not in tags_of(folders.photos / "a.jpg")


@needs_exiftool
def test_a_photograph_that_was_signed_since_is_left(folders):
    """Signed after the plan it is not written, and signed after it was written it is not undone; each is one line."""
    for name in "ab":
        embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan(embed=True)
    late = folders.photos / "a.jpg"
    late.write_bytes(signed_jpeg(late.read_bytes()))
    before = digest(late)
    first, second = folders.outcomes(plan)
    assert (first.what, second.what) == ("failed", "written")
    assert "Content Credentials" in first.why
    written = folders.photos / "b.jpg"
    written.write_bytes(signed_jpeg(written.read_bytes()))
    after = digest(written)
    assert folders.undo(plan) == ["failed"]
    assert (digest(late), digest(written)) == (before, after)


@needs_exiftool
def test_credentials_from_the_command_line(small, tmp_path):
    """`tag --write --embed` says why it takes the sidecar; `--void-credentials` goes with --embed alone."""
    (tmp_path / "photos").mkdir()
    path = embed(tmp_path / "photos" / "a.jpg", JPEG, "-XMP-dc:Description=A crane waits near the pad.")
    path.write_bytes(signed_jpeg(path.read_bytes()))
    before = digest(path)
    env = {"MLCAP_MODELS": str(small / "models"), "MLCAP_RUNS": str(tmp_path / "runs")}
    plan = ("tag", "photos", "--write", "p.json", "--uncertain", "--embed")
    done = mlcap(*plan, cwd=tmp_path, env=env, check=0)
    assert "carries Content Credentials (C2PA), which writing into it would void" in done.out
    mlcap("apply", "p.json", cwd=tmp_path, env=env, check=0)
    assert (digest(path), (tmp_path / "photos" / "a.jpg.xmp").exists()) == (before, True)
    done = mlcap(*plan[:-1], "--void-credentials", cwd=tmp_path, env=env, check=2)
    assert "goes with --embed" in done.err
    (tmp_path / "photos" / "a.jpg.xmp").unlink()
    mlcap(*plan, "--void-credentials", cwd=tmp_path, env=env, check=0)
    assert json.loads((tmp_path / "p.json").read_text())["photos"][0]["target"] == str(path)


def _signer():
    """Somebody who signs pictures, with keys of the moment."""
    c2pa = pytest.importorskip("c2pa")
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(text):
        parts = [(x509.NameOID.COMMON_NAME, text), (x509.NameOID.ORGANIZATION_NAME, "Desk")]
        return x509.Name([x509.NameAttribute(*p) for p in parts])

    def certificate(subject, public, key, authority, usage, number):
        start = datetime.now(UTC) - timedelta(days=1)
        builder = x509.CertificateBuilder(
            name("Root"), name(subject), public, number, start, start + timedelta(days=30)
        )
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        if not authority:
            mail = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
            builder = builder.add_extension(mail, critical=False).add_extension(issuer, critical=False)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    signs = x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **no)
    issues = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **no)
    chain = certificate("Signer", own.public_key(), root, False, signs, 2) + certificate(
        "Root", root.public_key(), root, True, issues, 1
    )
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return c2pa, c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None))


@pytest.mark.slow
@needs_exiftool
@pytest.mark.filterwarnings("ignore")
def test_really_signed_photographs_stay_valid(folders):
    """Signed with the open tool, JPEG, PNG and TIFF are still valid for it after a run; told to void, they are not."""
    c2pa, signer = _signer()
    actions = {
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
            }
        ]
    }
    claim = {
        "claim_generator_info": [{"name": "test", "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "data": actions}],
    }
    kinds = (("a.jpg", JPEG, "image/jpeg"), ("b.png", png(), "image/png"), ("c.tif", tiff(), "image/tiff"))
    for name, data, mime in kinds:
        plain = embed(folders.photos / f"plain-{name}", data, "-XMP-dc:Description=A launch.")
        with open(plain, "rb") as source, open(folders.photos / name, "w+b") as out:
            c2pa.Builder(claim).sign(signer, mime, source, out)
        plain.unlink()

    def state(name):
        return json.loads(c2pa.Reader(str(folders.photos / name)).json())["validation_state"]

    assert [state(name) for name, *_ in kinds] == ["Valid"] * 3
    plan = folders.plan(embed=True)
    assert folders.apply(plan) == ["written"] * 3
    assert [state(name) for name, *_ in kinds] == ["Valid"] * 3
    folders.undo(plan)
    assert folders.apply(folders.plan(embed=True, void=True)) == ["written"] * 3
    assert [state(name) for name, *_ in kinds] == ["Invalid"] * 3
