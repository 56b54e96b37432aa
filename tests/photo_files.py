"""Small photographs made of nothing, and exiftool itself to look at them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib

import pytest

from mlcap.records.exiftool import CONFIG

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed (Debian: libimage-exiftool-perl)"
)

#: A grey JPEG of eight by eight points (baseline, one component).
JPEG = bytes.fromhex(
    "ffd8ffdb004300" + "10" * 64 + "ffc0000b080008000801011100"
    "ffc4001f0000010501010101010100000000000000000102030405060708090a0b"
    "ffc40014100100000000000000000000000000000000ffda0008010100003f00ff00ffd9"
)


def png():
    """A PNG of one black point."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def tiff():
    """A TIFF of one black point."""
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 110), (277, 1), (278, 1), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0" * 4).ljust(110, b"\0") + b"\0"


def exiftool(*args):
    """Run exiftool by itself."""
    done = subprocess.run(["exiftool", "-config", str(CONFIG), *map(str, args)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8")


def tags_of(path):
    """Every tag of a file by exiftool, lists as lists."""
    (row,) = json.loads(exiftool("-j", "-G1", "-struct", "-a", path))
    return row


def embed(path, data, *args):
    """Write a photograph with metadata."""
    path.write_bytes(data)
    if args:
        mark = ["-codedcharacterset=utf8"] if any("IPTC:" in a for a in args) else []
        exiftool("-q", "-overwrite_original", *mark, *args, path)
    return path


SIDECAR = """<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>
<dc:description><rdf:Alt><rdf:li xml:lang='de'>Ein Kran.</rdf:li><rdf:li xml:lang='x-default'>{}</rdf:li></rdf:Alt>
</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""
