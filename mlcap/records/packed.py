"""Unpacking gzip and zstd while reading, with bounds on what a small file may unpack to.

Formats are recognised by their first bytes (RFC 1952, RFC 8878), not by the name of the file.
"""

from __future__ import annotations

import errno
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO

from mlcap.errors import InputError, install_extra

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
#: Extensions of packed files, which the form of the text within precedes (`captions.jsonl.gz`).
PACKED_SUFFIXES = (".gz", ".zst")

#: Up to this many bytes nothing is said of how well they were packed.
FREE_BYTES = 64 << 20
#: Captions pack to a third or a tenth; what packs better than this is made to fill a machine.
MOST_RATIO = 250
#: Bytes handed to the unpacker at once: zstd can make some 30,000 of one.
_FEED = 1024
#: Memory that a zstd frame may ask for, in bytes.
_ZSTD_WINDOW = 128 << 20


class PackedError(OSError):
    """Packed data is damaged, or unpacks to far more than captions do."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EIO, message)


class _Counted(io.RawIOBase):
    """Counts the packed bytes read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        data = self._source.read(len(view))
        view[: len(data)] = data
        self.count += len(data)
        return len(data)


class _Bounded(io.RawIOBase):
    """Pieces of unpacked bytes as a stream that stops where they grow beyond reason."""

    def __init__(self, pieces: Iterator[bytes], packed: _Counted) -> None:
        self._pieces = pieces
        self._packed = packed
        self._left = memoryview(b"")
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
            self._count += len(self._left)
            if self._count > FREE_BYTES and self._count > MOST_RATIO * self._packed.count:
                raise PackedError(
                    f"it unpacks to more than {MOST_RATIO} times its size, which captions never do; unpack it yourself if you trust it"
                )
        view = memoryview(buffer)
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _gzip_pieces(packed: _Counted) -> Iterator[bytes]:
    try:
        # gzip reads a header byte by byte, and a header may be long.
        with gzip.GzipFile(fileobj=io.BufferedReader(packed)) as stream:
            while piece := stream.read1(1 << 16):
                yield piece
    except PackedError:
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PackedError("the gzip data is damaged or cut off") from error


def _zstd_pieces(packed: _Counted, name: str) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise InputError(
            f"{name}: is zstd, for which the package zstandard is missing; {install_extra('zstd')}, or unpack it with `zstd -d`"
        ) from error
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    data, frame = packed.read(_FEED), unpacker.decompressobj()
    try:
        window = zstandard.get_frame_parameters(data).window_size
        if window > _ZSTD_WINDOW:
            raise PackedError(
                f"the zstd data asks for a window of {window >> 20} MiB, more than {_ZSTD_WINDOW >> 20}; unpack it with `zstd -d --long=31`"
            )
        while data:
            piece = frame.decompress(data)
            if piece:
                yield piece
            data = packed.read(_FEED) if not frame.eof or not frame.unused_data else frame.unused_data
            if frame.eof and data:
                frame = unpacker.decompressobj()
    except zstandard.ZstdError as error:
        raise PackedError("the zstd data is damaged") from error
    if not frame.eof:
        raise PackedError("the zstd data is cut off")


def unpacked(source: BinaryIO, name: str) -> BinaryIO:
    """Give the stream itself, or where it starts as gzip or zstd does, what it unpacks to.

    Args:
        source: buffered, opened in binary mode.
        name: for messages.

    Raises:
        InputError: it is zstd and the package for that is missing.
        PackedError: on reading, where the data is damaged or grows beyond `MOST_RATIO`.
    """
    head = source.peek(4)[:4] if isinstance(source, io.BufferedReader) else b""
    packed = _Counted(source)
    if head.startswith(GZIP):
        return io.BufferedReader(_Bounded(_gzip_pieces(packed), packed))
    if head == ZSTD:
        return io.BufferedReader(_Bounded(_zstd_pieces(packed, name), packed))
    return source


def without_packing(name: str) -> PurePath:
    """The path without `.gz` or `.zst` at its end."""
    path = PurePath(name)
    return path.with_suffix("") if path.suffix.lower() in PACKED_SUFFIXES else path
