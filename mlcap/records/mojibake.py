"""Text whose bytes were UTF-8 and were taken for Windows-1252: found, and read as what it was.

IPTC without a mark of its encoding, and EXIF, which has none, come from exiftool in this state where they hold UTF-8.
"""

from __future__ import annotations

#: The characters that Windows-1252 has at 0x80 to 0x9F; where it has none, the control character of the number counts.
_HIGH = {bytes([n]).decode("cp1252", errors="ignore") or chr(n): n for n in range(0x80, 0xA0)}


def _bytes(text: str) -> bytes | None:
    out = bytearray()
    for c in text:
        code = _HIGH.get(c, ord(c))
        if code > 0xFF:
            return None
        out.append(code)
    return bytes(out)


def as_utf8(text: str) -> str | None:
    """The text that its bytes make as UTF-8; None where they are plain ASCII, or no sound UTF-8."""
    data = None if text.isascii() else _bytes(text)
    try:
        return data.decode("utf-8") if data is not None else None
    except UnicodeDecodeError:
        return None


def repaired(text: str) -> str:
    """The text as UTF-8 where its bytes are sound UTF-8, else as it is."""
    return as_utf8(text) or text


def looks_misread(text: str) -> bool:
    """Whether a text of an unmarked encoding looks as if another than the Western one was meant.

    A word of three letters or more is then made of accented letters alone, as no language writes.
    """
    return any(len(w) >= 3 and w.isalpha() and all("À" <= c <= "ÿ" for c in w) for w in text.split())
