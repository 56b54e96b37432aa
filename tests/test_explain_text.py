"""The terminal's text of an explanation that is made by hand, so that no training changes it."""

from __future__ import annotations

import os
from pathlib import Path

import click
from fixed import tagged_caption

from mlcap.captions import read_caption
from mlcap.cli.explain_text import explanation_text, mentioned_text
from mlcap.explanation import (
    Contribution,
    Explanation,
    FacetExplanation,
    FoundCode,
    MentionDecision,
    Span,
    ValueExplanation,
)
from mlcap.explanation.mentioned import Mentioned
from mlcap.model.reasons import below_threshold
from mlcap.types import Facet, Value

EVENT = Facet("event", False, "", (Value("launch", ""), Value("other", "")))
GOLDEN = Path(__file__).parent / "golden" / "explain-text.txt"
TEXT = "STS-999 --- Pilot Ann Roe waves at the pad. Commander Bo Ek\x1b[2J will launch later."


def span(words):
    """The span of words in the caption."""
    start = TEXT.index(words)
    return (start, start + len(words))


def by_hand():
    """An explanation with two events, a role that is shown and one that is not."""
    waves = Contribution("lead", "waves", 0.5, 4.0, (span("waves"),))
    launch = Contribution("background", "launch", 0.25, -2.0, (span("launch"),))
    letters = [Contribution("letters", n, 0.1, w, (span("waves"),)) for n, w in (("wave", 3.0), ("aves", 2.0))]
    length = Contribution("people", "length=short", 1.0, -0.25, ())
    event = {
        "launch": ValueExplanation("launch", True, -0.5, (waves, *letters, launch, length), 1.25, 0.8, 0.0, 0.75, None),
        "other": ValueExplanation("other", False, 0.25, (launch,), -0.25, 0.8, 0.0, 0.25, None),
    }
    bound = Contribution("mentions", "zone=lead bound=here", 1.0, 5.0, (span("Pilot"),))
    away = Contribution("mentions", "zone=background bound=elsewhere", 1.0, -3.0, (span("Commander"),))
    role = {
        "pilot": ValueExplanation("pilot", True, -1.0, (bound,), 4.0, 1.5, 0.1, 0.9977, 0.5),
        "commander": ValueExplanation("commander", False, -1.0, (away,), -4.0, 1.5, 0.1, 0.0027, 0.4),
        "backup-crew": ValueExplanation("backup-crew", False, -3.0, (), -3.0, 1.5, 0.1, 0.0121, 0.4),
    }
    mentions = (
        MentionDecision(
            "crew_role",
            "pilot",
            *span("Pilot"),
            "lead",
            "title",
            ("Ann Roe",),
            True,
            5.0,
            0.99,
            "in the lead; of Ann Roe",
        ),
        MentionDecision(
            "crew_role",
            "commander",
            *span("Commander"),
            "background",
            "title",
            ("Bo Ek",),
            False,
            -3.0,
            0.01,
            "in the background; of Bo Ek, not named in the lead; 0.01 on its own",
        ),
    )
    end = TEXT.index(" Commander")
    tags = {"event": "launch", "crew_role": ("pilot",)}
    confidence = {"event": 0.75, "crew_role": {"pilot": 0.9977, "commander": 0.0027, "backup-crew": 0.0121}}
    return Explanation(
        TEXT,
        read_caption(TEXT),
        (Span(0, 12, "header"), Span(12, end, "lead"), Span(end + 1, len(TEXT), "background")),
        (FoundCode("mission", "STS-999", "shuttle", 0, 7),),
        mentions,
        {"event": FacetExplanation("event", False, event), "crew_role": FacetExplanation("crew_role", True, role)},
        tagged_caption(tags, confidence, (below_threshold(EVENT, ("launch", 0.75), ("other", 0.25)),), "1"),
    )


def test_the_text_is_as_agreed():
    """The text without colours equals its golden file; MLCAP_GOLDEN=1 writes it anew."""
    text = click.unstyle(explanation_text(by_hand(), "roe-1", 3))
    if os.environ.get("MLCAP_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 80


def test_colours_only_repeat_what_the_marks_say():
    """With colours there is green and red, without them the marks alone tell for from against, and no caption clears the screen."""
    text = explanation_text(by_hand(), "roe-1", 3)
    assert "\x1b[32m" in text
    assert "\x1b[31m" in text
    assert "\x1b[2J" not in text
    assert "[++waves]" in click.unstyle(text)


def test_mentioned_is_a_line_a_value():
    """What is mentioned stands with its words, and a caption that mentions nothing more says so."""
    explanation = by_hand()
    out = click.unstyle(mentioned_text(explanation, [Mentioned("event", "launch", (span("launch"),))], "roe-1"))
    assert out == 'roe-1\n  event launch: "launch"\n'
    assert "nothing" in mentioned_text(explanation, [], "roe-1")
