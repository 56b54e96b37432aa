"""Lines of a byte stream as text, however long or oddly encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from mlcap.errors import InputError
from mlcap.records.encoding import as_utf8, text_from

#: A line of more bytes than this is passed over and reported.
LONGEST_LINE = 16 << 20
#: A caption of more characters than this is not read; the longest real ones hold about 6,000.
LONGEST_CAPTION = 100_000

_CHUNK = 1 << 16
#: What files of DOS end with, without a line end.
_DOS_END = b"\x1a"


class Line(NamedTuple):
    """One line without its end; `text` is None where it is longer than `LONGEST_LINE`."""

    number: int
    text: str | None


def _whole_line(stream: BinaryIO) -> tuple[bytes | None, bool]:
    """Read to the end of a line: (bytes or None if too long, whether anything was read)."""
    pieces, size = [b""], 0
    while not pieces[-1].endswith(b"\n"):
        piece = stream.readline(_CHUNK)
        if not piece:
            break
        size += len(piece)
        if size <= LONGEST_LINE:
            pieces.append(piece)
        else:
            pieces = [piece[-1:]]
    if size > LONGEST_LINE:
        return None, True
    return b"".join(pieces), size > 0


def _old_mac_lines(text: str) -> Iterator[str]:
    """The lines of an old Mac file, which end with a carriage return alone; one by one, as they may be millions."""
    start = 0
    while (end := text.find("\r", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def read_lines(stream: BinaryIO, name: str, warn: Callable[[str], object]) -> Iterator[Line]:
    """Read lines, without the byte order mark that one may begin with where files were joined.

    Args:
        stream: opened in binary mode; UTF-8, or where it is buffered also UTF-16; bytes that are neither are read as
            Windows-1252, with one warning.
        name: for messages.
        warn: takes one line of warning.

    Raises:
        InputError: the stream holds no text, or reading fails.
    """
    warned = False
    number = 0
    try:
        stream = as_utf8(stream, name)
        raw, found = _whole_line(stream)
        while found:
            number += 1
            if raw == _DOS_END:
                return
            if raw is None:
                yield Line(number, None)
            else:
                text, is_utf8 = text_from(raw)
                if not is_utf8 and not warned:
                    warn(f"{name}: line {number} is not all UTF-8; bytes that are not are read as Windows-1252")
                    warned = True
                text = text.rstrip("\r\n").lstrip("\ufeff")
                if "\r" in text:
                    yield from (Line(number, piece) for piece in _old_mac_lines(text))
                else:
                    yield Line(number, text)
            raw, found = _whole_line(stream)
    except OSError as error:
        raise InputError(f"{name}: reading stopped after line {number} ({error.strerror or error})") from error
