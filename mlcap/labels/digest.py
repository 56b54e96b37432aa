"""The digest by which a label recognises the text it was given for."""

from __future__ import annotations

import hashlib
import unicodedata


def text_digest(text: str) -> str:
    """SHA-256, in hex, of the UTF-8 text in NFC with runs of white space made one space and the ends stripped.

    Nothing else is changed, so that no later change of the reading voids a label.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", errors="surrogatepass")).hexdigest()
