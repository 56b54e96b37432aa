"""Lines of a byte stream as text, however long or oddly encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from mlcap.errors import InputError

#: A line of more bytes than this is passed over and reported.
LONGEST_LINE = 16 << 20
#: A caption of more characters than this is not read; the longest real ones hold about 6,000.
LONGEST_CAPTION = 100_000

_CHUNK = 1 << 16
_HEAD = 4096


class Line(NamedTuple):
    """One line without its end; `text` is None where it is longer than `LONGEST_LINE`."""

    number: int
    text: str | None


def _whole_line(stream: BinaryIO, start: bytes = b"") -> tuple[bytes | None, bool]:
    """Read to the end of a line: (bytes or None if too long, whether anything was read)."""
    pieces, size = [start], len(start)
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


def check_head(head: bytes, name: str) -> None:
    """Refuse what cannot be text.

    Raises:
        InputError: the first bytes are those of a binary or UTF-16 file.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: is UTF-16; save it as UTF-8")
    if head.startswith(b"\x1f\x8b"):
        raise InputError(f"{name}: is gzip; unpack it first (`gzip -dc {name} | mlcap tag --from jsonl`)")
    if b"\0" in head:
        raise InputError(f"{name}: is a binary file; give text, JSON Lines, CSV or TSV")


def read_lines(stream: BinaryIO, name: str, warn: Callable[[str], object]) -> Iterator[Line]:
    """Read lines; what is not UTF-8 is read as Windows-1252 with one warning a file.

    Args:
        stream: opened in binary mode.
        name: for messages.
        warn: takes one line of warning.

    Raises:
        InputError: the stream holds no text, or reading fails.
    """
    warned = False
    number = 0
    try:
        head = stream.readline(_HEAD)
        check_head(head, name)
        raw, found = _whole_line(stream, head) if head else (b"", False)
        if raw is not None and raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
        while found:
            number += 1
            if raw is None:
                yield Line(number, None)
            else:
                try:
                    text = raw.decode("utf-8")
                except UnicodeDecodeError:
                    text = raw.decode("cp1252", errors="replace")
                    if not warned:
                        warn(f"{name}: line {number} is not UTF-8; such lines are read as Windows-1252")
                        warned = True
                text = text.rstrip("\r\n")
                if "\r" in text:
                    yield from (Line(number, piece) for piece in _old_mac_lines(text))
                else:
                    yield Line(number, text)
            raw, found = _whole_line(stream)
    except OSError as error:
        raise InputError(f"{name}: reading stopped after line {number} ({error.strerror or error})") from error
