"""Text made fit for a terminal."""

from __future__ import annotations

from mlcap.text import one_line, printable


def test_no_control_character_is_left():
    """Escapes, bells, line ends and marks that turn the writing become spaces, one for one; letters stay."""
    assert printable("a\x1b[2Jb\x07\u202ec\n\u00e9\U0001f680") == "a [2Jb  c \u00e9\U0001f680"
    assert printable("as it is") == "as it is"


def test_one_line_has_single_spaces():
    """Line ends and rows of spaces are one space, and none stands at an end."""
    assert one_line(" a\r\n\t b\x00\x00c ") == "a b c"
    assert one_line("\x1b") == ""
