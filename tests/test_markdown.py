"""What parts captions in plain text and Markdown, and what in it is no caption."""

from __future__ import annotations

import io

import pytest

from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.lines import read_lines
from mlcap.records.text import read_text, read_text_lines
from mlcap.records.types import FieldChoice

A, B = "A crane lifts the capsule.", "Divers wave at the boat."


def read(text, one_a_line=False):
    """(records, warnings) of a text."""
    warnings = []
    lines = read_lines(io.BufferedReader(io.BytesIO(text.encode())), "f", warnings.append)
    reader = read_text_lines if one_a_line else read_text
    return list(reader(lines, "f", Finder(FieldChoice(), "f", print), warnings.append)), warnings


@pytest.mark.parametrize(
    "between",
    [
        *("\n\n", "\n\u200b\n", "\n\ufeff\n", "\n\u00a0\u3000\n", "\n\u2800\n", "\n\u180e\u200e\n", "\n\u3164\n"),
        *(
            "\n\u00ad\ufe0f\n",
            "\n---\n",
            "\n***\n",
            "\n* * *\n",
            "\n\n___\n\n",
            "\n\u2014\u2014\u2014\n",
            "\n```\n",
            "\n=====\n",
        ),
        *("\n<br>\n", "\n<hr />\n", "\f", "\n\f\n", "\u2029", "\u2028\u2028", "\v\v", "\u2028 \u2028"),
    ],
    ids=ascii,
)
def test_what_shows_nothing_or_a_rule_parts_captions(between):
    """A line that shows nothing is blank whatever it holds; rules, page breaks and signs of paragraphs part as well."""
    records, warnings = read(f"{A}{between}{B}\n")
    assert [r.text for r in records] == [A, B]
    assert not warnings


def test_signs_within_a_caption_part_nothing():
    """A single line end of any kind, and dashes in a line, belong to the caption."""
    text = f"{A}\nS97-E-5 (9 May) --- {B}\u2028{A}\v{B}"
    assert [r.text for r in read(text)[0]] == [text]


def test_properties_at_the_beginning_of_a_page_are_passed_over():
    """A block of names and values between rules is no caption; what is not just that is none of it."""
    records, warnings = read(f"---\ntitle: Week 9\ntags:\n  - pad\n---\n{A}\n---\nPictured: {B}\n---\n")
    assert [r.text for r in records] == [A, f"Pictured: {B}"]
    assert warnings == ["f: passed over, being no captions: 1 block of properties, the first in line 1"]
    assert [r.position for r in records] == ["f: line 6", "f: line 8"]
    for text in (f"---\n{A}\n---\n{B}", f"---\ntitle: x\n{A}", "---\n---\nA crew.", "---"):
        whole = [r.text for r in read(text)[0]]
        assert "\n".join(filter(None, whole)) == text.replace("---\n", "").replace("---", "").strip("\n")


def test_headings_addresses_and_comments_are_passed_over_and_counted():
    """They are no captions and belong to none, and nothing of a caption is taken for one."""
    text = f"<!-- made by hand -->\n# Week 9\n\n{A}\n## Day 2\n{B}\n\n[pad]: pics/pad.jpg\n\n[Left]: the pad #1 crew.\n"
    records, warnings = read(text)
    assert [r.text for r in records] == [A, B, "[Left]: the pad #1 crew."]
    assert warnings == ["f: passed over, being no captions: 1 comment, 2 headings, 1 link, the first in line 1"]
    assert [r.text for r in read(text, one_a_line=True)[0]] == [r.text for r in records]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"[![{A}](a.jpg)](https://x.example/a)\n{A}", [(A, "a.jpg")]),
        (f'![{A}](a.jpg "On top"){{width=50%}}', [(A, "a.jpg")]),
        (f"- ![{A}](a.jpg)\n- ![{B}](b(1).jpg)", [(A, "a.jpg"), (B, "b(1).jpg")]),
        (f"![{A}](a.jpg) ![{B}](b.jpg)", [(A, "a.jpg"), (B, "b.jpg")]),
        (f"![{A}](a.jpg)\\\n*{A[:-1]}*\n\n{B}", [(A, "a.jpg"), (B, None)]),
        (f"![{A}](<a b.jpg>)\n\n![{B}](b.jpg 'On top')", [(A, "a b.jpg"), (B, "b.jpg")]),
        (f"![{A}][pad]\n\n[pad]: a.jpg", [(A, "pad")]),
        (f"![{A} [NASA]](a.jpg)", [(f"{A} [NASA]", "a.jpg")]),
        (f"![](a.jpg)\n\n![](b.jpg)\n{B}", [(None, "a.jpg"), (B, "b.jpg")]),
        (f"![](a.jpg)\n# Week 9\n{A}\n\n![](b.jpg)", [(A, "a.jpg"), (None, "b.jpg")]),
        (f"See ![this](a.jpg) of {A}", [(f"See ![this](a.jpg) of {A}", None)]),
    ],
)
def test_images_keep_their_addresses(text, found):
    """Linked, in a list, side by side or named elsewhere: each image is a record, without a caption an error."""
    records, _ = read(text)
    assert [(r.text, r.fields.get("image")) for r in records] == found
    assert [r.error for r in records] == ["" if r.text else "the caption is empty (image)" for r in records]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"| no | words |\n|---|---|\n| 1 | {A} |", "Markdown table"),
        (f"no | words\n--|--\n1 | {A}", "Markdown table"),
        (f"Photographs:\n| no | words |\n|:--|--:|\n| 1 | {A} |", "Markdown table"),
        (f"+----+----+\n| 1 | {A} |\n+----+----+", "Markdown table"),
        (f"====  ========\n1     {A}\n====  ========", "Markdown table"),
        (f"| 1 | {A} |", "Markdown table"),
        (f"| ![{A}](a.jpg) |", "Markdown table"),
        (f"1. {A}\n2. {B}", "is a list"),
        (f"1) {A}\n   It waits.\n2) {B}", "is a list"),
        (f"\u2022 {A}\n\u2022 {B}", "is a list"),
        (f"(a) {A}\n(b) {B}", "is a list"),
        (f"<div>{A}</div>", "page of tags"),
        (f"<li>{A}</li>\n<li>{B}</li>", "page of tags"),
    ],
)
def test_tables_lists_and_tags_are_errors_that_keep_their_text(text, why):
    """After a first caption they are error records with all of their text, whatever is around them."""
    records, _ = read(f"{B}\n\n{text}\n\n{A}")
    assert [r.text for r in records] == [B, None, A]
    assert why in records[1].error
    assert records[1].fields == {"text": text}


@pytest.mark.parametrize(
    "text",
    [
        "<p>A crew",
        "\n<!-- x -->\n<html>",
        "<table><tr>",
        "<?xml version='1.0'?>",
        "{\\rtf1\\ansi A crew}",
        "%PDF-1.7\nx",
    ],
)
@pytest.mark.parametrize("one_a_line", [False, True])
def test_documents_of_other_kinds_are_refused_with_a_hint(text, one_a_line):
    """By their first line, in either way of reading; a tag within a sentence is no sign."""
    with pytest.raises(InputError, match="copy its captions into a text"):
        read(text, one_a_line)
    assert [r.text for r in read("<i>Divers</i> wave.", one_a_line)[0]] == ["<i>Divers</i> wave."]


def test_json_and_tables_are_refused_in_lines_as_well():
    """One caption a line is no reason to tag the lines of JSON or of a table."""
    for text, hint in (('{"text": "A crew."}\n', "--from jsonl"), ("id,Caption\n1,A crew.\n", "--from csv")):
        with pytest.raises(InputError, match=hint):
            read(text, one_a_line=True)


@pytest.mark.parametrize(
    ("lines", "suspected"),
    [
        ([A, B, "The crew boards the bus."], True),
        (["S97-E-5001 --- a crane", "S97-E-5002 --- a diver"], True),
        (["Crane lifts the capsule on", "Divers at the boat on the", "Bus on the road to the pad"] * 2, True),
        (["A crane lifts the capsule", "that the divers found near", "the boat. The crew waves."], False),
        ([A, B], False),
    ],
)
def test_lines_that_look_like_captions_are_suspected(lines, suspected):
    """Sentences, image ids or beginnings in each line are a sign of one caption a line; wrapped text is none."""
    records, warnings = read("\n".join(lines))
    assert len(records) == 1
    assert ["look like one caption each" in w for w in warnings] == [True] * suspected
