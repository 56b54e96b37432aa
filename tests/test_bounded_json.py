"""JSON within bounds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcap.bounded_json import DEEPEST, read_json

WRONG = {
    "[" * 99_000: "nested",
    "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1): "nested",
    '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1): "nested",
    '{"a": NaN}': "not finite",
    "[1e999]": "not finite",
    "[-Infinity]": "not finite",
    "9" * 400: "63 bits",
    "9223372036854775808": "63 bits",
    "-" + "9" * 100_000: "63 bits",
    '"' + "x" * 400_000 + '"': "bytes",
    "[" + "[]," * 60_000 + "1]": "values",
    '["\\ud800"]': "half a character",
    '{"\\uDFFF": 1}': "half a character",
    "": "no JSON",
    "[1,]": "no JSON",
    "{": "no JSON",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda t: t[:12])
def test_what_is_beyond_bounds_is_refused(text):
    """Each bound by one line that says which."""
    with pytest.raises(ValueError, match=WRONG[text]) as caught:
        read_json(text.encode(), 350_000, 100_000)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 100


def test_bytes_that_are_no_text_are_refused():
    """Neither Latin-1 nor half a character passes for UTF-8."""
    for data in (b'"\xe9"', b'"\xed\xa0\x80"'):
        with pytest.raises(ValueError, match="UTF-8"):
            read_json(data, 100, 10)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
)


@given(_JSON, st.booleans())
def test_what_is_within_bounds_is_read_as_json_reads_it(data, ascii_only):
    """The deepest that is allowed, the largest whole numbers and escaped pairs included."""
    assert read_json(json.dumps(data, ensure_ascii=ascii_only).encode(), 1 << 20, 10_000) == data
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert read_json(deep.encode(), 100, 100) == json.loads(deep)
