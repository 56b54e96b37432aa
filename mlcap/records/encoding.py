"""Bytes as text, whatever wrote them: UTF-8, UTF-16 as spreadsheets and shells on Windows write it, Windows-1252."""

from __future__ import annotations

import codecs
import io
import re
from typing import Any, BinaryIO

from mlcap.errors import InputError

_CHUNK = 1 << 16
#: Byte order marks -> encoding; the longer ones first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAME = "mlcap-windows-1252"
#: Of unmarked UTF-16, at least this share of every other byte is zero, where text is mostly of Latin letters.
_ZERO_SHARE = 0.5
#: Unmarked UTF-16 is not told from fewer characters.
_FEWEST = 8
#: Text holds at most this share of zeros, and none of the other characters that control machines.
_NUL_SHARE = 0.2
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as Windows-1252, and only these."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(_NAME, _as_windows)


def text_from(data: bytes) -> tuple[str, bool]:
    """Bytes as text, and whether all of them were UTF-8; those that are not are read as Windows-1252."""
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return data.decode("utf-8", errors=_NAME), False


def encoding_of(head: bytes, name: str) -> str:
    """The encoding that the first bytes of a file tell.

    Raises:
        InputError: they are those of a file that holds no text.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head.startswith(b"\x1f\x8b"):
        raise InputError(f"{name}: is gzip; unpack it first (`gzip -dc {name} | mlcap tag --from jsonl`)")
    if b"\0" not in head:
        return "utf-8"
    even, odd = head[0::2], head[1::2]
    for zeros, others, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(others) >= _FEWEST and min(others) >= 9 and zeros.count(0) >= _ZERO_SHARE * len(zeros):
            return encoding
    if head.count(0) <= _NUL_SHARE * len(head) and not _CONTROLS.search(head):
        return "utf-8"  # Cells of some databases are filled up with zeros.
    raise InputError(f"{name}: is a binary file; give text, JSON Lines, CSV or TSV")


class _AsUtf8(io.RawIOBase):
    """A stream of another encoding as UTF-8; what it cannot hold becomes U+FFFD."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and not self._ended:
            data = self._source.read(_CHUNK)
            self._ended = not data
            self._left = memoryview(self._decoder.decode(data, final=self._ended).encode("utf-8"))
        view = memoryview(buffer)
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def as_utf8(stream: BinaryIO, name: str) -> BinaryIO:
    """Give a stream of text as UTF-8: the stream itself, unless its first bytes tell another encoding.

    Args:
        stream: opened in binary mode; one that is not buffered is taken as UTF-8.
        name: for messages.

    Raises:
        InputError: it holds no text, or cannot be read.
    """
    if not isinstance(stream, io.BufferedReader):
        return stream
    try:
        encoding = encoding_of(stream.peek(4096)[:4096], name)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error})") from error
    return stream if encoding == "utf-8" else io.BufferedReader(_AsUtf8(stream, encoding))
