"""Text made fit for a terminal."""

from __future__ import annotations

import json

from mlcap.errors import InputError
from mlcap.text import counted, escaped, has_controls, one_line, printable


def test_no_control_character_is_left():
    """Escapes, bells, line ends and marks that turn the writing become spaces, one for one; letters stay."""
    assert printable("a\x1b[2Jb\x07\u202ec\n\u00e9\U0001f680") == "a [2Jb  c \u00e9\U0001f680"
    assert printable("as it is") == "as it is"


def test_one_line_has_single_spaces():
    """Line ends and rows of spaces are one space, and none stands at an end."""
    assert one_line(" a\r\n\t b\x00\x00c ") == "a b c"
    assert one_line("\x1b") == ""


def test_spaces_and_signs_are_no_controls():
    """Line ends and escapes are found; a narrow space, a joiner or a picture is none of them."""
    assert not has_controls("9.41\u202fAM \u200d \U0001f680\ufe0f")
    assert all(has_controls(f"a{c}b") for c in "\n\r\0\x1b\x85\u2028\u2029")


def test_json_holds_no_character_that_steers_a_terminal():
    """DEL and the C1 controls, which JSON would let through, are escaped, and are read back the same."""
    data = "a\x7f\x9b31m\u00e9\x1b"
    text = escaped(json.dumps(data, ensure_ascii=False))
    assert text.isprintable()
    assert json.loads(text) == data


def test_the_message_of_an_error_is_one_line_whatever_it_names():
    """Names out of files may hold line ends and escapes of terminals; an error of the library is one line all the same."""
    error = InputError("a\nb\x1b[2J\u2028.txt: cannot be read", "name\nanother")
    assert str(error) == "a b [2J .txt: cannot be read; name another"
    assert error.plain == "a b [2J .txt: cannot be read"
    assert len(str(InputError("9" * 100_000, "try another"))) < 7000
    assert str(InputError("9" * 100_000, "try another")).endswith("; try another")


def test_one_is_counted_as_one():
    """A number is told with the singular where it is one, and with a plural of its own where there is such."""
    assert [counted(n, "record") for n in (0, 1, 2)] == ["0 records", "1 record", "2 records"]
    assert counted(2, "decision was", "decisions were") == "2 decisions were"
